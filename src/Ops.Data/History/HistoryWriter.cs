using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>One thing to be stored.</summary>
public abstract record HistoryWrite
{
    private HistoryWrite() { }

    /// <summary>Puts an episode as it is now in the place of what was stored of it.</summary>
    public sealed record PutEpisode(EpisodeRow Row) : HistoryWrite;

    /// <summary>Adds to the sums of its hour and its day; <see cref="EpisodeTally.Grain"/> does not count, and its time is any moment of that hour.</summary>
    public sealed record AddTally(EpisodeTally Row) : HistoryWrite;

    /// <summary>Adds to a minute.</summary>
    public sealed record AddMinute(HistoryMinute Row) : HistoryWrite;

    public sealed record PutIncident(IncidentRow Row) : HistoryWrite;

    public sealed record AddEntry(IncidentEntryRow Row) : HistoryWrite;
}

/// <summary>How the writer is.</summary>
/// <param name="Written">Since the start of the console.</param>
/// <param name="Dropped">Not stored, because the queue was full: history is incomplete since then.</param>
/// <param name="Failing">Why nothing can be stored now; null while it works.</param>
public sealed record HistoryHealth(long Written, long Dropped, int Queued, DateTimeOffset? DroppedAt, string? Failing, DateTimeOffset? FailingSince);

/// <summary>The only writer of history: takes what happened without ever waiting, and stores it in batches. Singleton.</summary>
/// <remarks>While the database fails the queue fills, and what does not fit is dropped and counted. Nothing that adds to history waits for the database.</remarks>
public sealed class HistoryWriter(IDbContextFactory<OpsDb> contexts, TimeProvider clock)
{
    /// <summary>What the queue holds at most.</summary>
    public const int Capacity = 20_000;

    private const int MostInBatch = 2_000;

    private const int FailuresBeforeSingly = 3, MostRefused = 10;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30), HangsAfter = TimeSpan.FromSeconds(10);

    private readonly Channel<HistoryWrite> _queue = Channel.CreateBounded<HistoryWrite>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Lock _gate = new();
    private long _written, _dropped;
    private DateTimeOffset? _droppedAt, _failingSince, _writingSince;
    private string? _failing;
    private List<HistoryWrite> _batch = []; // of RunAsync alone: taken from the queue, and not stored yet

    public HistoryHealth Health
    {
        get
        {
            lock (_gate)
            {
                // A dead disk or network gives no error: the call does not return.
                var hangs = _failing is null && _writingSince is { } since && clock.GetUtcNow() - since >= HangsAfter;
                return new(_written, _dropped, _queue.Reader.Count, _droppedAt, hangs ? "The database does not answer." : _failing, hangs ? _writingSince : _failingSince);
            }
        }
    }

    /// <summary>Queues it. False, and counted, when the queue is full.</summary>
    public bool Add(HistoryWrite write)
    {
        if (_queue.Writer.TryWrite(write))
            return true;
        lock (_gate)
        {
            _dropped++;
            _droppedAt = clock.GetUtcNow();
        }
        return false;
    }

    /// <summary>Stores what is queued until <paramref name="stop"/>, and the rest then. A failing database is tried again after a pause. Called once.</summary>
    /// <param name="failed">Called once for each time that storing begins to fail.</param>
    public async Task RunAsync(TimeSpan every, Action<string> failed, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _queue.Reader.WaitToReadAsync(stop);
                await WriteAsync(failed, stop);
                await Task.Delay(every, clock, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // What is left is stored as long as the database takes it: the end of the console does not wait for one that fails.
            do
            {
                if (!await TryWriteAsync(_batch, failed, CancellationToken.None))
                    return;
                _batch = Take();
            }
            while (_batch.Count > 0);
        }
    }

    /// <summary>Stores all that is queued; for tests and measurements. False when the database refused.</summary>
    public async Task<bool> FlushAsync(CancellationToken stop = default)
    {
        while (_queue.Reader.Count > 0)
        {
            if (!await TryWriteAsync(Take(), static _ => { }, stop))
                return false;
        }
        return true;
    }

    private async Task WriteAsync(Action<string> failed, CancellationToken stop)
    {
        var pause = TimeSpan.FromSeconds(1);
        var failures = 0;
        _batch = Take();
        while (_batch.Count > 0)
        {
            if (await TryWriteAsync(_batch, failed, stop) || (++failures >= FailuresBeforeSingly && await SinglyAsync(_batch, stop)))
            {
                (_batch, failures, pause) = (Take(), 0, TimeSpan.FromSeconds(1));
                continue;
            }
            await Task.Delay(pause, clock, stop);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // One row that no database takes must not keep all others out. False when none could be stored: then it is the database.
    private async Task<bool> SinglyAsync(List<HistoryWrite> batch, CancellationToken stop)
    {
        int stored = 0, refused = 0;
        while (refused < batch.Count)
        {
            if (await TryWriteAsync([batch[refused]], static _ => { }, stop))
            {
                batch.RemoveAt(refused);
                stored++;
            }
            else if (++refused >= MostRefused && stored == 0)
            {
                return false;
            }
        }
        if (stored == 0)
            return false;
        lock (_gate)
        {
            if (refused > 0)
                (_dropped, _droppedAt) = (_dropped + refused, clock.GetUtcNow());
            (_failing, _failingSince) = (null, null);
        }
        return true;
    }

    private List<HistoryWrite> Take()
    {
        List<HistoryWrite> batch = [];
        while (batch.Count < MostInBatch && _queue.Reader.TryRead(out var write))
            batch.Add(write);
        return batch;
    }

    private static async Task StoreAsync(OpsDb db, List<HistoryWrite> batch, CancellationToken stop)
    {
        try
        {
            await HistoryBatch.WriteAsync(db, batch, stop);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            // The next try opens the files again: these may be of a file system that is gone.
            DatabaseFailure.ForgetConnections(db);
            throw;
        }
    }

    private async Task<bool> TryWriteAsync(List<HistoryWrite> batch, Action<string> failed, CancellationToken stop)
    {
        if (batch.Count == 0)
            return true;
        lock (_gate)
            _writingSince = clock.GetUtcNow();
        try
        {
            await using var db = await contexts.CreateDbContextAsync(stop);
            await StoreAsync(db, batch, stop);
            lock (_gate)
            {
                _written += batch.Count;
                (_failing, _failingSince) = (null, null);
            }
            return true;
        }
        catch (Exception e) when (DatabaseFailure.Is(e) || e is TimeoutException or IOException)
        {
            bool isNew;
            lock (_gate)
            {
                isNew = _failing is null;
                _failing = DatabaseFailure.Cause(e);
                _failingSince ??= clock.GetUtcNow();
            }
            if (isNew)
                failed(DatabaseFailure.Cause(e));
            return false;
        }
        finally
        {
            lock (_gate)
                _writingSince = null;
        }
    }
}
