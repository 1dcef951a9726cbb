using System.Diagnostics;
using System.Globalization;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What the engine knows between two scans of the stores: names that change, owners that end.</summary>
public sealed partial class AgentEngine
{
    private const string EventsArea = "events";

    private const int LimitOfSuspects = 1_000;

    private readonly NameLoop _names;
    private readonly Lock _suspectsGate = new();
    private readonly Dictionary<FilePath, (DateTimeOffset At, long ScanStarted, long TouchedSince)> _suspects = [];
    private NameWatch? _nameWatch;
    private long _watchingSince = long.MaxValue;
    private bool _wasScannedSince;
    private int _missedEvents;
    private Verifier? _verifier;
    private readonly ScanBell _storesBell;
    private readonly ScanBell _locksBell;
    private readonly ScanBell _storesStir;
    private readonly ScanBell _locksStir;
    private readonly LockWatch _lockWatch;
    private long _lastStoresScan = long.MinValue;
    private ProcessEnds? _ends;

    public void Dispose()
    {
        _audits?.Dispose();
        _verifier?.Dispose();
        _nameWatch?.Dispose();
        _nameWatch = null;
    }

    private async Task FollowAsync(Session session, CancellationToken stop)
    {
        using var ends = new ProcessEnds(process => _names.Look(_book.Owners.FilesOf(process)));
        try
        {
            await session.Post(_ =>
            {
                (_ends = ends).Follow(_book.Owners.TakeAll());
                return Task.CompletedTask;
            });
            await _names.RunAsync(_watch.LookAtNames, look => session.Post(Taken(look)), e => _log.NamesNotSeen(e), stop, _watch.LookAtOnce, _watch.Existing, _watch.NamesIn, lag => _cost.NoteLag(lag));
        }
        finally
        {
            _ends = null;
        }
    }

    /// <summary>It goes on between two sessions: who made a lock is seen once.</summary>
    private void StartNameWatch()
    {
        if (_nameWatch is not null)
            return;
        _nameWatch = _watch.WatchStores(_names.Take);
        if (!_nameWatch.IsOn)
            return;
        _watchingSince = Stopwatch.GetTimestamp();
        _verifier = new Verifier(_clock, _watch.CheckOfBook, _names.Look, Missed, () => _cost.Slowdown);
    }

    /// <summary>While something is offered, its evidence is kept fresh; and owners that are not followed are seen to end by looks only.</summary>
    private bool MayRest(AreaScan scan) => scan is { IsWhole: false, IsPartlyWalked: false } && _ends is not { Unfollowed: > 0 } && !scan.Findings.Any(f => f.Actions.Any(a => a is "break" or "remove"));

    private bool CoversAll => _nameWatch is { IsOn: true } watch && watch.BlindSpots.Count == 0;

    private void RingStores()
    {
        _storesBell.Ring();
        _storesStir.Ring();
    }

    private void RingLocks()
    {
        _locksBell.Ring();
        _locksStir.Ring();
    }

    private void Missed(FilePath name)
    {
        Interlocked.Increment(ref _missedEvents);
        _log.EventMissed(name);
        _storesStir.Ring();
    }

    private AreaScan LookAtLocks(CancellationToken stop)
    {
        _locksBell.Hush();
        _locksStir.Hush();
        return _watch.LookAtLocks(stop);
    }

    private AreaScan LookAtStores(CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        _storesBell.Hush();
        _storesStir.Hush();
        foreach (var lost in _names.TakeLost())
            _log.EventsLost(lost);
        var scan = _watch.LookAtStores(stop) with { StartedAt = started };
        // What a walk through a million names leaves behind would stay for hours where nothing happens.
        if (scan.IsWhole && CoversAll && _cost.IsOwnProcess)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return scan;
    }

    private Func<Session, Task> Taken(NamesLook look) => async session =>
    {
        if (_book.ApplyNames(look, _clock.GetUtcNow()) is not { } delta)
            return;
        FollowOwners();
        _storesStir.Ring();
        if (session.HasSnapshot)
            await session.Sink.Delta(delta);
    };

