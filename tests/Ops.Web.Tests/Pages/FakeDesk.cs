using System.Security.Claims;
using System.Threading.Channels;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.Acts.Sheets;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

/// <summary>Answers as the test says and remembers what it was asked.</summary>
internal sealed class FakeDesk : IActDesk
{
    public static readonly Guid OperationId = Guid.Parse("00000000-0000-0000-0000-0000000000a1");

    public PreviewOutcome Preview { get; set; } = new PreviewOutcome.Ready(new(null, "sha256:seen", ["Exchange both names."], ["lmtpd (pid 7)"], null));

    public StartOutcome Start { get; set; } = new StartOutcome.Started(OperationId);

    public List<ActRequest> Started { get; } = [];

    public List<(Guid Operation, string Reason)> Undone { get; } = [];

    public int Cancelled { get; private set; }

    public Channel<OperationView> Changes { get; } = Channel.CreateUnbounded<OperationView>();

    public static OperationView Operation(OperationState state, string sentence, string action = "break", string? quarantine = null) => new(
        OperationId, "host-1", "mail1", action, "/var/mail/a.lock", "anna", "dead owner", state, sentence,
        [new(OperationId, 1, "Take the breaker mutex", "done", null, DateTimeOffset.UnixEpoch)],
        quarantine is null ? null : Some.Result(new(OperationId, action, "a", "/var/mail/a.lock", null, null, "anna", [], "dead owner")) with { QuarantinePath = quarantine },
        DateTimeOffset.UnixEpoch);

    /// <summary>Like the rules that a new console begins with.</summary>
    public ValueTask<ActRights> RightsAsync(ClaimsPrincipal user, string hostId) => new(
        user.IsInRole("Admin") ? new ActRights(Act.All.Select(a => a.Word).ToHashSet())
        : user.IsInRole("Operator") ? new ActRights(new HashSet<string> { Act.Break, Act.Remove, Act.Undo, Act.Ask })
        : ActRights.None);

    public Task<PreviewOutcome> PreviewAsync(ClaimsPrincipal user, ActTarget target, CancellationToken stop) => Task.FromResult(Preview);

    public Task<StartOutcome> StartAsync(ClaimsPrincipal user, ActRequest request)
    {
        Started.Add(request);
        return Task.FromResult(Start);
    }

    public Task<StartOutcome> StartUndoAsync(ClaimsPrincipal user, Guid operationId, string reason)
    {
        Undone.Add((operationId, reason));
        return Task.FromResult(Start);
    }

    public Task CancelAsync(ClaimsPrincipal user, ActTarget target)
    {
        Cancelled++;
        return Task.CompletedTask;
    }

    public LiveValue<ApprovalList> Approvals { get; } = new(ApprovalList.Empty);

    public StateSubscription<ApprovalList> FollowApprovals(CancellationToken stop) => Approvals.Follow(stop);

    public List<Guid> Withdrawn { get; } = [];

    public Task<string?> WithdrawAsync(ClaimsPrincipal user, Guid approvalId)
    {
        Withdrawn.Add(approvalId);
        return Task.FromResult<string?>(null);
    }

    /// <summary>A request of anna's that waits, under the id of the desk's operation.</summary>
    public static ApprovalView Request(ApprovalState state = ApprovalState.Waiting, ActError? problem = null) => new(
        OperationId, "u-anna", "anna", "kill", "mail1", "/var/mail/a", "it hangs", [], 1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, state,
        state == ApprovalState.Approved ? ["bert"] : [], "bert", "not today", problem);

    public void Decide(ApprovalView view) => Approvals.Update(list => new(list.ById.SetItem(view.Id, view)));

    public StateSubscription<OperationView>? Follow(Guid operationId, CancellationToken stop) =>
        new(Operation(OperationState.Intent, "Waiting for the agent."), Changes.Reader.ReadAllAsync(stop));
}
