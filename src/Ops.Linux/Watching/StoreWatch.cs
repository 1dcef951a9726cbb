using System.Diagnostics;
using System.Runtime.InteropServices;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// Knows at once which names of locks and leftovers change below the store roots, and who made them, by file system marks of fanotify. It looks at no file and judges
/// nothing. A thread of its own, raised above others, since a process can end a millisecond after it made a file.
/// </summary>
/// <remarks>
/// Memory is bounded: the kernel's queue by its own limit, names of one report by <see cref="NamesOfReport"/>, creators by <see cref="CreatorBook"/>. What does not fit is
/// reported as lost. While few events come each is read at once, so that its process is still there to be read; the more come, the longer they gather: what comes and goes in
/// between is one change. The thread rests four times as long as it worked, so that a flood of events takes a fifth of one processor at most.
/// </remarks>
public sealed partial class StoreWatch : IDisposable
{
    /// <summary>More names at once are not listed: a scan finds them as cheaply.</summary>
    public const int NamesOfReport = 10_000;

    private const int DirectoriesOfReport = 1_000;

    private const int BufferBytes = 256 * 1024;
    private const int RestFactor = 4;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RateWindow = TimeSpan.FromMilliseconds(100);
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
    private readonly Dictionary<FilePath, Change> _changed = [];
    private readonly HashSet<ChangedDirectory> _relisted = [];
    private readonly TimeProvider _clock;
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();
    private List<WatchedPlace> _places = [];
    private volatile IReadOnlyList<UnwatchedPlace> _unwatched = [];
    private List<FilePath> _missing = [];
    private long _missingAt;
    private List<(int Id, FilePath MountPoint)> _mountPoints = [];
    private string? _lost;
    private bool _isDropped;
    private bool _isDirectoryMoved;
    private long _events;
    private double _rate;
    private (long At, long Events) _window = (Stopwatch.GetTimestamp(), 0);

    private StoreWatch(
        Fanotify queue, MountTableWatch mounts, IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate, CreatorBook creators,
        Func<IReadOnlyList<Mount>, IReadOnlyList<Mount>> silent, TimeProvider clock, Action<StoreChanges> report)
    {
        (_queue, _mounts, _roots, _isCandidate, _creators, _silent, _clock, _report) = (queue, mounts, roots, isCandidate, creators, silent, clock, report);
        _directories = new DirectoryPaths(roots);
        // An event before this watch may have given any name to another process.
        creators.Clear();
        MarkPlaces();
        _thread = new Thread(Run) { IsBackground = true, Name = "store watch" };
        _thread.Start();
    }

    /// <summary>Places below the roots that raise no events here, as of the mount table now.</summary>
    public IReadOnlyList<UnwatchedPlace> Unwatched => _unwatched;

    /// <summary>Whether every place of this root raises events: then nothing there changes unseen.</summary>
    public bool Covers(FilePath root) => !_unwatched.Any(u => u.Path.IsAtOrBelow(root) || root.IsAtOrBelow(u.Path));

    /// <summary>Events that were read so far, of whatever name.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>How long events gather before they are read: a wake of the thread costs as much as ten events, and each that waits may cost the identity of its process.</summary>
    public static TimeSpan GatherAt(double eventsPerSecond) => TimeSpan.FromMilliseconds(eventsPerSecond switch { < 300 => 0, < 2_000 => 4, < 6_000 => 10, _ => 20 });

