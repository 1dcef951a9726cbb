using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>The ladder: asking and ending processes that hold a lock or wait for one.</summary>
public sealed partial class OperationHandler
{
    // Reading all kernel locks of a busy host takes a while; this is often enough to see who came next.
    private static readonly TimeSpan HolderPoll = TimeSpan.FromMilliseconds(200);

    private PreviewAnswer PreviewEnding(PreviewRequest request, OperatorAction action, FilePath path)
    {
        if (request.Process is not { } asked)
            return No(Refusal.Malformed, "Which process is meant was not said.");
        var identity = IdentityOf(asked);
        var look = survey.LookAtLiving(request.FindingKey, path, asked.Pid);
        var now = survey.Processes.ReadProcess(asked.Pid);
        if (Judge(action, identity, now, look, null) is { } refused)
            return new PreviewAnswer(look?.Finding, look?.Fingerprint, [], [], Refuse(refused));
        var victims = new List<string>();
        if (action == OperatorAction.Ask)
        {
            if (SessionOf(asked.Pid, out var session) is { } unasked)
                return new PreviewAnswer(look!.Finding, look.Fingerprint, [], [], Refuse(unasked));
            victims.Add($"All sessions of {FilePath.Escape(session!.User)}{(session.Address is { } address ? $" from {address}" : "")} are disconnected, not only pid {asked.Pid}");
        }
        victims.AddRange(VictimsOf(look!));
        return new PreviewAnswer(look!.Finding, look.Fingerprint, EndingSteps(action, look), victims, null);
    }

