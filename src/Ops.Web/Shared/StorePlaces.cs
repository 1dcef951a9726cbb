using Ops.Web.Live;

namespace Ops.Web.Shared;

internal static class StorePlaces
{
    /// <summary>Whether a finding is in one of the mail stores that its agent reports on, as far as its path says. True when that is not known.</summary>
    public static bool Has(HostView? host, Finding finding) =>
        host is null || host.Status.Roots.Count == 0 || finding.Path.Length == 0 || finding.Mailbox is not null
        || host.Status.Roots.Any(root => IsBelow(finding.Path, root.TrimEnd('/')));

    private static bool IsBelow(string path, string root) =>
        path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/');
}
