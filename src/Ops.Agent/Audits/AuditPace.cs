using Ops.Integrity;

namespace Ops.Agent;

/// <summary>When audits are due, and how long one takes: decided from what is known, and not said where that would be a guess.</summary>
internal static class AuditPace
{
    // Before, the beginning of a walk says little about the rest of it.
    private static readonly TimeSpan ShortestForRemaining = TimeSpan.FromSeconds(10);
    private const double LeastShare = 0.02;

    /// <summary>Audits of a schedule begin spread over the first tenth of their period, so that hosts that are started together do not read together.</summary>
    private const int FirstTenth = 10;

    /// <summary>When the schedule wants the next audit of a root; null without a schedule.</summary>
    /// <param name="lastBegun">The last one, no matter who asked for it and however it ended.</param>
    /// <param name="servingSince">Start of the agent.</param>
    /// <param name="spread">0 to 1, always the same for one host.</param>
    public static DateTimeOffset? Due(TimeSpan? every, DateTimeOffset? lastBegun, DateTimeOffset servingSince, double spread) => (every, lastBegun) switch
    {
        (null, _) => null,
        ({ } period, { } last) => last + period,
        ({ } period, null) => servingSince + (period / FirstTenth * spread),
    };

    /// <summary>Seconds until the first look is over, by the numbers of the last audit; null where nothing comparable is known, and when there is more than there was then.</summary>
    /// <param name="last">Of the last audit that was done with the same extent.</param>
    /// <param name="full">Whether all bytes are read: then they take the time, and else the files do.</param>
    public static double? Remaining(AuditCoverage? last, AuditCounts now, bool full, TimeSpan elapsed)
    {
        if (last is null || elapsed < ShortestForRemaining)
            return null;
        var share = full ? now.ReadBytes / (double)Math.Max(1, last.ReadBytes) : now.Messages / (double)Math.Max(1, last.Messages);
        return share is < LeastShare or >= 1 ? null : elapsed.TotalSeconds * (1 - share) / share;
    }

    /// <summary>The rates that go with a rate of bytes: as many messages as are opened, and as many files as are looked at.</summary>
    /// <param name="megabytes">0: no limit.</param>
    public static (long? Bytes, int? Messages, int? Files) Limits(int megabytes) =>
        megabytes == 0 ? (null, null, null) : (megabytes * 1_000_000L, megabytes * MessagesForMegabyte, megabytes * FilesForMegabyte);

    private const int MessagesForMegabyte = 80;
    private const int FilesForMegabyte = 500;
}
