using System.Diagnostics;
using System.Globalization;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>
/// Knows soon which names of locks and leftovers change where whole file systems cannot be watched (<see cref="StoreWatch"/>): it watches single directories, of which it is known that
/// they hold such names. The kernel does not say who changed a name, so this is no evidence of an owner; and a directory that is not watched is left to scans.
/// </summary>
/// <remarks>A watch keeps 1.3 KB of kernel memory for each directory, which cannot be taken back under pressure, so they are bounded: by <see cref="MostDirectories"/>, and by half of what
/// this host allows a user (<c>fs.inotify.max_user_watches</c>), since other programs of the same user need some too. A name that was made before its directory was watched is found by the
/// next scan.</remarks>
public sealed class LockDirectoryWatch : IDisposable
{
    public const int MostDirectories = 50_000;

    private const NameEvents Given = NameEvents.Created | NameEvents.MovedTo, Taken = NameEvents.Deleted | NameEvents.MovedFrom;
    private const int BufferBytes = 64 * 1024, RestFactor = 4;
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5), ShortWork = TimeSpan.FromMilliseconds(1);

    private readonly Inotify _queue;
    private readonly WakeUp _wake;
    private readonly Func<IReadOnlyCollection<FilePath>> _wanted;
    private readonly CandidateFilter _isCandidate;
    private readonly Action<StoreChanges> _report;
    private readonly int _most;
    private readonly Dictionary<int, WatchedDirectory> _directories = [];
    private readonly Dictionary<FilePath, int> _numbers = [];
    private readonly Dictionary<FilePath, (NameEvents What, bool IsUnwritten)> _changed = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private volatile int _watched, _left;
    private string? _lost;

    private LockDirectoryWatch(Inotify queue, WakeUp wake, Func<IReadOnlyCollection<FilePath>> wanted, CandidateFilter isCandidate, int most, Action<StoreChanges> report)
    {
        (_queue, _wake, _wanted, _isCandidate, _most, _report) = (queue, wake, wanted, isCandidate, most, report);
        Renew();
        _thread = new Thread(Run) { IsBackground = true, Name = "lock directories" };
        _thread.Start();
    }

    /// <summary>Directories that are watched now.</summary>
    public int Watched => _watched;

    /// <summary>Directories that should be watched, and for which there is no room.</summary>
    public int Left => _left;

    /// <param name="wanted">The directories to watch, the most important first; asked every few seconds.</param>
    /// <param name="most">How many at most; null: as many as this host allows.</param>
    /// <param name="report">Called on the thread of the watch, which waits for it.</param>
    public static Result<LockDirectoryWatch> Start(Func<IReadOnlyCollection<FilePath>> wanted, CandidateFilter isCandidate, Action<StoreChanges> report, int? most = null)
    {
        if (!Inotify.Open().TryGet(out var queue, out var error))
            return error;
        if (WakeUp.Open().TryGet(out var wake, out error))
            return new LockDirectoryWatch(queue, wake, wanted, isCandidate, most ?? Allowed(), report);
        queue.Dispose();
        return error;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _wake.Set();
        _thread.Join();
        _queue.Dispose();
        _wake.Dispose();
        _stop.Dispose();
    }

    private static int Allowed() =>
        new ProcFiles(new ReaderOptions()).Read("sys/fs/inotify/max_user_watches"u8, out var text) == Errno.None
        && int.TryParse(text.Trim("\n "u8), NumberStyles.None, CultureInfo.InvariantCulture, out var allowed) ? Math.Min(MostDirectories, allowed / 2) : 0;

    private void Run()
    {
        var buffer = new byte[BufferBytes];
        var renewed = Stopwatch.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            var isAny = _queue.Wait(_wake, RenewEvery);
            var started = Stopwatch.GetTimestamp();
            while (isAny && _queue.Read(buffer).TryGet(out var filled) && filled > 0 && _changed.Count < StoreWatch.NamesOfReport)
                Take(buffer.AsSpan(0, filled));
            if (Stopwatch.GetElapsedTime(renewed) >= RenewEvery)
            {
                Renew();
                renewed = Stopwatch.GetTimestamp();
            }
            Report();
            if (Stopwatch.GetElapsedTime(started) is var worked && worked > ShortWork)
                _stop.Token.WaitHandle.WaitOne(worked * RestFactor);
        }
    }

    private void Take(ReadOnlySpan<byte> filled)
    {
        var events = new InotifyEvents(filled);
        while (events.MoveNext())
        {
            if ((events.What & NameEvents.Overflow) != 0)
            {
                _lost = "the kernel dropped events: more came than its queue holds";
            }
            else if (_directories.TryGetValue(events.Watch, out var directory))
            {
                if ((events.What & NameEvents.Ignored) != 0)
                {
                    Forget(events.Watch, directory);
                }
                else if ((events.What & NameEvents.MovedItself) != 0)
                {
                    _queue.Leave(events.Watch);
                    Forget(events.Watch, directory);
                    _lost ??= "a directory that holds locks was moved";
                }
                else if (!events.Name.IsEmpty && directory.Candidate(events.Name, _isCandidate) is { } name)
                {
                    Note(name, events.What);
                }
            }
        }
    }

    private void Note(FilePath name, NameEvents what)
    {
        var isUnwritten = (what & (NameEvents.Created | NameEvents.OnDirectory)) == NameEvents.Created;
        if ((what & (Given | Taken)) != 0)
            _changed[name] = (what, isUnwritten);
        else
            _changed[name] = (_changed.GetValueOrDefault(name).What, false);
    }

    private void Forget(int watch, WatchedDirectory directory)
    {
        _directories.Remove(watch);
        _numbers.Remove(directory.Path);
        _watched = _directories.Count;
    }

    private void Renew()
    {
        var wanted = _wanted();
        var there = wanted.Take(_most).ToHashSet();
        foreach (var (path, watch) in _numbers.Where(n => !there.Contains(n.Key)).ToList())
        {
            _queue.Leave(watch);
            Forget(watch, _directories[watch]);
        }
        var left = wanted.Count - there.Count;
        foreach (var path in there.Where(p => !_numbers.ContainsKey(p)))
        {
            if (_queue.Watch(path).TryGet(out var watch, out var error))
            {
                // By another path it is watched already: its names are reported under that one.
                if (_directories.TryAdd(watch, new WatchedDirectory(path, ArtefactReader.PlaceOf(path))))
                    _numbers.Add(path, watch);
            }
            else if (error == Errno.NoSpace)
            {
                left++;
            }
        }
        (_watched, _left) = (_directories.Count, left);
    }

    private void Report()
    {
        if (_changed.Count == 0 && _lost is null)
            return;
        _report(new StoreChanges([.. _changed.Keys], _lost, IsDropped: _lost is not null)
        {
            Given = Where(c => (c.What & Given) != 0),
            Removed = Where(c => (c.What & Taken) != 0),
            Unwritten = Where(c => c.IsUnwritten),
        });
        _changed.Clear();
        _lost = null;

        HashSet<FilePath> Where(Func<(NameEvents What, bool IsUnwritten), bool> isOne) => [.. _changed.Where(c => isOne(c.Value)).Select(c => c.Key)];
    }
}
