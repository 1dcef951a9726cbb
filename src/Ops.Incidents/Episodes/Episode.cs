namespace Ops.Incidents;

/// <summary>One hold on one mailbox, from when it was first seen to its end: what history remembers of a lock.</summary>
/// <param name="Number">Sorts by opening time and is unique; see <see cref="EpisodeNumbers"/>.</param>
/// <param name="HostId">Stable id of the host.</param>
/// <param name="Host">Its name at that time.</param>
/// <param name="Mailbox">Path; raw, to be escaped where it is shown.</param>
/// <param name="MailboxUser">Login name or address of the mailbox; null where it is not known.</param>
/// <param name="System">Mail system by its lock; null when unknown.</param>
/// <param name="Holder">Who had it.</param>
/// <param name="Cause">The worst that was seen of it.</param>
/// <param name="OpenedAt">As far as it was seen; the lock may be older.</param>
/// <param name="LastSeenAt">The last look at which it was there.</param>
/// <param name="ClosedAt">The first look at which it was gone; null while it is open.</param>
/// <param name="End">Null while it is open.</param>
/// <param name="EndedBy">Login name, for an end by an act of this console; else null.</param>
/// <param name="Operation">The act that ended it; else null.</param>
/// <param name="MostVictims">Most processes that waited at one look.</param>
/// <param name="BlockedSeconds">Waiting times of all victims together, at least.</param>
/// <param name="HasGap">Its host was not heard for a part of that time: what happened then is unknown.</param>
public sealed record Episode(
    long Number, string HostId, string Host, string Mailbox, string? MailboxUser, string? System, EpisodeHolder Holder, EpisodeCause Cause, DateTimeOffset OpenedAt,
    DateTimeOffset LastSeenAt, DateTimeOffset? ClosedAt = null, EpisodeEnd? End = null, string? EndedBy = null, Guid? Operation = null, int MostVictims = 0, double BlockedSeconds = 0,
    bool HasGap = false)
{
    /// <summary>How long it is known to have lasted: to its last sight, not to the look that missed it.</summary>
    public TimeSpan Lasted => LastSeenAt - OpenedAt;
}

/// <summary>Who had a lock: a process, or a file whose owner is gone or unknown.</summary>
/// <param name="Key">Different for each holder of one mailbox: process with its start, or file with its inode. Raw.</param>
/// <param name="Pid">Null when the lock names none.</param>
/// <param name="Program">Command of the process; null when unknown.</param>
/// <param name="Unit">systemd unit; null when unknown.</param>
/// <param name="User">Account of the process; null when unknown.</param>
/// <param name="Path">The locked file or lock file.</param>
public sealed record EpisodeHolder(string Key, int? Pid, string? Program, string? Unit, string? User, string Path)
{
    /// <summary>The key of the same process with an unknown start; null for a file.</summary>
    internal string? KeyOfPid => Key is ['p', ..] ? Key[..(Key.IndexOf('.', StringComparison.Ordinal) + 1)] : null;
}

/// <summary>The worst that was seen of a hold; worse is less.</summary>
public enum EpisodeCause
{
    /// <summary>Mail was written where it will not be read, or by two programs at once.</summary>
    LosingMail,

    /// <summary>It was part of a circle of waits.</summary>
    Deadlock,

    /// <summary>A lock file whose owner is gone.</summary>
    Stale,

    /// <summary>Processes waited, and the holder was stopped or waited for a disk.</summary>
    NoProgress,

    /// <summary>A lock file whose owner could not be determined.</summary>
    Undecided,

    /// <summary>Processes waited for a holder that worked.</summary>
    Waited,

    /// <summary>No process waited.</summary>
    Held,
}

/// <summary>How a hold ended, as far as it was seen.</summary>
public enum EpisodeEnd
{
    /// <summary>The lock is gone, and nothing shows that its process died.</summary>
    Released,

    /// <summary>Broken or removed by an act of this console.</summary>
    Broken,

