using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// Processes, kernel locks and open files from <c>/proc</c>. A process that vanishes while it is read is a normal answer; one that may not be
/// read is named as a gap. Keeps what does not change between looks; may be used from several threads, one look at a time.
/// </summary>
public sealed partial class ProcReader(ReaderOptions options)
{
    // proc_ns(5) does not promise it, but the inode number of the initial pid namespace is a constant of the kernel (PROC_PID_INIT_INO).
    private static readonly byte[] InitialPidNamespace = "pid:[4026531836]"u8.ToArray();

    private readonly Lock _gate = new();
    private readonly ProcFiles _files = new(options);
    private readonly BootClock _clock = new();
    private readonly Dictionary<int, (ulong StartTicks, string Command, string? Unit)> _units = [];
    private Guid? _bootId;

    public ProcReader()
        : this(new ReaderOptions())
    {
    }

    /// <summary><c>/proc/sys/kernel/random/boot_id</c>; empty where it cannot be read.</summary>
    public Guid BootId => _bootId ??= ReadBootId();

    /// <summary>Wall time of the boot, by the wall clock as it is set now, to the millisecond.</summary>
    public DateTimeOffset BootedAt => _clock.BootedAt();

    /// <summary>See <see cref="HostFacts.ClockSetForward"/>.</summary>
    public TimeSpan ClockSetForward => _clock.SetForward();

    /// <summary>The earliest that this boot ever seemed to be: worth keeping for the next agent of the same boot.</summary>
    public DateTimeOffset EarliestBoot => _clock.Earliest;

    /// <summary>Takes in what an earlier agent of this boot has kept.</summary>
    public void RememberBoot(DateTimeOffset earliest) => _clock.Remember(earliest);

    /// <summary>All processes that can be seen from here.</summary>
    public ProcessTable ReadProcesses()
    {
        lock (_gate)
        {
            if (!_files.OpenRoot().TryGet(out var root, out var error))
                return new ProcessTable(new Dictionary<int, ProcessFacts>(), false, $"{options.ProcRoot} cannot be read: {error}");
            using (root)
            {
                List<int> pids = [];
                var listing = _files.Numbers(root, pids);
                var processes = new Dictionary<int, ProcessFacts>(pids.Count);
                foreach (var pid in pids)
                {
                    if (ReadProcess(root, pid) is { } process)
                        processes[pid] = process;
                }
                foreach (var gone in _units.Keys.Where(pid => !processes.ContainsKey(pid)).ToList())
                    _units.Remove(gone);
                var gap = listing == Errno.None ? Gap() : $"the list of processes ended early: {listing}";
                return new ProcessTable(processes, gap is null, gap);
            }
        }
    }

    /// <summary>Processes and threads started since the boot, the <c>processes</c> line of <c>/proc/stat</c>; null where it could not be read.</summary>
    public long? ForksSinceBoot()
    {
        lock (_gate)
        {
            if (_files.Read("stat"u8, out var text) != Errno.None)
                return null;
            var at = text.IndexOf("\nprocesses "u8);
            return at >= 0 && Utf8Parser.TryParse(text[(at + "\nprocesses ".Length)..], out long count, out _) ? count : null;
        }
    }

    /// <summary>Whether it sleeps until one of its children ends (<c>wait4</c>, <c>waitid</c>); null where the kernel does not say.</summary>
    public bool? WaitsForChild(int pid)
    {
        lock (_gate)
            return _files.Read(Encoding.ASCII.GetBytes($"{pid}/wchan"), out var text) != Errno.None || text.IsEmpty || text is [(byte)'0'] ? null : text.SequenceEqual("do_wait"u8);
    }

    /// <summary>Where in the kernel a process sleeps and how often it has gone to sleep by itself; null where the kernel does not say.</summary>
    public (string? In, ulong? Switches) ReadSleep(int pid)
    {
        lock (_gate)
        {
            var where = _files.Read(Encoding.ASCII.GetBytes($"{pid}/wchan"), out var text) != Errno.None || text.IsEmpty || text is [(byte)'0'] ? null : Encoding.ASCII.GetString(text);
            return (where, _files.Read(Encoding.ASCII.GetBytes($"{pid}/status"), out var status) == Errno.None ? ProcStatus.Parse(status).VoluntarySwitches : null);
        }
    }

    /// <summary>One process as it is now; null when there is none with this pid.</summary>
    public ProcessFacts? ReadProcess(int pid)
    {
        lock (_gate)
        {
            if (!_files.OpenRoot().TryGet(out var root))
                return null;
            using (root)
                return ReadProcess(root, pid);
        }
    }

