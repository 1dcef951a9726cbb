namespace Ops.Locks;

/// <summary>Which clock of a file says how old it is. Only ctime cannot be set back by users; programs differ in what they look at.</summary>
public enum AgeClock
{
    /// <summary>The younger of ctime and mtime counts.</summary>
    Both,

    /// <summary>For stores restored from a backup, whose ctime is new.</summary>
    Modified,
    Changed,
}

/// <summary>How careful a verdict is.</summary>
/// <param name="GracePeriod">Nothing younger is ever called stale or orphan.</param>
/// <param name="GreyZone">Between a file's ctime and a process's start: closer than this proves nothing either way.</param>
public sealed record JudgingOptions(TimeSpan GracePeriod, TimeSpan GreyZone, AgeClock AgeBy)
{
    /// <summary>The highest age at which any mailer still respects a lock of its own (Exim's <c>lockfile_timeout</c>, appendfile.c).</summary>
    public static readonly TimeSpan EveryMailersAge = TimeSpan.FromMinutes(30);

    public static JudgingOptions Default { get; } = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), AgeClock.Both);

    /// <summary>See <see cref="HostFacts.ClockSetForward"/>: a file may be younger than its times say by that much.</summary>
    public TimeSpan ClockSetForward { get; init; }

    /// <summary>The same, so careful that a step of the clock proves nothing.</summary>
    public JudgingOptions Within(HostFacts host) => host.ClockSetForward == TimeSpan.Zero ? this
        : this with { GreyZone = GreyZone + host.ClockSetForward, ClockSetForward = host.ClockSetForward };

    /// <summary>The moment from which the file counts as old: the younger of the clocks asked for. In the future for a clock set ahead.</summary>
    public DateTimeOffset Youngest(FileFacts file) => (AgeBy switch
    {
        AgeClock.Modified => file.ModifiedAt,
        AgeClock.Changed => file.ChangedAt,
        _ => file.ModifiedAt > file.ChangedAt ? file.ModifiedAt : file.ChangedAt,
    }).ToDateTimeOffset() + ClockSetForward;
}
