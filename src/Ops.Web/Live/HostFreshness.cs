namespace Ops.Web.Live;

/// <summary>How fresh the last report of a host is, in a word for programs.</summary>
internal static class HostFreshness
{
    public const string Fresh = "fresh", Late = "late", Syncing = "syncing", Lost = "lost";

    /// <summary>Agents report every five seconds: later than this, one was missed.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(10);

    public static IReadOnlyList<string> All { get; } = [Fresh, Late, Syncing, Lost];

    public static string Of(HostStatus host, DateTimeOffset now) => host.Connection switch
    {
        HostConnection.Lost => Lost,
        _ when now - host.LastHeardAt > LateAfter => Late,
        HostConnection.Syncing => Syncing,
        _ => Fresh,
    };
}
