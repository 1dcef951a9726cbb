using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>Addresses of pages, and of findings within them.</summary>
public static class Addresses
{
    public static string Finding(string hostId, string key) => $"/finding/{Uri.EscapeDataString(hostId)}/{Uri.EscapeDataString(key)}";

    /// <summary>The page of one mailbox.</summary>
    public static string Mailbox(string hostId, string path) => WithQuery($"/mailboxes/{Uri.EscapeDataString(hostId)}", ("path", path));

    /// <summary>The last audit of one store.</summary>
    public static string Integrity(string hostId, string root) => WithQuery("/integrity", ("host", hostId), ("root", root));

    /// <summary>The graph of one mailbox; of everything that waits on a host where no mailbox is given, and on all hosts without one.</summary>
    public static string Graph(string hostId = "", string mailbox = "") => WithQuery("/graph", ("host", hostId), ("path", hostId.Length == 0 ? "" : mailbox));

    /// <summary>How it was at one moment.</summary>
    public static string Past(DateTimeOffset at) => WithQuery("/past", ("at", at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)));

    public static string Finding(LiveFinding found) => Finding(found.HostId, found.Key);

    /// <summary>The audit of one operation.</summary>
    public static string AuditOf(Guid operation) => $"/audit?operation={operation}";

    /// <summary>The audit of every row of one batch.</summary>
    public static string AuditOfBatch(Guid batch) => $"/audit?batch={batch}";

    /// <summary>One word for host and key: row key, and <c>sel</c> in the query.</summary>
    public static string Of(LiveFinding found) => Of(found.HostId, found.Key);

    public static string Of(string hostId, string key) => $"{Uri.EscapeDataString(hostId)}/{key}";

    /// <summary>The finding that <see cref="Of(LiveFinding)"/> named; null when it no longer exists, or the word is none.</summary>
    public static LiveFinding? Find(LiveView view, string? address)
    {
        if (address?.IndexOf('/', StringComparison.Ordinal) is not { } slash || slash < 0)
            return null;
        return view.Find(Uri.UnescapeDataString(address[..slash]), address[(slash + 1)..]);
    }

    /// <summary>A path with those parameters that have a value, in the order given.</summary>
    public static string WithQuery(string path, params IEnumerable<(string Name, string? Value)> query) =>
        QueryHelpers.AddQueryString(path, query.Where(q => !string.IsNullOrEmpty(q.Value)).Select(q => KeyValuePair.Create(q.Name, (string?)q.Value)));

    /// <summary>First value of each parameter of an address; names in any case.</summary>
    public static IReadOnlyDictionary<string, string> Query(string address)
    {
        var start = address.IndexOf('?', StringComparison.Ordinal);
        var end = address.IndexOf('#', StringComparison.Ordinal);
        if (start < 0 || (end >= 0 && end < start))
            return new Dictionary<string, string>();
        var text = end < 0 ? address[start..] : address[start..end];
        return QueryHelpers.ParseQuery(text).ToDictionary(p => p.Key, p => p.Value.FirstOrDefault()?.Trim() ?? "", StringComparer.OrdinalIgnoreCase);
    }
}
