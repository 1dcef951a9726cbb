using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Removes an orphaned file by moving it to quarantine on its own file system.</summary>
internal sealed class RemoveAct(ActContext context) : FileAct(context, OperatorAction.Remove)
{
    protected override OperationResult Run(OperationRun run, CloseLook look, BreakDecision decision, string promised)
    {
        var removal = (BreakDecision.Remove)decision;
        var file = removal.File;
        var plan = new QuarantinePlan
        {
            Root = Context.Permit.RootOf(file.Path)!.Value,
            Expected = file,
            OperationId = run.Request.OperationId,
            Actor = run.Request.Actor,
            Reason = run.Request.Reason,
            HostName = Environment.MachineName,
            FamilyLock = removal.FamilyLock,
        };
        var outcome = new Quarantine(Context.Clock).Remove(plan, () => LookAgain(file.Path, promised) as BreakDecision.Refused, run);
        return outcome switch
        {
            ActOutcome.Quarantined done => run.Done($"{file.Path.Display} is in quarantine.{string.Concat(done.Warnings.Select(w => " " + w))}", done.QuarantinePath, done.File, null) with
            {
                Settle = new Settle([], FindingFactory.IdentityOf(done.File.File), ActContext.IdentityAt(file.Path), []),
            },
            ActOutcome.AlreadyGone => run.Gone("It was gone before it could be moved."),
            _ => run.Unsuccessful(outcome, () => Context.Settlement.Tidied(plan.Root, plan.OperationId)),
        };
    }

    protected override IReadOnlyList<string> Steps(CloseLook look) =>
    [
        $"Lock the directory {look.Artefact.File.Path.Parent.Display} against other agents and look at everything once more",
        "Move the file to quarantine on the same file system, never over another file",
        "Make sure that the file that was moved is the one that was judged; put any other straight back",
    ];
}