    private OperationResult End(OperationRun run, OperatorAction action)
    {
        var request = run.Request;
        var path = PathOf(request.Path, request.PathBytes);
        if (Forbidden(action, path) is { } forbidden)
            return run.Refuse(forbidden);
        if (request.Process is not { } asked)
            return run.Refuse(new(Refusal.Malformed, "Which process is meant was not said."));
        var identity = IdentityOf(asked);
        LivingLook? look = null;
        var plan = new EndingPlan(
            identity, action == OperatorAction.Kill ? EndingSignal.Kill : EndingSignal.Terminate, settings.Policy.EndWait, action == OperatorAction.Ask ? () => Kick(asked.Pid) : null);
        var outcome = new Ending(survey.Processes, clock).Run(plan, now =>
        {
            look = survey.LookAtLiving(request.FindingKey, path, asked.Pid);
            return Judge(action, identity, now, look, request.Fingerprint);
        }, run);
        return outcome switch
        {
            ActOutcome.Ended ended => Released(run, action, look!, ended.After),
            ActOutcome.StillRunning still => run.End("failed", null, StillThere(action, look!.Process, still.State)) with { Settle = new Settle([], look.Finding.Identity, IdentityAt(path), []) },
            ActOutcome.Refused refused => run.Refuse(new(refused.Reason, refused.Sentence)),
            ActOutcome.AlreadyGone => run.End("gone", Refusals.Word(Refusal.NotThere), $"Pid {asked.Pid} had ended before anything was sent to it."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private BreakDecision.Refused? Judge(OperatorAction action, ProcessIdentity asked, ProcessFacts? now, LivingLook? look, string? promised) =>
        Ladder.Refuse(action, asked, now, look is not null && look.Process.Identity == asked && Ladder.TakesPart(look.Verdict), survey.Protected)
        ?? KindForbids(action, look!.Verdict.Kind)
        ?? (RootOfKind(look.Path, look.Verdict.Kind) ? null : OutsideRoots(look.Path))
        ?? (promised is null || promised == look.Fingerprint ? null
            : new BreakDecision.Refused(Refusal.Changed, "A fresh look found something else than the preview showed: look again and decide anew."));

    /// <summary>It has ended: is the lock free, and who has it now?</summary>
    private OperationResult Released(OperationRun run, OperatorAction action, LivingLook was, TimeSpan after)
    {
        var ended = string.Create(CultureInfo.InvariantCulture, $"Pid {was.Process.Pid} ({FilePath.Escape(was.Process.Command)}) has ended after {after.TotalSeconds:0.0} s");
        var step = new OperationStep(run, 5, "See whether the lock is free, and who has it next");
        var notes = new List<string>();
        var (isFree, sentence, sightings) = was.Entry is { } entry ? WatchKernelLock(entry) : WatchLockFile(was);
        if (was.Entry is not null && LeftLockFile(was.Path) is { } left)
            notes.Add(left);
        step.End(isFree);
        return run.End(isFree ? "done" : "failed", null, $"{ended}; {sentence}" + string.Concat(notes.Select(n => " " + n))) with
        {
            SettledWith = sentence,
            Settle = new Settle(sightings, was.Finding.Identity, IdentityAt(was.Path), notes),
        };
    }

    private (bool IsFree, string Sentence, IReadOnlyList<SettleSighting> Sightings) WatchKernelLock(LockEntry was)
    {
        var watch = new HolderWatch();
        var started = clock.GetTimestamp();
        TimeSpan elapsed;
        List<string> sharers;
        do
        {
            elapsed = clock.GetElapsedTime(started);
            var holders = Ladder.HoldersNow(survey.LocksNow(), was);
            sharers = [.. holders.Where(h => Ladder.IsSameLock(h, was)).SelectMany(NamesOf)];
            watch.Note([.. holders.Where(h => !Ladder.IsSameLock(h, was)).SelectMany(NamesOf)], elapsed);
        }
        while (elapsed < settings.Policy.SettlePeriod && !Pause());

        if (sharers.Count > 0)
            return (false, $"but the lock is not free: {string.Join(", ", sharers)} shares the open file and so the lock", watch.Sightings);
        return (true, (was.Lock.IsWaiter, watch.Sightings) switch
        {
            (true, _) => "it waits no more.",
            (_, []) => "the lock is free, and nobody took it while it was watched.",
            var (_, seen) => $"the lock passed to {seen[0].Who}{(seen.Count > 1 ? $" and {seen.Count - 1} more after that" : "")}.",
        }, watch.Sightings);

        bool Pause()
        {
            Thread.Sleep(HolderPoll);
            return false;
        }

        static IEnumerable<string> NamesOf(LockEntry entry) => entry.Parties.Count == 0
            ? ["somebody who could not be found"]
            : entry.Parties.Select(p => $"pid {p.Process.Pid} ({FilePath.Escape(p.Process.Command)})");
    }

    // A lock file does not go with its owner unless the owner takes it away.
    private (bool IsFree, string Sentence, IReadOnlyList<SettleSighting> Sightings) WatchLockFile(LivingLook was)
    {
        var now = survey.LookAt(was.Path);
        if (now is null)
            return (true, "its lock file is gone too.", []);
        if (now.Artefact.File.Identity != was.File!.Artefact.File.Identity)
            return (true, "its lock file is gone, and another one has the name.", [new SettleSighting(0, Terminal.OwnerOf(now.Finding) is { Length: > 0 } who ? $"pid {who}" : now.Finding.User ?? "somebody", 0, true)]);
        return (false, $"but its lock file is still there ({now.Finding.Verdict}): {now.Finding.Summary}", []);
    }

    private string? LeftLockFile(FilePath mailbox)
    {
        var path = new FilePath([.. mailbox.Bytes, .. ".lock"u8]);
        return survey.LookAt(path) is { Verdict.Word: VerdictWord.Stale or VerdictWord.Refused } left
            ? $"{path.Display} is there as well ({left.Finding.Verdict}): {left.Finding.Summary}"
            : null;
    }

    private static string StillThere(OperatorAction action, ProcessFacts process, char? state)
    {
        var who = $"Pid {process.Pid} ({FilePath.Escape(process.Command)})";
        return (action, state) switch
        {
            (_, 'D') => $"{who} waits inside the kernel, for a disk or a file server, where no signal reaches it: it still has the lock. Mend what it waits for; it ends then.",
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
            return new(Refusal.NotOffered, $"{FilePath.Escape(settings.Policy.Doveadm)} is not there, so nobody can be asked.");
        session = Doveadm.Who(pid);
        return session is null ? new(Refusal.NotOffered, $"Dovecot does not list pid {pid} as the session of one user, so it cannot be asked to end it.") : null;
    }

    private Doveadm Doveadm => new(settings.Policy.Doveadm, settings.Policy.EndWait);

    private IEnumerable<string> VictimsOf(LivingLook look)
    {
        if (look.File is { } file)
            return Victims(file);
        var others = survey.SurveyLocks(CancellationToken.None).Locks;
        var pid = look.Process.Pid;
        return
        [
            .. others.Where(l => l.BlockedBy.Contains(pid) && l.Party is not null).Select(l =>
                $"pid {l.Party!.Process.Pid} ({FilePath.Escape(l.Party.Process.Command)}) waits for it on {l.Entry.Path?.Display ?? "a file without a known path"}").Distinct().Take(20),
            .. others.Where(l => l.Party?.Process.Pid == pid && !l.Entry.Lock.IsWaiter && l.Entry.Path != look.Path).Select(l =>
                $"It also holds {l.Entry.Path?.Display ?? "a file without a known path"}, which is released with it").Distinct().Take(20),
        ];
    }

    private string[] EndingSteps(OperatorAction action, LivingLook look)
    {
        var pid = look.Process.Pid;
        return
        [
            $"Take hold of pid {pid} (pidfd), so that no other process can be meant",
            "Look once more: the same process (pid, start, boot), still on that lock, none that is never ended",
            action switch
            {
                OperatorAction.Ask => "Ask Dovecot to end the session (doveadm kick)",
                OperatorAction.Kill => "Send SIGKILL: it cannot clean up; its dot locks and half-written files stay",
                _ => "Send SIGTERM: it may finish and clean up, or not listen",
            },
            string.Create(CultureInfo.InvariantCulture, $"Wait for its end, at most {settings.Policy.EndWait.TotalSeconds:0.#} s"),
            string.Create(CultureInfo.InvariantCulture, $"See whether the lock is free, and watch {settings.Policy.SettlePeriod.TotalSeconds:0.#} s who has it next"),
        ];
    }

    private bool RootOfKind(FilePath path, ArtefactKind kind) =>
        StoreRoots.Covering(settings.Roots, path) is { } root && (root.Kinds is null || root.Kinds.Contains(kind));

    private static FindingIdentity? IdentityAt(FilePath path) => ArtefactReader.Stat(path).TryGet(out var file) ? FindingFactory.IdentityOf(file) : null;

    private static ProcessIdentity IdentityOf(ProcessRef process) => new(process.BootId, process.Pid, process.StartTicks);
}