    private ProcessFacts? ReadProcess(FileDescriptor root, int pid)
    {
        Span<byte> name = stackalloc byte[11];
        // Everything is read through this one directory: if the pid is used again in between, the rest fails instead of mixing two processes.
        if (!root.OpenSubdirectory(ProcFiles.Name(pid, name)).TryGet(out var directory))
            return null;
        using (directory)
        {
            if (_files.ReadWhole(directory, "stat"u8, out var text) != Errno.None || ProcStat.Parse(text) is not { } stat)
                return null;
            var status = _files.ReadWhole(directory, "status"u8, out text) == Errno.None ? ProcStatus.Parse(text) : null;
            IReadOnlyList<string> arguments = !stat.IsKernelThread && _files.ReadWhole(directory, "cmdline"u8, out text) == Errno.None ? Arguments(text) : [];
            var executable = stat.IsKernelThread ? null : directory.ReadLink("exe"u8) is { Succeeded: true } link ? FilePath.Escape(link.Value) : null;
            return new ProcessFacts(
                new ProcessIdentity(BootId, pid, stat.StartTicks),
                stat.ParentPid,
                stat.Command,
                arguments,
                executable,
                status?.EffectiveUid,
                status?.EffectiveUid is { } uid ? Accounts.NameOf(uid) : null,
                Unit(directory, pid, stat),
                stat.State,
                stat.IsZombie ? LiveTasks(directory).Count : stat.Threads,
                status is { NamespacePids.Count: > 0 } ? status.NamespacePids : [pid],
                _clock.At(stat.StartTicks),
                stat.IsKernelThread);
        }
    }

    private static List<string> Arguments(ReadOnlySpan<byte> text)
    {
        // The process may write there what it likes; 4 KiB and 64 arguments are enough to know it by.
        const int limitBytes = 4096, limitArguments = 64;
        text = text.Length > limitBytes ? text[..limitBytes] : text.TrimEnd((byte)0);
        List<string> arguments = [];
        foreach (var range in text.Split((byte)0))
        {
            if (arguments.Count == limitArguments || text.IsEmpty)
                break;
            arguments.Add(FilePath.Escape(text[range]));
        }
        return arguments;
    }

    // A process changes its cgroup rarely and its command with exec only: this one file is not read again on every look.
    private string? Unit(FileDescriptor directory, int pid, ProcStat stat)
    {
        if (_units.TryGetValue(pid, out var known) && known.StartTicks == stat.StartTicks && known.Command == stat.Command)
            return known.Unit;
        var unit = _files.Read(directory, "cgroup"u8, out var text) == Errno.None ? ProcCgroup.UnitOf(text) : null;
        _units[pid] = (stat.StartTicks, stat.Command, unit);
        return unit;
    }

    /// <summary>Threads that are not zombies. A process is gone only when there are none.</summary>
    private List<int> LiveTasks(FileDescriptor process)
    {
        List<int> tasks = [], live = [];
        if (!process.OpenSubdirectory("task"u8).TryGet(out var directory))
            return live;
        using (directory)
        {
            _files.Numbers(directory, tasks);
            Span<byte> name = stackalloc byte[11];
            foreach (var task in tasks)
            {
                if (directory.OpenSubdirectory(ProcFiles.Name(task, name)).TryGet(out var thread))
                {
                    using (thread)
                    {
                        if (_files.ReadWhole(thread, "stat"u8, out var text) == Errno.None && ProcStat.Parse(text) is { IsZombie: false })
                            live.Add(task);
                    }
                }
            }
        }
        return live;
    }

    private string? Gap()
    {
        if (_files.Read("self/mountinfo"u8, out var text) == Errno.None && MountInfo.Parse(text).ProcHides is { } hides && Accounts.EffectiveUserId != 0)
            return $"/proc is mounted with {hides}: processes of other users are hidden";
        using var self = FileDescriptor.OpenDirectoryFollowingLinks([.. _files.Root, .. "/self/ns"u8]) is { Succeeded: true } opened ? opened.Value : null;
        return self?.ReadLink("pid"u8) switch
        {
            { Succeeded: true } link when link.Value.AsSpan().SequenceEqual(InitialPidNamespace) => null,
            { Succeeded: true } => "this process runs in a pid namespace of its own: processes outside it are hidden",
            _ => "it is unknown whether this process sees all pid namespaces",
        };
    }

    private Guid ReadBootId() =>
        _files.Read("sys/kernel/random/boot_id"u8, out var text) == Errno.None && Guid.TryParse(Encoding.ASCII.GetString(text.Trim("\n "u8)), out var id)
            ? id
            : Guid.Empty;

    private static Machine ThisMachine => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => Machine.X64,
        Architecture.Arm64 => Machine.Arm64,
        _ => Machine.Unknown,
    };
}
