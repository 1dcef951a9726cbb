using System.Collections.Concurrent;
using Microsoft.AspNetCore.DataProtection;

namespace Ops.Cluster.Silos;

/// <summary>Encrypts what consoles send to each other, and proves that it comes from a console of the fleet: from one that can read the keys in the database.</summary>
/// <remarks>Bound to sender, receiver and kind. Orleans' own traffic is not sealed; <see cref="SiloTls"/> protects it.</remarks>
internal sealed class MessageSeal(IDataProtectionProvider keys)
{
    private readonly ConcurrentDictionary<(string From, string To, string Kind), IDataProtector> _protectors = new();

    public byte[] Seal(string from, string to, string kind, byte[] body) => Of(from, to, kind).Protect(body);

    /// <exception cref="System.Security.Cryptography.CryptographicException">It was not sealed by a console of this fleet, or for another purpose.</exception>
    public byte[] Open(string from, string to, string kind, byte[] body) => Of(from, to, kind).Unprotect(body);

    private IDataProtector Of(string from, string to, string kind)
    {
        // Consoles come and go for as long as this one runs.
        if (_protectors.Count > 1_000)
            _protectors.Clear();
        return _protectors.GetOrAdd((from, to, kind), p => keys.CreateProtector("Ops.Cluster", p.From, p.To, p.Kind));
    }
}