    /// <summary>Begins to watch. The failure says why this host gives no events: <see cref="Errno.NotPermitted"/> without <c>CAP_SYS_ADMIN</c>,
    /// <see cref="Errno.InvalidArgument"/> before Linux 5.17.</summary>
    /// <param name="silent">Of these mounts, those that give no answer now and must not be touched.</param>
    /// <param name="clock">Of when a creator was seen: events carry no time.</param>
    /// <param name="report">Called on the thread of the watch, which waits for it.</param>
    public static Result<StoreWatch> Start(
        IReadOnlyList<ScanRoot> roots, CandidateFilter isCandidate, CreatorBook creators, Func<IReadOnlyList<Mount>, IReadOnlyList<Mount>> silent, TimeProvider clock,
        Action<StoreChanges> report)
    {
        if (!Fanotify.Open().TryGet(out var queue, out var error))
            return error;
        if (MountTableWatch.Open().TryGet(out var mounts, out error))
            return new StoreWatch(queue, mounts, roots, isCandidate, creators, silent, clock, report);
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
            if ((wake & WatchWake.Mounts) != 0 || HasAppeared())
            {
                _directories.Forget();
                if (MarkPlaces())
                    _lost ??= "a file system was mounted or unmounted, or a root has appeared";
            }
            if ((wake & WatchWake.Events) != 0)
            {
                if (GatherAt(_rate) is { Ticks: > 0 } gather)
                    Thread.Sleep(gather); // dearer waits cost more than the events
                started = Stopwatch.GetTimestamp();
                if (_queue.Read(buffer).TryGet(out var filled))
                    Take(buffer.AsSpan(0, filled));
                CheckPlaces();
            }
            Measure();
            Report();
            if (Stopwatch.GetElapsedTime(started) is var worked && worked > ShortWork)
                _stop.Token.WaitHandle.WaitOne(worked * RestFactor);
        }
    }

    /// <summary>A mount point moves with the directory around it, and a root can go with the one above it: neither is a change of the mount table.</summary>
    private void CheckPlaces()
    {
        if (_directories.IsPlaceMissing || _isDirectoryMoved && _mountPoints.Exists(m => _roots.Any(r => m.MountPoint != r.Path && m.MountPoint.IsAtOrBelow(r.Path))))
        {
            _directories.Forget();
            if (MarkPlaces() || _directories.IsPlaceMissing)
                _lost ??= "a root or a mount point below one was moved or removed";
        }
        (_directories.IsPlaceMissing, _isDirectoryMoved) = (false, false);
    }

    /// <summary>Whether a root that was not there is there now: an event of the directory above it is not looked for.</summary>
    private bool HasAppeared()
    {
        if (_missing.Count == 0 || Stopwatch.GetElapsedTime(_missingAt) < Idle)
            return false;
        _missingAt = Stopwatch.GetTimestamp();
        return _missing.Exists(ArtefactReader.Exists);
    }

    private void Measure()
    {
        var now = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(_window.At, now) is var passed && passed < RateWindow)
            return;
        _rate = (_events - _window.Events) / passed.TotalSeconds;
        _window = (now, _events);
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
                    _changed[path] = default;
            }
            else if (!events.Directory.IsEmpty)
            {
                TakeName(events, filled);
            }
        }
        NoteCreators(filled);
        _directories.CloseAll();
    }

    private void TakeName(FanotifyEvents events, ReadOnlySpan<byte> filled)
    {
        const NameEvents given = NameEvents.Created | NameEvents.MovedTo, taken = NameEvents.Deleted | NameEvents.MovedFrom;
        const NameEvents moved = NameEvents.MovedFrom | NameEvents.MovedTo;
        var isMovedDirectory = (events.What & NameEvents.OnDirectory) != 0 && (events.What & moved) != 0;
        // Paths below it are others from now on, whether it is below a root or above one.
        if (isMovedDirectory)
        {
            _isDirectoryMoved = true;
            _directories.Forget();
        }
        if (_directories.Find(events.Directory, _places) is not { } directory)
        {
            if (isMovedDirectory && _directories.PathOf(events.Directory, _places)?.Join(events.Name) is { } place && _roots.Any(r => r.Path.IsAtOrBelow(place)))
                _lost ??= "a directory above a store was moved";
            return;
        }
        if (isMovedDirectory)
            Relist(new ChangedDirectory(directory.Path.Join(events.Name), IsDeep: (events.What & NameEvents.MovedTo) != 0, IsGone: (events.What & NameEvents.MovedFrom) != 0));
        if (IsSnapshot(events))
            Relist(new ChangedDirectory(directory.Path.Join(events.Name), IsDeep: true, IsGone: false));
        if (PlaceNames.Decide(events.Name) && (events.What & (given | taken)) != 0)
        {
            _directories.Forget();
            Relist(new ChangedDirectory(directory.Path, IsDeep: false, IsGone: false));
        }
        if (_directories.Candidate(directory, events.Name, _isCandidate) is not { } path)
            return;
        if (_changed.Count >= NamesOfReport && !_changed.ContainsKey(path))
        {
            _creators.Forget(path);
            (_lost, _isDropped) = (_lost ?? $"more than {NamesOfReport} names changed at once", true);
            return;
        }
        ref var change = ref CollectionsMarshal.GetValueRefOrAddDefault(_changed, path, out _);
        change.IsUnwritten = (events.What & NameEvents.Created) != 0 && (events.What & (NameEvents.ClosedAfterWriting | NameEvents.OnDirectory)) == 0;
        if ((events.What & taken) != 0)
        {
            // Given and taken in one event: which was last is not known. Nearly always it is the taking, and those who are called see whether something is there.
            change = new Change { What = ChangeKind.Removed };
        }
        else if ((events.What & given) != 0)
        {
            filled.Overlaps(events.Target, out var at);
            (change.What, change.Pid, change.TargetAt, change.TargetLength) = (ChangeKind.Given, events.Pid, at, events.Target.Length);
        }
    }

    /// <summary>Whether it may be there with names in it that no event gave.</summary>
    private bool IsSnapshot(FanotifyEvents events)
    {
        const NameEvents made = NameEvents.Created | NameEvents.OnDirectory;
        if ((events.What & made) != made || events.Target.IsEmpty)
            return false;
        var fileSystem = FanotifyEvents.FileSystemOf(events.Target);
        if (!_places.Exists(p => p.HasSubvolumes && p.FileSystem == fileSystem) || _directories.Open(events.Target, _places) is not { } directory)
            return false;
        using (directory)
            return directory.Stat().TryGet(out var status) && WatchedPlace.IsSubvolume(status.Identity);
    }

    private void Relist(ChangedDirectory directory)
    {
        // Nothing below the directories of a shared one is looked at.
        if (!_roots.Any(r => !r.TopLevelOnly && directory.Path.IsAtOrBelow(r.Path)))
            return;
        if (_relisted.Count < DirectoriesOfReport)
            _relisted.Add(directory);
        else
            _lost ??= "more directories changed their meaning than can be listed one by one";
    }

    /// <summary>Which file it was that got the name is asked by its handle: the name may mean another one already.</summary>
    private void NoteCreators(ReadOnlySpan<byte> filled)
    {
        // All processes first: each may end at any moment.
        foreach (var change in _changed.Values)
        {
            if (change is { What: ChangeKind.Given, Pid: not 0 } && change.Pid != Environment.ProcessId)
                _processes.Read(change.Pid);
        }
        foreach (var (path, change) in _changed)
        {
            if (change.What == ChangeKind.Content)
                continue;
            _creators.Forget(path);
            if (change is not { What: ChangeKind.Given, Pid: not 0, TargetLength: > 0 } || change.Pid == Environment.ProcessId
                || _directories.Open(filled.Slice(change.TargetAt, change.TargetLength), _places) is not { } file)
            {
                continue;
            }
            using (file)
            {
                if (file.Stat().TryGet(out var status))
                    _creators.Note(path, status.Identity, status.CreatedAt, status.Uid, CreatorOf(change.Pid, _processes.Read(change.Pid), status));
            }
        }
    }

    private Creator CreatorOf(int pid, ProcessFacts? process, FileStatus file)
    {
        // A process that started later got the number of one that has ended.
        var isMaker = process is not null && process.StartedAt <= file.ChangedAt.ToDateTimeOffset() + Creator.Grain;
        var parent = isMaker && process!.ParentPid > 1 ? _processes.Read(process.ParentPid) : null;
        return new Creator(pid, isMaker ? process : null, parent?.StartedAt <= process?.StartedAt ? parent : null, _clock.GetUtcNow());
    }

    private void Report()
    {
        if (_changed.Count == 0 && _relisted.Count == 0 && _lost is null)
            return;
        HashSet<FilePath> given = [], removed = [], unwritten = [];
        foreach (var (path, change) in _changed)
        {
            if (change.What == ChangeKind.Given)
                given.Add(path);
            else if (change.What == ChangeKind.Removed)
                removed.Add(path);
            if (change.IsUnwritten)
                unwritten.Add(path);
        }
        _report(new StoreChanges([.. _changed.Keys], _lost, _isDropped)
        {
            Given = given,
            Removed = removed,
            Unwritten = unwritten,
            Directories = [.. _relisted],
            EventsPerSecond = _rate,
        });
        _changed.Clear();
        _relisted.Clear();
        (_lost, _isDropped) = (null, false);
    }

    /// <summary>What has last become of a name.</summary>
    private enum ChangeKind
    {
        /// <summary>It means what it meant, or it is not known what.</summary>
        Content,
        Given,
        Removed,
    }

    private struct Change
    {
        public ChangeKind What;
        public int Pid;

        // File system and handle of what got the name: where they are in the events that were read.
        public int TargetAt, TargetLength;
        public bool IsUnwritten;
    }
}