    /// <summary>A scan takes its time: what was seen of a name since it began is newer.</summary>
    private Delta? Compared(AreaScan scan)
    {
        bool IsOld(Finding finding) => scan.StartedAt is { } started && _names.IsTouchedSince(FindingWords.PathOf(finding), started);
        var before = _book.Find;
        var findings = scan.Findings.Where(f => !IsOld(f)).ToList();
        // What the first scan finds was there before.
        if (scan.StartedAt > _watchingSince && _wasScannedSince && !_names.HasLostSince(_lastStoresScan))
        {
            Suspect(findings.Where(f => f.Relation is null && before(f.Key) is null).Select(FindingWords.PathOf), scan.StartedAt!.Value, _watchingSince);
            Suspect(scan.Vanished, scan.StartedAt!.Value, _lastStoresScan);
        }
        _names.NoteReported(findings.Where(f => f.Relation is null).Select(FindingWords.PathOf));
        _names.LookLater(scan.Rechecks);
        _wasScannedSince |= scan.StartedAt > _watchingSince;
        _lastStoresScan = scan.StartedAt ?? long.MinValue;
        var delta = _book.Apply(ScanArea.Stores, findings, _clock.GetUtcNow(), f => scan.Missed(f) || IsOld(f), scan.Gone);
        if (delta is not null)
            FollowOwners();
        return delta;
    }

    /// <summary>Names that only a scan found, or found gone. An event that is on its way clears them.</summary>
    /// <param name="touchedSince">An event of the name since then is what the scan saw.</param>
    private void Suspect(IEnumerable<FilePath> names, long scanStarted, long touchedSince)
    {
        var unwatched = (_nameWatch?.BlindSpots.Count ?? 0) > 0;
        lock (_suspectsGate)
        {
            foreach (var path in names.Where(p => !unwatched && !_names.IsTouchedSince(p, touchedSince)))
            {
                if (_suspects.Count < LimitOfSuspects)
                    _suspects.TryAdd(path, (_clock.GetUtcNow(), scanStarted, touchedSince));
            }
        }
    }

    private void CountMissed()
    {
        lock (_suspectsGate)
        {
            foreach (var (path, (at, scanStarted, touchedSince)) in _suspects.ToList())
            {
                // Where events were lost in between, this name's may be among them, which is said already.
                if (_names.IsTouchedSince(path, touchedSince) || _names.HasLostSince(scanStarted))
                {
                    _suspects.Remove(path);
                }
                else if (_clock.GetUtcNow() - at > Verifier.EventsAreLateAfter)
                {
                    _suspects.Remove(path);
                    Interlocked.Increment(ref _missedEvents);
                    _log.EventMissed(path);
                }
            }
        }
    }

    private IEnumerable<BlindSpot> EventBlindSpots()
    {
        foreach (var spot in _nameWatch?.BlindSpots ?? [])
            yield return spot;
        if (_names.Dropped is var dropped && dropped > 0)
            yield return new(EventsArea, $"more names changed at once than could be followed ({Number(dropped)} times since the start): a scan that began at once found the rest, without the process that made them");
        if (Volatile.Read(ref _missedEvents) is var missed && missed > 0)
            yield return new(EventsArea, $"names that a scan found and no event had reported: {Number(missed)} since the start. Events cannot be relied on here");
        if (_unnoticedLocks > 0)
            yield return new("kernel-locks", $"holders or paths of kernel locks that only a whole reading found: {Number(_unnoticedLocks)} since the start. Between two whole readings a descriptor that was passed to another process is not seen; what is done is proven by a reading of its own");
    }

    private void FollowOwners()
    {
        if (_ends is not { } ends)
            return;
        var (fresh, gone) = _book.Owners.TakeChanges();
        if (fresh.Count > 0)
            ends.Follow(fresh);
        if (gone.Count > 0)
            ends.Leave(gone);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
