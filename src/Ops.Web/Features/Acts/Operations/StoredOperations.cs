using System.Runtime.CompilerServices;
using Ops.Cluster;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts.Operations;

/// <summary>Operations that another console of the fleet carries out, as they stand in the database: without their steps, and a second late.</summary>
public sealed class StoredOperations(OperationLog operations, IConsoles consoles, TimeProvider clock)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // An approved act is written down within moments of its last approval.
    private static readonly TimeSpan BegunWithin = TimeSpan.FromSeconds(20);

    /// <summary>The state now and every later one; null when there is no such operation, and in a console that is alone. Ends after a state that is final.</summary>
    public async Task<StateSubscription<OperationView>?> FollowAsync(Guid id, CancellationToken stop)
    {
        if (!consoles.IsCluster)
            return null;
        using var timer = new PeriodicTimer(LookEvery, clock);
        for (var waited = TimeSpan.Zero; waited < BegunWithin; waited += LookEvery)
        {
            if (await ReadAsync(id, stop) is { } found)
                return new(found, ChangesAfter(found, stop));
            await timer.WaitForNextTickAsync(stop);
        }
        return null;
    }

    private async IAsyncEnumerable<OperationView> ChangesAfter(OperationView seen, CancellationToken subscription, [EnumeratorCancellation] CancellationToken enumeration = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(subscription, enumeration);
        using var timer = new PeriodicTimer(LookEvery, clock);
        while (!seen.IsOver || seen.State == OperationState.Unknown)
        {
            await timer.WaitForNextTickAsync(either.Token);
            if (await ReadAsync(seen.Id, either.Token) is not { } now || now.State == seen.State)
                continue;
            yield return seen = now;
        }
    }

    // A database that does not answer for a moment changes nothing of what is shown.
    private async Task<OperationView?> ReadAsync(Guid id, CancellationToken stop)
    {
        try
        {
            return await operations.GetAsync(id, stop) is { } row ? OperationRuns.View(row) : null;
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return null;
        }
    }
}
