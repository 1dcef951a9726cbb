using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts;

/// <summary>Whether a person may ask for an act on a host now: rights, rules, connection, verdict, policy. The agent verifies everything itself on fresh facts; this spares it
/// questions and gives the reason at once.</summary>
public sealed class ActCheck(Actors actors, LiveState live, AgentDirectory agents, ActRules rules, QuarantineReader quarantine)
{
    internal async Task<CheckedAct> OfAsync(ClaimsPrincipal user, ActTarget target) => await OfAsync(await actors.FindAsync(user), target);

    /// <summary>In the name of a person who asked before, who must still be allowed to.</summary>
    internal async Task<CheckedAct> OfAsync(string userId, ActTarget target) => await OfAsync(await actors.FindByIdAsync(userId), target);

    private async Task<CheckedAct> OfAsync(Actor? actor, ActTarget target)
    {
        var group = (await rules.NowAsync()).Of(target.HostId);
        var host = live.Current.Host(target.HostId);
        var finding = host?.Find(target.FindingKey)?.Finding;
        var session = agents.Find(target.HostId);
        var hostName = host?.Status.HostName ?? "this host";
        var error = WhyNot(target, actor, group, session, host?.Status, finding, hostName);
        QuarantineItem? kept = null;
        if (error is null && target.Quarantined is { } operation)
            (kept, error) = await KeptAsync(target, hostName, operation);
        return new(actor, session, finding, kept, hostName, group, ApprovalNeed.For(group, host?.Status.Policy, target.Action, isWeaker: CheckedAct.IsWeaker(finding, target)), error);
    }

    private static ActError? WhyNot(ActTarget target, Actor? actor, GroupRules group, IAgentLink? session, HostStatus? host, Finding? finding, string hostName)
    {
        if (Act.Find(target.Action) is not { } act)
            return new ActError.ActionNotOffered(target.Action, "there is no such act.");
        if (actor is { LacksSecondFactor: true })
            return new ActError.SecondFactorMissing();
        if (actor is null || !group.May(actor.Id, actor.Roles, act.Word))
            return new ActError.NotAllowed(act.Word);
        if (actor.NeedsFreshCode && act.AsksForFreshCode)
            return new ActError.FreshCodeNeeded();
        if (session is null or { IsLost: true })
            return new ActError.HostNotConnected(hostName);
        if ((act.IsOnQuarantine ? OfQuarantine(target) : OfFinding(act, target, finding)) is { } no)
            return no;
        return host is not null && ActGate.OfHost(target.Action, host) is { } never ? new ActError.HostSaysNo(never) : null;
    }

    private static ActError.ActionNotOffered? OfQuarantine(ActTarget target) =>
        target.Quarantined is null ? new(target.Action, "it applies only to quarantined files.") : null;

    private static ActError? OfFinding(Act act, ActTarget target, Finding? finding)
    {
        if (finding is null)
            return new ActError.FindingGone();
        if (!finding.Actions.Contains(target.Action))
            return new ActError.ActionNotOffered(target.Action, $"the verdict is '{finding.Verdict}'. {finding.Summary}");
        if (act.Word == Act.Rescue && target.Descriptor != (finding.Lock?.Descriptor ?? finding.Descriptor))
            return new ActError.ProcessChanged();
        return act.IsOnProcess && !IsSame(finding.Process, target.Process) ? new ActError.ProcessChanged() : null;
    }

    /// <summary>The same for taking back what an operation did.</summary>
    /// <param name="done">The operation; null when there is none of that number.</param>
    internal async Task<CheckedAct> OfUndoAsync(ClaimsPrincipal user, Operation? done, ActTarget target, string reason)
    {
        var actor = await actors.FindAsync(user);
        var group = (await rules.NowAsync()).Of(target.HostId);
        var session = done is null ? null : agents.Find(done.HostId);
        var host = live.Current.Host(target.HostId)?.Status;
        return new(actor, session, null, null, done?.Host ?? "", group, ApprovalNeed.For(group, host?.Policy, Act.Undo), WhyNoUndo(actor, group, done, reason, session, host));
    }

    private static ActError? WhyNoUndo(Actor? actor, GroupRules group, Operation? done, string reason, IAgentLink? session, HostStatus? host)
    {
        if (actor is { LacksSecondFactor: true })
            return new ActError.SecondFactorMissing();
        if (actor is null || !group.May(actor.Id, actor.Roles, Act.Undo))
            return new ActError.NotAllowed(Act.Undo);
        if (done is null)
            return new ActError.FindingGone();
        if (done.State != OperationState.Done || done.Action is not (Act.Break or Act.Remove))
            return new ActError.ActionNotOffered(Act.Undo, "only a completed break or removal can be undone.");
        if (!ActInput.IsUsableReason(reason))
            return new ActError.ReasonUnusable();
        if (session is null or { IsLost: true })
            return new ActError.HostNotConnected(done.Host);
        return host is not null && ActGate.OfHost(Act.Undo, host) is { } no ? new ActError.HostSaysNo(no) : null;
    }

    /// <summary>What quarantine holds for an operation. Asked again each time: what a page showed may have been put back or purged since.</summary>
    internal async Task<(QuarantineItem? Kept, ActError? Error)> KeptAsync(ActTarget target, string hostName, Guid operation, CancellationToken stop = default)
    {
        var read = await quarantine.ReadAsync(target.HostId, stop);
        if (read.NotTold is { } why)
            return (null, new ActError.HostSaysNo(why));
        if (read.Items.FirstOrDefault(i => i.OperationId == operation) is not { } kept)
        {
            // Only a quarantine that was read in whole proves that something is not there.
            return (null, read.Problems is [var problem, ..]
                ? new ActError.HostSaysNo($"It was not found, but the quarantine of {HostText.Escape(hostName)} could not be read completely: {HostText.Clean(problem.Detail)}")
                : new ActError.NotInQuarantine(HostText.Escape(hostName)));
        }
        return (kept, target.Action == Act.Undo && kept.NoUndo is { } no ? new ActError.RefusedByAgent(no) : null);
    }

    private static bool IsSame(FindingProcess? seenNow, ProcessRef? meant) =>
        meant is not null && seenNow is not null && (seenNow.Pid, seenNow.StartTicks, seenNow.BootId) == (meant.Pid, meant.StartTicks, meant.BootId);
}
