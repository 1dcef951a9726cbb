using System.Diagnostics;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// Knows at once which names of locks and leftovers change below the store roots, and who made them, by file system marks of fanotify. It looks at no file and judges
/// nothing. A thread of its own, raised above others, since a process can end a millisecond after it made a file.
/// </summary>
/// <remarks>
/// Memory is bounded: the kernel's queue by its own limit, names of one report by <see cref="NamesOfReport"/>, creators by <see cref="CreatorBook"/>. What does not fit is
/// reported as lost. The thread rests four times as long as it worked, so that a flood of events takes a fifth of one processor at most.
/// </remarks>
public sealed class StoreWatch : IDisposable
{
    /// <summary>More names at once are not listed: a scan finds them as cheaply.</summary>
    public const int NamesOfReport = 10_000;

    private const int BufferBytes = 256 * 1024;
    private const int RestFactor = 4;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortWork = TimeSpan.FromMilliseconds(1);

    private readonly IReadOnlyList<ScanRoot> _roots;
    private readonly CandidateFilter _isCandidate;
    private readonly CreatorBook _creators;
    private readonly Func<IReadOnlyList<Mount>, IReadOnlyList<Mount>> _silent;
    private readonly Action<StoreChanges> _report;
    private readonly Fanotify _queue;
    private readonly MountTableWatch _mounts;
    private readonly DirectoryPaths _directories;
    private readonly CreatorReader _processes = new(new ReaderOptions());
    private readonly Dictionary<FilePath, Maker?> _changed = [];
    private HashSet<FilePath> _unwritten = [];
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();
    private List<WatchedPlace> _places = [];
    private volatile IReadOnlyList<UnwatchedPlace> _unwatched = [];
    private string? _lost;
    private bool _isDropped;
    private long _events;

    private StoreWatch(
        Fanotify queue, MountTableWatch mounts, IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate, CreatorBook creators,
        Func<IReadOnlyList<Mount>, IReadOnlyList<Mount>> silent, Action<StoreChanges> report)
    {
        (_queue, _mounts, _roots, _isCandidate, _creators, _silent, _report) = (queue, mounts, roots, isCandidate, creators, silent, report);
        _directories = new DirectoryPaths(roots);
        // An event before this watch may have given any name to another process.
        creators.Clear();
        MarkPlaces();
        _thread = new Thread(Run) { IsBackground = true, Name = "store watch" };
        _thread.Start();
    }

    /// <summary>Places below the roots that raise no events here, as of the mount table now.</summary>
    public IReadOnlyList<UnwatchedPlace> Unwatched => _unwatched;

    /// <summary>Events that were read so far, of whatever name.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Begins to watch. The failure says why this host gives no events: <see cref="Errno.NotPermitted"/> without <c>CAP_SYS_ADMIN</c>,
    /// <see cref="Errno.InvalidArgument"/> before Linux 5.17.</summary>
    /// <param name="silent">Of these mounts, those that give no answer now and must not be touched.</param>
    /// <param name="report">Called on the thread of the watch, which waits for it.</param>
    public static Result<StoreWatch> Start(
        IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate, CreatorBook creators, Func<IReadOnlyList<Mount>, IReadOnlyList<Mount>> silent, Action<StoreChanges> report)
    {
        if (!Fanotify.Open().TryGet(out var queue, out var error))
            return error;
        if (MountTableWatch.Open().TryGet(out var mounts, out error))
            return new StoreWatch(queue, mounts, roots, isCandidate, creators, silent, report);
        queue.Dispose();
        return error;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _queue.Dispose();
        _mounts.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        ThreadRank.Raise();
        var buffer = new byte[BufferBytes];
        while (!_stop.IsCancellationRequested)
        {
            var wake = _queue.Wait(_mounts, Idle);
            var started = Stopwatch.GetTimestamp();
            if ((wake & WatchWake.Mounts) != 0)
            {
                _directories.Forget();
                if (MarkPlaces())
                    _lost ??= "a file system was mounted or unmounted";
            }
            if ((wake & WatchWake.Events) != 0 && _queue.Read(buffer).TryGet(out var filled))
                Take(buffer.AsSpan(0, filled));
            Report();
            if (Stopwatch.GetElapsedTime(started) is var worked && worked > ShortWork)
                _stop.Token.WaitHandle.WaitOne(worked * RestFactor);
        }
    }

    private void Take(ReadOnlySpan<byte> filled)
    {
        var events = new FanotifyEvents(filled);
        while (events.MoveNext())
        {
            _events++;
            if ((events.What & NameEvents.Overflow) != 0)
            {
                (_lost, _isDropped) = ("the kernel dropped events: more came than its queue holds", true);
                _creators.Clear();
                // What came before it may have been undone since: the names are looked at, and who made them is unknown.
                foreach (var path in _changed.Keys.ToList())
                    _changed[path] = null;
                _unwritten.Clear();
            }
            else if (!events.Directory.IsEmpty)
            {
                TakeName(events);
            }
        }
        NoteCreators();
        _directories.CloseAll();
    }

