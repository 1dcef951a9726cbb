using System.Security.Claims;
using Ops.Web.Features.Approvals;
using Ops.Web.Features.Break;
using Ops.Web.Live;

namespace Ops.Web.Tests.Pages;

/// <summary>Finds every row as it was seen but those whose number is among <see cref="Drops"/>, and remembers what it was asked.</summary>
internal sealed class FakeBulks : IBulkDesk
{
    public static readonly Guid Id = Guid.Parse("00000000-0000-0000-0000-0000000000b7");

    public HashSet<int> Drops { get; } = [];

    public ApprovalNeed? Need { get; set; }

    public StartOutcome Start { get; set; } = new StartOutcome.Started(Id);

    public List<IReadOnlyList<BulkRow>> Previewed { get; } = [];

    public List<BulkRequest> Started { get; } = [];

    public LiveValue<BulkView>? Running { get; set; }

    public Task<BulkPreview> PreviewAsync(ClaimsPrincipal user, IReadOnlyList<BulkRow> rows, Action<int> looked, CancellationToken stop)
    {
        Previewed.Add(rows);
        return Task.FromResult(new BulkPreview([.. rows.Select(r => new BulkLook(r, Drops.Contains(r.Number) ? "It has changed since you saw it." : null))], Need, []));
    }

    public Task<StartOutcome> StartAsync(ClaimsPrincipal user, BulkRequest request)
    {
        Started.Add(request);
        return Task.FromResult(Start);
    }

    public List<BulkPreview> Cancelled { get; } = [];

    public Task CancelAsync(ClaimsPrincipal user, BulkPreview preview)
    {
        Cancelled.Add(preview);
        return Task.CompletedTask;
    }

    public StateSubscription<BulkView>? Follow(Guid id, CancellationToken stop) => Running?.Follow(stop);
}
