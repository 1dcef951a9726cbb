namespace Ops.Locks;

/// <summary>Who a lock file says, or evidence shows, to have made it.</summary>
/// <param name="Host">As written; null when no host is named.</param>
/// <param name="HostIsTruncated">The writer cut the name to a fixed length (procmail, liblockfile): compare as a prefix.</param>
/// <param name="HostIsConfigured">The name comes from the mail system's configuration and need not be the machine's (Exim's <c>primary_hostname</c>).</param>
/// <param name="At">Time written in the name; null when there is none.</param>
/// <param name="HostIsShort">The writer took the name up to its first dot (liblockfile, mutt).</param>
public sealed record OwnerClaim(
    int Pid, string? Host = null, bool HostIsTruncated = false, bool HostIsConfigured = false, DateTimeOffset? At = null, bool HostIsShort = false)
{
    /// <summary>Of the ways in which a text or name can be split, those that name this host, if any do: a name may be part of another.</summary>
    internal static IReadOnlyList<OwnerClaim> OfHost(IReadOnlyList<OwnerClaim> claims, HostFacts host)
    {
        if (claims.Count < 2)
            return claims;
        List<OwnerClaim> ours = [.. claims.Where(c => c.Names(host.HostName) || host.Aliases.Any(c.Names))];
        return ours.Count > 0 ? ours : claims;
    }

    /// <summary>
    /// Whether the host in the claim is written as its writer would write <paramref name="host"/>: in full, up to the first dot, or cut.
    /// False when the claim names no host.
    /// </summary>
    public bool Names(string host)
    {
        if (Host is null)
            return false;
        var written = HostIsShort && host.IndexOf('.') is > 0 and var dot ? host[..dot] : host;
        return HostIsTruncated
            ? Host.Length > 0 && written.StartsWith(Host, StringComparison.OrdinalIgnoreCase)
            : string.Equals(Host, written, StringComparison.OrdinalIgnoreCase);
    }
}
