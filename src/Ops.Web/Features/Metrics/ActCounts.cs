using Ops.Data;

namespace Ops.Web.Features.Metrics;

/// <summary>Acts by outcome, from the database, which may be slow or dead: asked once at a time, and nothing waits longer than two seconds for it.</summary>
internal sealed class ActCounts(OperationLog operations, TimeProvider clock)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<IReadOnlyDictionary<string, long>>? _reading;
    private volatile IReadOnlyDictionary<string, long> _last = new Dictionary<string, long>();

    /// <summary>The counts now, or those of the last answer when the database does not give one.</summary>
    public async Task<(IReadOnlyDictionary<string, long> Counts, bool IsCurrent)> ReadAsync(CancellationToken stop)
    {
        Task<IReadOnlyDictionary<string, long>> reading;
        lock (_gate)
        {
            // On another thread: SQLite's calls do not return while its disk hangs.
            if (_reading is not { IsCompleted: false })
                _reading = Task.Run(() => operations.CountByOutcomeAsync(CancellationToken.None), CancellationToken.None);
            reading = _reading;
        }
        try
        {
            return (_last = await reading.WaitAsync(Within, clock, stop), true);
        }
        catch (Exception e) when (e is TimeoutException || DatabaseFailure.Is(e))
        {
            return (_last, false);
        }
    }
}
