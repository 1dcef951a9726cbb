using System.Globalization;

namespace Ops.Incidents;

/// <summary>The single safest next step by cause: what loses nothing comes first, what ends a process last.</summary>
internal static class NextSteps
{
    public static NextStep Of(MailboxState state, Finding? deciding, Blocker? root, IReadOnlyList<Finding> about) => state switch
    {
        MailboxState.LosingMail => Rescue(deciding!),
        MailboxState.Deadlocked => Yield(deciding!, about),
        MailboxState.Stuck when deciding is { Verdict: "stale" } stale => Break(stale),
        MailboxState.Stuck or MailboxState.Busy when deciding is { Verdict: "refused" } undecided =>
            new(StepVerb.Look, "Find the owner of the lock file before anything is removed. It is not broken from here until its owner is proven gone.", $"ops explain {FindingWords.Quoted(undecided)}", undecided),
        MailboxState.Stuck or MailboxState.Waiting => Holder(root, isLong: state == MailboxState.Stuck),
        MailboxState.AtRisk => new(StepVerb.Repair, deciding!.Relation switch
        {
            "delivery-obstacle" => "Repair what stops delivery: its finding names the file and what is wrong with it.",
            "incompatible-locking" => "Let both programs use the same kind of lock. Until then, do not let them use the mailbox at the same time.",
            _ => "Do not let that process close its other descriptor of the mailbox while it writes; restart it when it is idle.",
        }, Finding: deciding),
        MailboxState.Busy => new(StepVerb.Nothing, "Nothing needs to be done: the lock is in use and no process waits for it.", Finding: deciding),
        _ => deciding is { } leftover && leftover.Actions.Contains("remove")
            ? new(StepVerb.Remove, "A leftover can be moved to quarantine; nothing waits for that.", $"ops remove {FindingWords.Quoted(leftover)} --reason TEXT", leftover)
            : new(StepVerb.Nothing, "Nothing needs to be done.", Finding: deciding),
    };

    /// <summary>For a finding that belongs to no mailbox.</summary>
    public static NextStep Of(Finding finding) => Words.Verdict(finding.Verdict) switch
    {
        VerdictWord.GhostWrite or VerdictWord.SplitBrain => Rescue(finding),
        VerdictWord.Stale => Break(finding),
        VerdictWord.Orphan or VerdictWord.OrphanLinked when finding.Actions.Contains("remove") => new(StepVerb.Remove,
            finding.Verdict == "orphan-linked"
                ? "Move this name to quarantine: the file stays under its other names. Never write to it, and never truncate it."
                : "Move it to quarantine: no process uses it, and it can be put back.",
            $"ops remove {FindingWords.Quoted(finding)} --reason TEXT", finding),
        VerdictWord.Orphan or VerdictWord.OrphanLinked or VerdictWord.Mismatch => new(StepVerb.Look, $"It is not removed from here. {FindingWords.Sentence(finding.Summary)}", Finding: finding),
        VerdictWord.Refused => new(StepVerb.Look, "Find out whose it is before anything is removed.", $"ops explain {FindingWords.Quoted(finding)}", finding),
        VerdictWord.Waiting => Holder(null, isLong: false),
        _ => new(StepVerb.Nothing, "Nothing needs to be done.", Finding: finding),
    };

    private static NextStep Rescue(Finding losing)
    {
        if (losing.Actions.Contains("rescue") && HostWaits.PidOf(losing) is { } pid && (losing.Lock?.Descriptor ?? losing.Descriptor) is { } descriptor)
        {
            return new(StepVerb.Rescue,
                $"Save what pid {Number(pid)} has written before it ends: no name leads to those bytes, and they are lost with the process. Do not end it first.",
                $"ops rescue {Number(pid)} {Number(descriptor)} --to FILE --reason TEXT", losing);
        }
        return losing.Verdict == "split-brain"
            ? new(StepVerb.Look, "Stop one of the two programs before either writes more, then compare the two files.", Finding: losing)
            : new(StepVerb.Look, "Do not end the process: first find out what it has written and where. The evidence names the file.", Finding: losing);
    }

    private static NextStep Yield(Finding deadlock, IReadOnlyList<Finding> about)
    {
        if (deadlock.Owner?.Pid is not { } pid)
            return new(StepVerb.Look, "One of them must give up. The evidence shows what each of them has locked.", Finding: deadlock);
        var sentence = $"One of them must give up. Ending pid {Number(pid)}{Command(deadlock)} costs least; the others then go on.";
        var place = about.FirstOrDefault(f => f.Cycle.Count == 0 && f.Verdict is "waiting" or "held" && HostWaits.PidOf(f) == pid);
        return new(StepVerb.EndOne, sentence, place is null ? null : $"ops end {Number(pid)} --lock {FindingWords.Quoted(place)} --signal term --reason TEXT", deadlock);
    }

    private static NextStep Break(Finding stale) => stale.Actions.Contains("break")
        ? new(StepVerb.Break, "Break the stale lock: the agent checks once more that its owner is gone, and refuses if anything has changed.", $"ops break {FindingWords.Quoted(stale)} --reason TEXT", stale)
        : new(StepVerb.Look, $"The owner is gone, and this lock is not broken from here. {FindingWords.Sentence(stale.Summary)}", Finding: stale);

    private static NextStep Holder(Blocker? root, bool isLong)
    {
        if (root is not { Pid: { } pid })
            return new(StepVerb.Look, "Find the holder: it could not be determined from this host. It may run on another host or in another container.", Finding: root?.Finding);
        var process = root.Process;
        return process?.State switch
        {
            "T" => new(StepVerb.Resume, $"Continue pid {Number(pid)}: it is stopped and cannot release anything. Find out who stopped it first.", $"kill -CONT {Number(pid)}", root.Finding),
            "t" => new(StepVerb.Look, $"A debugger has stopped pid {Number(pid)}: let it continue there, or detach.", Finding: root.Finding),
            "D" => new(StepVerb.Repair, $"Repair the disk or file server that pid {Number(pid)} waits for: no signal reaches it until that answers.", Finding: root.Finding),
            _ when root.Finding?.Actions.Contains("ask") == true =>
                new(StepVerb.Ask, $"Ask Dovecot to end the session of pid {Number(pid)}: its client reconnects and nothing is lost.", $"ops end {Number(pid)} --lock {FindingWords.Quoted(root.Finding)} --signal ask --reason TEXT", root.Finding),
            _ when isLong => new(StepVerb.Look, $"Find out what pid {Number(pid)}{(process is null ? "" : $" ({FilePath.Escape(process.Unit ?? process.Command)})")} is doing before you end it: the lock ends with the process, and so does what it has not written yet.", Finding: root.Finding),
            _ => new(StepVerb.Wait, "Wait: the holder works and the wait is short.", Finding: root.Finding),
        };
    }

    private static string Command(Finding finding) => finding.Owner?.Command is { } command ? $" ({FilePath.Escape(command)})" : "";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