    private void TakeName(FanotifyEvents events)
    {
        const NameEvents moved = NameEvents.MovedFrom | NameEvents.MovedTo;
        var isMovedDirectory = (events.What & NameEvents.OnDirectory) != 0 && (events.What & moved) != 0;
        // Paths below it are others from now on, whether it is below a root or above one.
        if (isMovedDirectory)
            _directories.Forget();
        if (_directories.Find(events.Directory, _places) is not { } directory)
            return;
        if (isMovedDirectory)
            _lost ??= $"a directory was moved: {directory.Path.Join(events.Name).Display}";
        if (!_isCandidate(directory.Place, events.Name))
            return;
        var path = directory.Path.Join(events.Name);
        if (_changed.Count >= NamesOfReport && !_changed.ContainsKey(path))
        {
            _creators.Forget(path);
            (_lost, _isDropped) = (_lost ?? $"more than {NamesOfReport} names changed at once", true);
            return;
        }
        if ((events.What & NameEvents.Created) != 0 && (events.What & (NameEvents.ClosedAfterWriting | NameEvents.OnDirectory)) == 0)
            _unwritten.Add(path);
        else
            _unwritten.Remove(path);
        if ((events.What & (NameEvents.Created | NameEvents.MovedTo)) != 0)
            _changed[path] = new Maker(events.Pid, _processes.Read(events.Pid), events.Target.ToArray());
        else if ((events.What & (NameEvents.Deleted | NameEvents.MovedFrom)) != 0)
            _changed[path] = null;
        else
            _changed.TryAdd(path, Maker.Unchanged);
    }

    /// <summary>Which file it was that got the name is asked by its handle: the name may mean another one already.</summary>
    private void NoteCreators()
    {
        foreach (var (path, maker) in _changed)
        {
            if (maker == Maker.Unchanged)
                continue;
            _creators.Forget(path);
            if (maker is null || maker.Pid == 0 || maker.Pid == Environment.ProcessId || maker.Target.Length == 0 || _directories.Open(maker.Target, _places) is not { } file)
                continue;
            using (file)
            {
                if (file.Stat().TryGet(out var status))
                    _creators.Note(path, status.Identity, status.CreatedAt, status.Uid, CreatorOf(maker, status));
            }
        }
    }

    private Creator CreatorOf(Maker maker, FileStatus file)
    {
        // A process that started later got the number of one that has ended.
        var isMaker = maker.Process is { } process && process.StartedAt <= file.ChangedAt.ToDateTimeOffset() + Creator.Grain;
        var parent = isMaker && maker.Process!.ParentPid > 1 ? _processes.Read(maker.Process.ParentPid) : null;
        return new Creator(maker.Pid, isMaker ? maker.Process : null, parent?.StartedAt <= maker.Process?.StartedAt ? parent : null, DateTimeOffset.UtcNow);
    }

    private void Report()
    {
        if (_changed.Count == 0 && _lost is null)
            return;
        var given = _changed.Where(c => c.Value is { } maker && maker != Maker.Unchanged).Select(c => c.Key).ToHashSet();
        _report(new StoreChanges([.. _changed.Keys], _lost, _isDropped) { Given = given, Unwritten = _unwritten });
        _unwritten = [];
        _changed.Clear();
        (_lost, _isDropped) = (null, false);
    }

    /// <returns>Whether the places are others than before.</returns>
    private bool MarkPlaces()
    {
        var mounts = new MountReader().Read().Mounts;
        List<FilePath> wanted = [.. _roots.Select(r => r.Path),
            .. mounts.Where(m => m.MayHoldStores && _roots.Any(r => !r.TopLevelOnly && m.MountPoint != r.Path && m.MountPoint.IsAtOrBelow(r.Path))).Select(m => m.MountPoint)];
        var silent = _silent(mounts);
        List<WatchedPlace> places = [];
        List<UnwatchedPlace> unwatched = [];
        foreach (var path in wanted.Distinct())
        {
            if (Mark(path, Mount.At(mounts, path), silent).TryGet(out var place, out var error))
                places.Add(place);
            else if (error != Errno.NotFound)
                unwatched.Add(new UnwatchedPlace(path, Why(error, Mount.At(mounts, path))));
        }
        var isOther = !_places.SequenceEqual(places);
        _places = places;
        _unwatched = unwatched;
        return isOther;
    }

    private Result<WatchedPlace> Mark(FilePath path, Mount? mount, IReadOnlyList<Mount> silent)
    {
        if (mount is null || silent.Contains(mount))
            return Errno.TimedOut;
        // Names that another host makes on a shared file system raise no event here.
        if (!mount.IsLocalDisk)
            return Errno.CrossesDevice;
        if (!FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory, out var error))
            return error;
        using (directory)
        {
            if (!directory.FileSystemIdentifier().TryGet(out var fileSystem, out error))
                return error;
            error = _queue.Watch(path.Bytes);
            return error == Errno.None ? new WatchedPlace(path, fileSystem) : error;
        }
    }

    private static string Why(Errno error, Mount? mount) => (error, mount) switch
    {
        (Errno.TimedOut, _) => "its file system does not answer",
        // Since Linux 5.13 a queue is given to everyone, and the right is asked for here.
        (Errno.NotPermitted, _) => "no right to watch file systems (CAP_SYS_ADMIN)",
        (Errno.CrossesDevice, { IsLocalDisk: false }) => $"{FilePath.Escape(mount!.FileSystem)} reports no changes that other hosts make",
        (Errno.CrossesDevice, { }) => $"{FilePath.Escape(mount!.FileSystem)} reports no changes of a subvolume that is mounted by itself",
        (Errno.NotSupported, { }) => $"{FilePath.Escape(mount!.FileSystem)} reports no changes of names",
        _ => ArtefactReader.Words(error),
    };

    /// <param name="Target">File system and handle of what got the name.</param>
    private sealed record Maker(int Pid, ProcessFacts? Process, byte[] Target)
    {
        /// <summary>The name means what it meant; only the content changed.</summary>
        public static Maker Unchanged { get; } = new(0, null, []);
    }
}