    /// <summary>Its process was asked or forced to end by an act of this console.</summary>
    Ended,

    /// <summary>Its process died with the lock: a lock file of it was left, it was seen as a zombie, or the host restarted.</summary>
    HolderDied,

    /// <summary>A stale lock file that went after the time at which its own software removes it.</summary>
    SelfHealed,

    /// <summary>A lock file without a living owner that was removed by another program or person.</summary>
    Removed,

    /// <summary>It went while its host was not heard.</summary>
    Unknown,
}

/// <summary>Numbers of episodes: milliseconds since 1970 in the upper bits, so that they sort by opening time, and a count in the lower ones.</summary>
public static class EpisodeNumbers
{
    private const int CountBits = 19;

    /// <summary>The number of an opening time.</summary>
    /// <param name="count">Different for episodes of one millisecond; only its lower 19 bits count.</param>
    public static long Of(DateTimeOffset openedAt, int count) => First(openedAt) | (uint)count & ((1u << CountBits) - 1);

    /// <summary>The smallest number of that time: every earlier episode is below it.</summary>
    public static long First(DateTimeOffset at) => Math.Max(0, at.ToUnixTimeMilliseconds()) << CountBits;
}

/// <summary>The words of causes and ends: as stored, and for people.</summary>
public static class EpisodeWords
{
    public static string Word(this EpisodeCause cause) => cause switch
    {
        EpisodeCause.LosingMail => "losing-mail",
        EpisodeCause.Deadlock => "deadlock",
        EpisodeCause.Stale => "stale",
        EpisodeCause.NoProgress => "no-progress",
        EpisodeCause.Undecided => "undecided",
        EpisodeCause.Waited => "waited",
        EpisodeCause.Held => "held",
        _ => throw new ArgumentOutOfRangeException(nameof(cause)),
    };

    public static string Label(this EpisodeCause cause) => cause switch
    {
        EpisodeCause.LosingMail => "Losing mail",
        EpisodeCause.Deadlock => "Deadlock",
        EpisodeCause.Stale => "Stale lock",
        EpisodeCause.NoProgress => "No progress",
        EpisodeCause.Undecided => "Owner unknown",
        EpisodeCause.Waited => "Others waited",
        EpisodeCause.Held => "Held",
        _ => throw new ArgumentOutOfRangeException(nameof(cause)),
    };

    public static string Word(this EpisodeEnd end) => end switch
    {
        EpisodeEnd.Released => "released",
        EpisodeEnd.Broken => "broken",
        EpisodeEnd.Ended => "ended",
        EpisodeEnd.HolderDied => "holder-died",
        EpisodeEnd.SelfHealed => "self-healed",
        EpisodeEnd.Removed => "removed",
        EpisodeEnd.Unknown => "unknown",
        _ => throw new ArgumentOutOfRangeException(nameof(end)),
    };

    /// <summary>Without the name of a person.</summary>
    public static string Label(this EpisodeEnd end) => end switch
    {
        EpisodeEnd.Released => "released",
        EpisodeEnd.Broken => "broken",
        EpisodeEnd.Ended => "holder ended",
        EpisodeEnd.HolderDied => "holder died",
        EpisodeEnd.SelfHealed => "self-healed",
        EpisodeEnd.Removed => "removed",
        EpisodeEnd.Unknown => "unknown: host not heard",
        _ => throw new ArgumentOutOfRangeException(nameof(end)),
    };

    /// <summary>Null for a word of a later version.</summary>
    public static EpisodeCause? Cause(string word) => Find<EpisodeCause>(word, Word);

    /// <inheritdoc cref="Cause"/>
    public static EpisodeEnd? End(string? word) => word is null ? null : Find<EpisodeEnd>(word, Word);

    private static T? Find<T>(string word, Func<T, string> wordOf)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (wordOf(value) == word)
                return value;
        }
        return null;
    }
}
