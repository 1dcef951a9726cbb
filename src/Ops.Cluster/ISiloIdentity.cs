using System.Security.Cryptography.X509Certificates;

namespace Ops.Cluster;

/// <summary>By what consoles of one fleet know each other. Asked at every connection, from any thread.</summary>
public interface ISiloIdentity
{
    /// <summary>What this console shows to the others, with its private key. Renewed before it ends.</summary>
    X509Certificate2 SiloCertificate();

    /// <summary>True for the certificate of a console of this fleet that is not over; false for every other, also for one of an agent.</summary>
    bool IsSilo(X509Certificate2 certificate);
}
