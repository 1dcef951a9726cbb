namespace Ops.Locks;

/// <summary>All processes of one look.</summary>
/// <param name="IsComplete">False when some may be hidden (hidepid, a pid namespace that is not the initial one).</param>
public sealed record ProcessTable(IReadOnlyDictionary<int, ProcessFacts> Processes, bool IsComplete, string? Gap)
{
    /// <summary>Texts of the scripts that interpreters were started with, by pid; null where one could not be read. Only read where a verdict may rest on it.</summary>
    public IReadOnlyDictionary<int, string?> Scripts { get; init; } = new Dictionary<int, string?>();

    private ILookup<int, ProcessFacts>? _byAnyPid;
    private ILookup<string, ProcessFacts>? _byCommand;
    private ILookup<int, ProcessFacts>? _byParent;
    private ILookup<string, ProcessFacts>? _byProgram;
    private ILookup<uint?, ProcessFacts>? _byUser;

    public static ProcessTable Empty { get; } = new(new Dictionary<int, ProcessFacts>(), true, null);

    /// <summary>The kernel's answers for the numbers that the artefacts at hand claim (<see cref="ClaimedNumbers"/>). One that is not here is unknown, never gone.</summary>
    public IReadOnlyDictionary<int, AskedNumber> Asked { get; init; } = new Dictionary<int, AskedNumber>();

    /// <summary>Every process that carries this number in any pid namespace: a lock text may have been written inside a container.</summary>
    public IEnumerable<ProcessFacts> Numbered(int pid) =>
        (_byAnyPid ??= Processes.Values
            .SelectMany(p => p.NamespacePids.Append(p.Pid).Distinct(), (process, number) => (process, number))
            .ToLookup(x => x.number, x => x.process))[pid];

    /// <summary>Living processes of this name, which they chose themselves.</summary>
    public IEnumerable<ProcessFacts> Called(string command) => (_byCommand ??= Processes.Values.Where(p => p.IsAlive).ToLookup(p => p.Command, StringComparer.Ordinal))[command];

    /// <summary>Living processes that one of these programs may be (<see cref="ProgramName"/>).</summary>
    public IEnumerable<ProcessFacts> Running(IReadOnlyList<string> programs)
    {
        _byProgram ??= Processes.Values.Where(p => p.IsAlive)
            .SelectMany(p => ProgramName.KeysOf(p).Distinct(StringComparer.OrdinalIgnoreCase), (process, key) => (process, key))
            .ToLookup(x => x.key, x => x.process, StringComparer.OrdinalIgnoreCase);
        return programs.SelectMany(ProgramName.KeysOf).SelectMany(key => _byProgram[key]).Distinct();
    }

    /// <summary>Living processes that run as this user, and those whose user is unknown.</summary>
    public IEnumerable<ProcessFacts> MayRunAs(uint uid) =>
        (_byUser ??= Processes.Values.Where(p => p.IsAlive).OrderBy(p => p.Pid).ToLookup(p => p.EffectiveUid)) is var byUser ? byUser[uid].Concat(byUser[null]) : [];

    public IEnumerable<ProcessFacts> ChildrenOf(int pid) => (_byParent ??= Processes.Values.ToLookup(p => p.ParentPid))[pid];
}

