using System.Security.Claims;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Batch;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Live;

namespace Ops.Web.Tests.Pages;

/// <summary>Finds every row as it was seen but those whose number is among <see cref="Drops"/>, and remembers what it was asked.</summary>
internal sealed class FakeBatches : IBatchDesk
{
    public static readonly Guid Id = Guid.Parse("00000000-0000-0000-0000-0000000000b7");

    public HashSet<int> Drops { get; } = [];

    public ApprovalNeed? Need { get; set; }

    public StartOutcome Start { get; set; } = new StartOutcome.Started(Id);

    public List<IReadOnlyList<BatchRow>> Previewed { get; } = [];

    public List<BatchRequest> Started { get; } = [];

    public LiveValue<BatchView>? Running { get; set; }

    public Task<BatchPreview> PreviewAsync(ClaimsPrincipal user, IReadOnlyList<BatchRow> rows, Action<int> looked, CancellationToken stop)
    {
        Previewed.Add(rows);
        return Task.FromResult(new BatchPreview([.. rows.Select(r => new BatchLook(r, Drops.Contains(r.Number) ? "It has changed since you saw it." : null))], Need, []));
    }

    public Task<StartOutcome> StartAsync(ClaimsPrincipal user, BatchRequest request)
    {
        Started.Add(request);
        return Task.FromResult(Start);
    }

    public List<BatchPreview> Cancelled { get; } = [];

    public Task CancelAsync(ClaimsPrincipal user, BatchPreview preview)
    {
        Cancelled.Add(preview);
        return Task.CompletedTask;
    }

    public StateSubscription<BatchView>? Follow(Guid id, CancellationToken stop) => Running?.Follow(stop);
}
