using System.Globalization;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Puts everything a verdict may rest on together into one look at this host.</summary>
public sealed class HostReader
{
    private const int TracePtrace = 19, ReadAndSearchAll = 2, OverrideAccess = 1;

    // Servers that give other hosts access to local files; the kernel's own ones are threads of the same name.
    private static readonly Dictionary<string, string> SharingServers = new(StringComparer.Ordinal)
    {
        ["nfsd"] = "an NFS server (nfsd)",
        ["ganesha.nfsd"] = "an NFS server (ganesha)",
        ["smbd"] = "an SMB server (smbd)",
        ["ksmbd-io"] = "an SMB server (ksmbd)",
        ["virtiofsd"] = "a file server for virtual machines (virtiofsd)",
        ["glusterfsd"] = "a GlusterFS server",
        ["afpd"] = "an AFP server (afpd)",
        ["ceph-fuse"] = "a Ceph mount",
    };

    private readonly ReaderOptions _options;
    private readonly TimeProvider _clock;
    private readonly IReadOnlyList<string> _aliases;
    private readonly ProcReader _processes;

    /// <param name="aliases">Further names that mean this host, from the policy.</param>
    public HostReader(ReaderOptions options, TimeProvider clock, IReadOnlyList<string> aliases)
    {
        (_options, _clock, _aliases) = (options, clock, aliases);
        _processes = new ProcReader(options);
    }

    public HostReader()
        : this(new ReaderOptions(), TimeProvider.System, [])
    {
    }

    /// <summary>The reader of processes that it uses; keeps what does not change between looks.</summary>
    public ProcReader Processes => _processes;

    /// <summary><c>uname -n</c>.</summary>
    public string HostName => Text(new ProcFiles(_options), "sys/kernel/hostname") ?? Environment.MachineName;

    /// <summary>Processes, locks and mounts as they are now, and who has <paramref name="files"/> open. Locks are read before open files: a
    /// holder that appears in between is seen by its descriptor.</summary>
    /// <param name="claimed">Numbers that files give as their owners, see <see cref="ClaimedNumbers"/>.</param>
    /// <param name="alsoLocked">Picks further files from the locks of this look; null: none.</param>
    /// <param name="withScripts">Whether a verdict may rest on the texts of scripts (<see cref="ScriptOwner"/>).</param>
    public HostFacts Look(
        IReadOnlySet<FileIdentity> files, IReadOnlySet<int> claimed, Func<LockTable, IEnumerable<FileIdentity>>? alsoLocked = null, bool withScripts = false)
    {
        var processes = _processes.Ask(_processes.ReadProcesses(), claimed);
        processes = withScripts ? _processes.WithScripts(processes) : processes;
        var locks = _processes.ReadLocks(processes);
        return Look(processes, locks, _processes.ReadOpenFiles(processes, alsoLocked is null ? files : files.Union(alsoLocked(locks)).ToHashSet())) with
        {
            Layers = _processes.ReadLayers(processes),
        };
    }

    /// <summary>
    /// What can be said at once: these processes alone, whether there are many or few on this host. Of all others, of locks and of open files it says that they are not known:
    /// it may show that an owner runs, and never that one has gone.
    /// </summary>
    /// <param name="claimed">Numbers that files give as their owners, and others of interest.</param>
    public HostFacts LookAtFew(IReadOnlySet<int> claimed)
    {
        const string gap = "not looked at yet";
        var read = claimed.Select(_processes.ReadProcess).OfType<ProcessFacts>().ToDictionary(p => p.Pid);
        // Threads, and numbers of other pid namespaces, are in none of these processes.
        var asked = claimed.ToDictionary(n => n, n => read.ContainsKey(n) ? new AskedNumber(Answer.Yes, []) : AskedNumber.NotAsked);
        var processes = new ProcessTable(read, IsComplete: false, gap) { Asked = asked };
        return Look(processes, new LockTable([], [gap]), new OpenFileIndex(new Dictionary<FileIdentity, IReadOnlyList<OpenFile>>(), [0])) with { IsPrivileged = false };
    }

    /// <summary>The same from parts that were read already.</summary>
    public HostFacts Look(ProcessTable processes, LockTable locks, OpenFileIndex openFiles)
    {
        var files = new ProcFiles(_options);
        return new HostFacts(
            HostName,
            _aliases,
            _processes.BootId,
            _processes.BootedAt,
            _clock.GetUtcNow(),
            int.TryParse(Text(files, "sys/kernel/pid_max"), NumberStyles.None, CultureInfo.InvariantCulture, out var max) ? max : 4194304,
            processes,
            locks,
            openFiles,
            MountReader.Read(files).Mounts,
            SharesLocalDisks(processes),
            IsPrivileged(files))
        {
            ClockSetForward = _processes.ClockSetForward,
            OwnPid = processes.Processes.ContainsKey(Environment.ProcessId) ? Environment.ProcessId : null,
            ForksPerSecond = _processes.ForksSinceBoot() is { } forks && _clock.GetUtcNow() - _processes.BootedAt is { TotalSeconds: > 60 } up ? forks / up.TotalSeconds : null,
        };
    }

    /// <summary>Why local disks may be in use by other hosts; null when no such server runs here.</summary>
    internal static string? SharesLocalDisks(ProcessTable processes)
    {
        var servers = processes.Processes.Values
            .Select(p => SharingServers.GetValueOrDefault(p.Command) ?? (p.IsKernelThread && p.Command.StartsWith("ksmbd:", StringComparison.Ordinal) ? SharingServers["ksmbd-io"] : null))
            .OfType<string>()
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        return servers.Count == 0 ? null : $"{string.Join(" and ", servers)} runs here: other hosts may use files of its disks";
    }

    private static bool IsPrivileged(ProcFiles files)
    {
        if (files.Read("self/status"u8, out var text) != Errno.None || ProcStatus.Parse(text).EffectiveCapabilities is not { } bits)
            return false;
        if (!Has(bits, TracePtrace) || !(Has(bits, ReadAndSearchAll) || Has(bits, OverrideAccess)))
            return false;
        // In a user namespace of our own the same bits mean less; only the initial one maps all ids to themselves.
        return files.Read("self/uid_map"u8, out text) != Errno.None || IsWholeMap(text);
    }

    private static bool IsWholeMap(ReadOnlySpan<byte> map) =>
        Encoding.ASCII.GetString(map).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is ["0", "0", "4294967295"];

    private static bool Has(ulong bits, int capability) => (bits >> capability & 1) != 0;

    private static string? Text(ProcFiles files, string path) =>
        files.Read(Encoding.ASCII.GetBytes(path), out var text) == Errno.None ? Encoding.UTF8.GetString(text.Trim("\n "u8)) : null;
}