/// <summary>One host at one moment: everything a verdict may rest on besides the file itself.</summary>
/// <param name="HostName"><c>uname -n</c>.</param>
/// <param name="Aliases">Further names that mean this host, from policy or configuration. A prefix of a name is another host.</param>
/// <param name="BootedAt">Wall time of the boot, from the boot clock.</param>
/// <param name="SharesLocalDisks">Why local disks may be in use by other hosts (an NFS or SMB server runs here); null when they are not.</param>
/// <param name="IsPrivileged">Whether descriptors and locks of all users can be seen (root, or the two capabilities).</param>
public sealed record HostFacts(
    string HostName,
    IReadOnlyList<string> Aliases,
    Guid BootId,
    DateTimeOffset BootedAt,
    DateTimeOffset Now,
    int PidMax,
    ProcessTable Processes,
    LockTable Locks,
    OpenFileIndex OpenFiles,
    IReadOnlyList<Mount> Mounts,
    string? SharesLocalDisks,
    bool IsPrivileged)
{
    /// <summary>By how much the wall clock is known to have been set forward since boot. Process starts are counted from the boot: next to a file that was made before
    /// the step, a process seems younger than it is by that much.</summary>
    public TimeSpan ClockSetForward { get; init; }

    /// <summary>
    /// Programs that have mailboxes open, or run scripts that do. A supervisor of a machine or container may hide process 1 even from root
    /// (kernel lockdown, an outer user namespace); unless it is one of these, it is no mail program.
    /// </summary>
    private static readonly HashSet<string> MayOpenMail = new(StringComparer.Ordinal)
    {
        "exim", "exim4", "exim_lock", "dovecot", "master", "imapd", "imap", "pop3d", "pop3", "lmtpd", "lmtp", "procmail", "lockfile", "dotlockfile", "maildrop",
        "sendmail", "smtpd", "qmail-send", "courierd", "cyrus-master", "mutt", "neomutt", "mail", "fetchmail", "getmail", "fdm", "sieve",
        "sh", "dash", "bash", "ash", "busybox", "zsh", "ksh", "perl", "ruby", "php", "node", "java", "tail",
    };

    /// <summary>Whether "no process has it open" can be said. Process 1 may stay hidden as long as it is plainly no mail program.</summary>
    public bool SeesAllOpenFiles => OpenFiles.Unreadable.All(pid =>
        pid == 1 && Processes.Processes.TryGetValue(1, out var init)
        && !MayOpenMail.Contains(init.Command) && !init.Command.StartsWith("python", StringComparison.Ordinal));

    /// <summary>The same look as if one process had nothing open and no lock: what an agent holds for an act of its own is no evidence in its scans.</summary>
    public HostFacts WithoutHoldsOf(int pid)
    {
        bool IsOurs(OpenFile open) => open.Process.Pid == pid;
        bool IsOnlyOurs(LockEntry entry) => entry.Parties.Count > 0 && entry.Parties.All(p => p.Process.Pid == pid);
        var files = OpenFiles.Files.Values.Any(f => f.Any(IsOurs))
            ? OpenFiles.Files.ToDictionary(f => f.Key, f => (IReadOnlyList<OpenFile>)[.. f.Value.Where(o => !IsOurs(o))])
            : OpenFiles.Files;
        return this with
        {
            // Not by "with": what the tables have looked up already is theirs.
            OpenFiles = new OpenFileIndex(files, OpenFiles.Unreadable) { Nameless = [.. OpenFiles.Nameless.Where(o => !IsOurs(o))], Watches = OpenFiles.Watches },
            Locks = Locks.Entries.Any(IsOnlyOurs) ? new LockTable([.. Locks.Entries.Where(e => !IsOnlyOurs(e))], Locks.Gaps) { Released = Locks.Released } : Locks,
        };
    }

    /// <summary>Files below the roots that were looked into because a process has them locked or open in a way that matters for a mailbox, as far as they could be read.</summary>
    public IReadOnlyDictionary<FileIdentity, MailboxLook> MailboxLooks { get; init; } = new Dictionary<FileIdentity, MailboxLook>();

    /// <summary>What agents of other hosts said of processes that locks here name.</summary>
    public IReadOnlyList<OtherHostAnswer> OtherHosts { get; init; } = [];

    /// <summary>The process that looks, where it is one of this table.</summary>
    public int? OwnPid { get; init; }

    /// <summary>New processes and threads a second, as a mean since the boot; null where it could not be read.</summary>
    public double? ForksPerSecond { get; init; }

    /// <summary>Directories that overlay mounts show under other names, in every mount namespace that some process is in.</summary>
    public IReadOnlyList<OverlayLayer> Layers { get; init; } = [];

    /// <summary>The overlay through which a file at this path may be open without being recognised; null when there is none.</summary>
    public OverlayLayer? LayerOver(FilePath path)
    {
        if (Layers.Count == 0 || Mount.At(Mounts, path) is not { } mount)
            return null;
        var within = mount.WithinFileSystem(path);
        return Layers.FirstOrDefault(l => path.IsAtOrBelow(l.Directory)
            || Mount.At(Mounts, l.Directory) is { } other && (other.Major, other.Minor) == (mount.Major, mount.Minor) && within.IsAtOrBelow(other.WithinFileSystem(l.Directory)));
    }

    public Mount? MountOf(FileFacts file) => Mounts.FirstOrDefault(m => (ulong)m.Id == file.MountId);
}
