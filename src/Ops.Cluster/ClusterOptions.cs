using System.Net;

namespace Ops.Cluster;

/// <summary>How this console finds the others of its fleet. Section <c>Ops:Cluster</c> of the configuration.</summary>
public sealed class ClusterOptions
{
    /// <summary>The name of the fleet, when several use one database.</summary>
    public string Name { get; set; } = "mailstore-ops";

    /// <summary>The IP address under which the other consoles reach this one. Null: 127.0.0.1, so all of them run on this machine.</summary>
    public string? Address { get; set; }

    /// <summary>Where the other consoles connect; every console of one machine needs its own. Let only the consoles reach it.</summary>
    public int Port { get; set; } = 11111;

    /// <summary>Whether only a console with a certificate of the fleet's authority may connect to <see cref="Port"/>. The same on all consoles: one that differs reaches no other.</summary>
    public bool Tls { get; set; } = true;

    /// <summary>Missed answers to a probe, one a second and more under load, after which a console is suspected.</summary>
    public int MissedProbes { get; set; } = 3;

    /// <summary>What is wrong with these values, a sentence each.</summary>
    public IEnumerable<string> Problems()
    {
        if (Address is not null && (!IPAddress.TryParse(Address, out var address) || IPAddress.Any.Equals(address) || IPAddress.IPv6Any.Equals(address)))
            yield return "Ops:Cluster:Address must be the IP address under which the other consoles reach this one.";
        if (Port is < 1 or > 65535)
            yield return "Ops:Cluster:Port must be between 1 and 65535.";
        if (string.IsNullOrWhiteSpace(Name) || Name.Length > 100)
            yield return "Ops:Cluster:Name must have 1 to 100 characters.";
        if (MissedProbes is < 2 or > 20)
            yield return "Ops:Cluster:MissedProbes must be between 2 and 20.";
    }
}
