using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>How the link to a host is, in words.</summary>
public static class HostWords
{
    public static string Link(HostView host) => host.Status.Connection switch
    {
        HostConnection.Live => host.IsComplete ? "live" : "first scan",
        HostConnection.Syncing => host.IsComplete ? "catching up" : "first scan",
        _ => "lost",
    };

    /// <summary>What the host's own policy file says about acts. Null from an agent that is too old to say.</summary>
    public static IReadOnlyList<string>? Policy(HostStatus status) => status.Policy is not { } policy ? null
        :
        [
            policy.IsShadow ? "shadow mode: nothing is done"
                : policy.Verbs.Count == 0 ? "nothing may be done"
                : $"allows {string.Join(", ", policy.Verbs.Select(Labels.Action))}",
            .. policy.MaxActsPerMinute > 0 && !policy.IsShadow ? [$"at most {Labels.Count(policy.MaxActsPerMinute, "act", "acts")} a minute"] : Array.Empty<string>(),
            .. policy.Approvers.Where(a => a.Value > 0 && a.Key != WeakerProtocol.Word).OrderBy(a => a.Key, StringComparer.Ordinal)
                .Select(a => $"{Labels.Action(a.Key)} only when {Labels.Count(a.Value, "other person agrees", "other people agree")}"),
            .. policy.WeakerProtocolBelow is { Count: > 0 } weaker
                ? [$"the weaker protocol may be used below {string.Join(", ", weaker.Select(HostText.Escape))}{(policy.Approvers.GetValueOrDefault(WeakerProtocol.Word) is > 0 and var n ? $" when {Labels.Count(n, "other person agrees", "other people agree")}" : "")}"]
                : Array.Empty<string>(),
        ];
}
