using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>The ladder: asks or ends a process that holds a lock or waits for one.</summary>
/// <param name="action">Ask, Terminate or Kill.</param>
internal sealed class EndAct(ActContext context, OperatorAction action) : IAct
{
    public PreviewAnswer Preview(PreviewRequest request, FilePath path)
    {
        if (context.Permit.At(action, path) is { } forbidden)
            return forbidden.AsPreview();
        if (request.Process is not { } asked)
            return NoProcess.AsPreview();
        var look = context.Survey.LookAtLiving(request.FindingKey, path, asked.Pid);
        var now = context.Survey.Processes.ReadProcess(asked.Pid);
        if (Judge(asked.Identity(), now, look, null) is { } refused)
            return refused.AsPreview(look?.Finding, look?.Fingerprint);
        var victims = new List<string>();
        if (action == OperatorAction.Ask)
        {
            if (SessionOf(asked.Pid, out var session) is { } unasked)
                return unasked.AsPreview(look!.Finding, look.Fingerprint);
            victims.Add($"All sessions of {FilePath.Escape(session!.User)}{(session.Address is { } address ? $" from {address}" : "")} are disconnected, not only pid {asked.Pid}");
        }
        victims.AddRange(AffectedBy(look!));
        return new PreviewAnswer(look!.Finding, look.Fingerprint, Steps(look), victims, null);
    }

    public OperationResult Run(OperationRun run)
    {
        var (request, path) = (run.Request, run.Path);
        if (context.Permit.At(action, path) is { } forbidden)
            return run.Refuse(forbidden);
        if (request.Process is not { } asked)
            return run.Refuse(NoProcess);
        var identity = asked.Identity();
        LivingLook? look = null;
        var plan = new EndingPlan(
            identity, action == OperatorAction.Kill ? EndingSignal.Kill : EndingSignal.Terminate, context.Settings.Policy.EndWait,
            action == OperatorAction.Ask ? () => Kick(asked.Pid) : null);
        var outcome = new Ending(context.Survey.Processes, context.Clock).Run(plan, now =>
        {
            look = context.Survey.LookAtLiving(request.FindingKey, path, asked.Pid);
            return Judge(identity, now, look, request.Fingerprint);
        }, run);
        // Nothing is done to any lock from here on: the rest only watches.
        run.LeaveTurn();
        return outcome switch
        {
            ActOutcome.Ended ended => new ReleaseWatch(context).Conclude(run, look!, ended.After),
            ActOutcome.StillRunning still => run.End("failed", null, StillThere(look!.Process, still.State)) with
            {
                Settle = new Settle([], look.Finding.Identity, ActContext.IdentityAt(path), []),
            },
            ActOutcome.AlreadyGone => run.Gone($"Pid {asked.Pid} had ended before anything was sent to it."),
            _ => run.Unsuccessful(outcome),
        };
    }

    private static BreakDecision.Refused NoProcess => new(Refusal.Malformed, "The request names no process.");

    private BreakDecision.Refused? Judge(ProcessIdentity asked, ProcessFacts? now, LivingLook? look, string? promised)
    {
        var takesPart = look is not null && look.Process.Identity == asked && Ladder.TakesPart(look.Verdict);
        if (Ladder.Refuse(action, asked, now, takesPart, context.Survey.Protected) is { } unsafeToEnd)
            return unsafeToEnd;
        if (context.Permit.Kind(action, look!.Verdict.Kind) is { } kind)
            return kind;
        if (!context.Permit.RootTakes(look.Path, look.Verdict.Kind))
            return context.Permit.OutsideRoots(look.Path);
        return promised is null || promised == look.Fingerprint
            ? null
            : new(Refusal.Changed, "The state has changed since the preview. Refresh and decide again.");
    }

    private string StillThere(ProcessFacts process, char? state)
    {
        var who = $"Pid {process.Pid} ({FilePath.Escape(process.Command)})";
        return (action, state) switch
        {
            (_, 'D') => $"{who} waits inside the kernel, for a disk or a file server, where no signal reaches it: it still has the lock. Fix what it is waiting for; it will then exit.",
            (OperatorAction.Ask, _) => $"{who} was asked to let go and still runs with the lock. SIGTERM is the next rung.",
            (OperatorAction.Kill, _) => $"{who} got SIGKILL and is not gone yet: it still has the lock.",
            _ => $"{who} got SIGTERM and still runs with the lock: it does not listen, or needs longer to clean up. SIGKILL is the next rung.",
        };
    }

    private BreakDecision.Refused? Kick(int pid)
    {
        if (SessionOf(pid, out var session) is { } refused)
            return refused;
        var answer = Doveadm.Kick(session!);
        return answer.Code == 0
            ? null
            : new(Refusal.System, $"doveadm kick did not work (code {answer.Code?.ToString(CultureInfo.InvariantCulture) ?? "none"}): {FilePath.Escape(answer.Error.Trim())}");
    }

    private BreakDecision.Refused? SessionOf(int pid, out DovecotSession? session)
    {
        session = null;
        if (!Doveadm.IsInstalled)
            return new(Refusal.NotOffered, $"{FilePath.Escape(context.Settings.Policy.Doveadm)} is not installed, so no session can be asked to end.");
        session = Doveadm.Who(pid);
        return session is null ? new(Refusal.NotOffered, $"Dovecot does not list pid {pid} as the session of one user, so it cannot be asked to end it.") : null;
    }

    private Doveadm Doveadm => new(context.Settings.Policy.Doveadm, context.Settings.Policy.EndWait);

    private IEnumerable<string> AffectedBy(LivingLook look)
    {
        if (look.File is { } file)
            return Affected.By(file, context.Survey);
        var others = context.Survey.SurveyLocks(CancellationToken.None).Locks;
        var pid = look.Process.Pid;
        return
        [
            .. others.Where(l => l.BlockedBy.Contains(pid) && l.Party is not null).Select(l =>
                $"pid {l.Party!.Process.Pid} ({FilePath.Escape(l.Party.Process.Command)}) waits for it on {l.Entry.Path?.Display ?? "a file without a known path"}").Distinct().Take(20),
            .. others.Where(l => l.Party?.Process.Pid == pid && !l.Entry.Lock.IsWaiter && l.Entry.Path != look.Path).Select(l =>
                $"It also holds {l.Entry.Path?.Display ?? "a file without a known path"}, which is released with it").Distinct().Take(20),
        ];
    }

    private string[] Steps(LivingLook look)
    {
        var pid = look.Process.Pid;
        return
        [
            $"Open a pidfd for pid {pid}, so that no other process can be meant",
            "Look once more: the same process (pid, start, boot), still on that lock, none that is never ended",
            action switch
            {
                OperatorAction.Ask => "Ask Dovecot to end the session (doveadm kick)",
                OperatorAction.Kill => "Send SIGKILL: it cannot clean up; its dot locks and half-written files stay",
                _ => "Send SIGTERM: it may finish and clean up, or not listen",
            },
            string.Create(CultureInfo.InvariantCulture, $"Wait for its end, at most {context.Settings.Policy.EndWait.TotalSeconds:0.#} s"),
            string.Create(CultureInfo.InvariantCulture, $"See whether the lock is free, and watch {context.Settings.Policy.SettlePeriod.TotalSeconds:0.#} s who has it next"),
        ];
    }
}

internal static class ProcessRefs
{
    public static ProcessIdentity Identity(this ProcessRef process) => new(process.BootId, process.Pid, process.StartTicks);
}
