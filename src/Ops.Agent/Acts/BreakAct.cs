using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Breaks a stale lock: takes it over by exchanging names, moves it to quarantine and releases it. The protocol is in <see cref="Takeover"/>.</summary>
internal sealed class BreakAct(ActContext context) : FileAct(context, OperatorAction.Break)
{
    private static readonly string[] WeakerSteps =
    [
        "If the file system cannot exchange names in step 5: the weaker protocol, in place of steps 5 to 8. All checks are made again",
        "Rename the lock away, into quarantine. From here on its name is absent, and any process may take the lock",
        "Make sure that it was the stale file; link any other back. If another process took the lock in that moment, two programs may hold it; this is reported but cannot be prevented",
    ];

    protected override OperationResult Run(OperationRun run, CloseLook look, BreakDecision decision, string promised)
    {
        var takeover = (BreakDecision.TakeOver)decision;
        var mayBeWeaker = look.Finding.Weaker == true;
        if (mayBeWeaker && Context.Permit.Approvers(run.Request, Context.Settings.Policy.ApproversOfWeaker) is { } unapproved)
            return run.Refuse(unapproved with { Sentence = "Its file system may not be able to exchange names, so it may have to be broken by the weaker protocol. " + unapproved.Sentence });
        var plan = Plan(run, look, takeover, mayBeWeaker);
        var outcome = new Takeover(Context.Clock).Run(
            plan, () => Verify(takeover, promised), () => Context.Survey.ForeignActivityOn(takeover.Mailbox), run);
        return outcome switch
        {
            ActOutcome.TakenOver done => Done(run, takeover.Lock.Path, done),
            ActOutcome.Refused { WasPutBack: true } refused => run.Refuse(new(refused.Reason, refused.Sentence + " The lock was put back.")),
            ActOutcome.Refused { Reason: Refusal.NoExchange } refused => run.Refuse(new(refused.Reason, refused.Sentence
                + (mayBeWeaker ? "" : " The policy of this host could allow the weaker protocol for its store (weakerProtocol)."))),
            ActOutcome.AlreadyGone => run.Gone("It was released before it could be taken over."),
            _ => run.Unsuccessful(outcome, () => Context.Settlement.Tidied(plan.Root, plan.OperationId)),
        };
    }

    protected override IReadOnlyList<string> Steps(CloseLook look)
    {
        var mailbox = look.Artefact.Subject;
        return
        [
            $"Lock the directory {look.Artefact.File.Path.Parent.Display} against other agents",
            "Look at everything once more: the same file, the same answers",
            mailbox is null ? "No mailbox to lock: there is none of this name" : $"Lock {mailbox.Path.Display} itself (fcntl and flock), without waiting",
            "Make a lock file of our own next to it, naming this living agent",
            "Exchange both names in one step, so that the lock's name is never absent",
            "Make sure that what came back is the stale file; exchange back if it is not",
            "Record the stale file, look at the mailbox again, and move the file to quarantine",
            "Release our own lock by its name",
            $"Watch the name for {Context.Settings.Policy.SettlePeriod.TotalSeconds:0.#} s: who takes it next",
            .. look.Finding.Weaker == true ? WeakerSteps : [],
        ];
    }

    private TakeoverPlan Plan(OperationRun run, CloseLook look, BreakDecision.TakeOver takeover, bool mayBeWeaker) => new()
    {
        Root = Context.Permit.RootOf(takeover.Lock.Path)!.Value,
        Expected = takeover.Lock,
        Twins = [.. look.Artefact.Twins.Select(t => t.Path)],
        Ours = takeover.Ours(Environment.ProcessId, look.Host.HostName),
        Mailbox = takeover.Mailbox,
        MailboxRoot = takeover.Mailbox is { } mailbox ? Context.Permit.RootOf(mailbox.Path) : null,
        MailboxIsMbox = takeover.Mailbox is { Kind: FileKind.Regular, Size: > 0 } && MailboxLooks.LooksLikeMbox(takeover.Mailbox.Path),
        OperationId = run.Request.OperationId,
        Actor = run.Request.Actor,
        Reason = run.Request.Reason,
        HostName = look.Host.HostName,
        SettlePeriod = Context.Settings.Policy.SettlePeriod,
        MayBeRenamedAway = mayBeWeaker,
        Released = run.LeaveTurn,
    };

    // The mailbox that is held must be the one that the name leads to now.
    private BreakDecision.Refused? Verify(BreakDecision.TakeOver planned, string promised)
    {
        var again = LookAgain(planned.Lock.Path, promised);
        return again is BreakDecision.TakeOver { Mailbox: var now } && (now?.Identity != planned.Mailbox?.Identity || now?.Path != planned.Mailbox?.Path)
            ? new BreakDecision.Refused(Refusal.Changed, "The name of the mailbox now leads to another file.")
            : again as BreakDecision.Refused;
    }

    private static OperationResult Done(OperationRun run, FilePath path, ActOutcome.TakenOver done)
    {
        var how = done.WasRenamedAway ? "By the weaker protocol: the stale lock was renamed away; " : "The stale lock was taken over and released; ";
        var summary = how + $"{path.Display} is free." + string.Concat(done.Warnings.Select(w => " " + w));
        return run.Done(summary, done.QuarantinePath, done.Removed, Settled(done.SettledWith)) with
        {
            Settle = new Settle([.. done.SettledWith.Select(SightingOf)], FindingFactory.IdentityOf(done.Removed.File), ActContext.IdentityAt(path), done.Warnings),
        };
    }

    private static string Settled(IReadOnlyList<LockSighting> seen) => seen.Count == 0
        ? "No process took the lock while the name was watched."
        : string.Join(' ', seen.Select(s => string.Create(CultureInfo.InvariantCulture,
            $"After {s.After.TotalSeconds:0.0} s uid {s.File.Uid} took the lock (inode {s.File.Identity.Inode}), seen for {s.SeenFor.TotalSeconds:0.0} s{(s.StillThere ? ", still there" : "")}.")));

    // The name of a lock does not say who made it; its text may, and is in the next look at it.
    private static SettleSighting SightingOf(LockSighting seen) => new(
        Math.Round(seen.After.TotalSeconds, 3), Users.NameOf(seen.File.Uid), Math.Round(seen.SeenFor.TotalSeconds, 3), seen.StillThere);
}
