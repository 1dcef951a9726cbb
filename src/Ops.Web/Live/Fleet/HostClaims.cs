using System.Collections.Concurrent;
using Ops.Cluster;

namespace Ops.Web.Live.Fleet;

/// <summary>Which console speaks for which host: the one to which its agent connected last. Singleton, for any number of threads.</summary>
public sealed class HostClaims
{
    private readonly ConcurrentDictionary<string, Claim> _byHost = new(StringComparer.Ordinal);

    /// <param name="Console">Null: this one.</param>
    internal sealed record Claim(ConsoleId? Console, long Attachment);

    internal Claim? Find(string hostId) => _byHost.GetValueOrDefault(hostId);

    /// <summary>Claims a host. False when a later connection of its agent is known, to whichever console.</summary>
    internal bool TryClaim(string hostId, ConsoleId? console, long attachment)
    {
        var wanted = new Claim(console, attachment);
        return ReferenceEquals(_byHost.AddOrUpdate(hostId, wanted, (_, known) => known.Attachment > attachment || (known.Attachment == attachment && known.Console != console) ? known : wanted), wanted);
    }

    internal IEnumerable<string> Of(ConsoleId console) => _byHost.Where(c => c.Value.Console == console).Select(c => c.Key);

    internal void Forget(string hostId) => _byHost.TryRemove(hostId, out _);
}
