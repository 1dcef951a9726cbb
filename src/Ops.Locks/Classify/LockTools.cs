namespace Ops.Locks;

/// <summary>
/// Programs by which scripts take dot locks. One that runs a command under a lock, or keeps touching it, has nothing open in that time, and the lock names no owner: only its
/// command line shows what it is about.
/// </summary>
internal static class LockTools
{
    // Names as /proc/PID/comm has them, at most 15 bytes. liblockfile dotlockfile.c, exim src/exim_lock.c, postfix src/postlock, courier liblock/lockmail.c,
    // procmail src/lockfile.c, mutt dotlock.c, mailutils dotlock/dotlock.c, lockfile-progs lockfile-progs.c.
    private static readonly string[] Runners = ["dotlockfile", "exim_lock", "postlock", "lockmail", "lockmail.maildr"];
    private static readonly string[] Callers = [.. Runners, "lockfile", "mutt_dotlock", "lockfile-create", "dotlock", "dotlock.mailuti"];
    private const string Toucher = "lockfile-touch";

    /// <summary>The living program that runs its command under this lock: it was there before the lock, and has a child.</summary>
    public static ProcessFacts? KeeperOf(ArtefactFacts artefact, HostFacts host)
    {
        var made = MadeAt(artefact.File) + Activity.Grain;
        return Called(Runners, artefact, host).FirstOrDefault(p => p.StartedAt <= made && HasChild(p, host));
    }

    /// <summary>A living program that refreshes this lock for another process.</summary>
    public static ProcessFacts? ToucherOf(ArtefactFacts artefact, HostFacts host) => Called([Toucher], artefact, host).FirstOrDefault();

    /// <summary>Living programs that try again and again to take this lock: once they have it, they have a child or end. A process that sleeps in the kernel waits for something else.</summary>
    public static IEnumerable<ProcessFacts> PollersFor(ArtefactFacts artefact, HostFacts host) =>
        Called(Callers, artefact, host).Where(p => !HasChild(p, host) && !host.Locks.Entries.Any(e => e.Parties.Any(party => party.Process.Pid == p.Pid)));

    /// <summary>One of these that was there before the lock: it may have taken it this moment, or have been stopped just then.</summary>
    public static ProcessFacts? EarlyPollerFor(ArtefactFacts artefact, HostFacts host)
    {
        var made = MadeAt(artefact.File) + Activity.Grain;
        return PollersFor(artefact, host).FirstOrDefault(p => p.StartedAt <= made);
    }

    /// <summary>
    /// A living process of a program that may have the lock without anything that shows it: it runs as the owner of the lock, since before that was made. One that takes one
    /// lock at a time and has the kernel lock on another file is at work there.
    /// </summary>
    public static ProcessFacts? UnseenOwnerOf(FileFacts file, UnseenOwner program, HostFacts host)
    {
        var made = MadeAt(file) + Activity.Grain;
        return host.Processes.Called(program.Command).FirstOrDefault(p => p.EffectiveUid == file.Uid && p.StartedAt <= made && !(program.HasOneAtATime && IsElsewhere(p, host)));
    }

    /// <summary>Whether an argument means this lock: with or without ".lock", by path or by name.</summary>
    public static bool IsMeant(string argument, FilePath path)
    {
        var wanted = FilePath.FromText(argument);
        return wanted.Bytes.Length > 0 && (Same(wanted) || Same(wanted.Append(".lock")));

        bool Same(FilePath p) => p.Bytes is [(byte)'/', ..] ? p == path : p.Name.SequenceEqual(path.Name);
    }

    /// <summary>Whether a program that polls for a lock gives up by itself, and by which rule. Unknown for any that is not a known tool.</summary>
    /// <remarks>procmail <c>lockfile(1)</c> and liblockfile <c>dotlockfile(1)</c>: <c>-r</c>, where -1 is without end; postfix <c>postconf(5)</c> deliver_lock_attempts.</remarks>
    public static (Answer GivesUp, string Rule) GivesUp(ProcessFacts process)
    {
        // lockfile takes "-3", "-r3" and "-r 3" alike; only the retries matter here.
        var at = process.CommandLine.ToList().FindIndex(a => a.StartsWith("-r", StringComparison.Ordinal));
        var retries = at < 0 ? null : process.CommandLine[at].Length > 2 ? process.CommandLine[at][2..] : process.CommandLine.ElementAtOrDefault(at + 1);
        return process.Command switch
        {
            "lockfile" or "dotlockfile" when retries is not null && int.TryParse(retries, out var count) => count < 0
                ? (Answer.No, "tries without limit (-r -1)")
                : (Answer.Yes, $"it tries again {count} times (-r {count})"),
            "lockfile" when at < 0 => (Answer.No, "tries without limit, as it does unless -r is given"),
            "dotlockfile" when at < 0 => (Answer.Yes, "it tries again 5 times unless -r is given"),
            "postlock" => (Answer.Yes, "it tries deliver_lock_attempts times, 20 by default"),
            _ => Pollers.FirstOrDefault(p => p.Command == process.Command) is { GivesUp: { } rule } ? (Answer.Yes, rule) : (Answer.Unknown, ""),
        };
    }

    private static IReadOnlyList<LockPoller> Pollers { get; } = [.. MailSystems.All.SelectMany(s => s.Conventions).OfType<DotLock>().SelectMany(c => c.Pollers)];

    private static DateTimeOffset MadeAt(FileFacts file) => (file.BornAt ?? file.ChangedAt).ToDateTimeOffset();

    private static bool HasChild(ProcessFacts process, HostFacts host) => host.Processes.ChildrenOf(process.Pid).Any(c => c.IsAlive);

    private static IEnumerable<ProcessFacts> Called(string[] names, ArtefactFacts artefact, HostFacts host) =>
        names.SelectMany(host.Processes.Called).Where(p => TakesDotLocks(p) && p.CommandLine.Skip(1).Any(a => IsMeant(a, artefact.File.Path)
            // A bare name means this lock only in this directory: the process must be in it.
            && (a.Contains('/', StringComparison.Ordinal) || host.OpenFiles.Of(artefact.Directory.Identity).Any(o => o.Process.Pid == p.Pid))));

    // Both have options to lock through the kernel alone.
    private static bool TakesDotLocks(ProcessFacts process) => process.Command switch
    {
        "exim_lock" => process.CommandLine.Contains("-lockfile") || !process.CommandLine.Any(a => a is "-fcntl" or "-flock" or "-mbx"),
        "postlock" => !process.CommandLine.Contains("-l") || process.CommandLine.Any(a => a.Contains("dotlock", StringComparison.Ordinal)),
        _ => true,
    };

    // Exim's message data (ID-D) is locked by the process above the one that delivers.
    private static bool IsElsewhere(ProcessFacts process, HostFacts host)
    {
        List<int> family = [process.Pid, .. process.ParentPid > 1 ? [process.ParentPid] : Array.Empty<int>(), .. host.Processes.ChildrenOf(process.Pid).Select(c => c.Pid)];
        return host.Locks.Entries.Any(e => e.Lock is { IsWaiter: false, Mode: LockMode.Write } && e.Path is { } path && !path.Name.EndsWith("-D"u8) && e.Parties.Any(p => family.Contains(p.Process.Pid)));
    }
}
