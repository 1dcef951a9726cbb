using System.Globalization;

namespace Ops.Incidents;

/// <summary>Why a mailbox is in its state, in one sentence.</summary>
internal static class Causes
{
    public static string Of(MailboxState state, Finding? deciding, Blocker? root, IReadOnlyList<Victim> victims, DateTimeOffset now) => state switch
    {
        MailboxState.LosingMail or MailboxState.Deadlocked or MailboxState.AtRisk => FindingWords.Sentence(deciding!.Summary),
        MailboxState.Stuck when deciding is { Verdict: "stale" } stale =>
            $"{FindingWords.Name(stale)} is stale{Owner(stale)}{(victims.Count > 0 ? $"; {FindingWords.Count(victims.Count, "process waits", "processes wait")} for it" : ", and the next program that wants the mailbox has to wait for it")}.",
        MailboxState.Stuck when deciding is { Verdict: "refused" } undecided => $"{Undecided(undecided)}{(victims.Count > 0 ? $" {FindingWords.Count(victims.Count, "process waits", "processes wait")} for it." : "")}",
        MailboxState.Busy when deciding is { Verdict: "refused" } undecided => Undecided(undecided),
        MailboxState.Stuck or MailboxState.Waiting => $"{Holder(root)}; {FindingWords.Count(victims.Count, "process waits", "processes wait")}{Longest(victims, now)}.",
        MailboxState.Busy => $"{Holder(root)}; no process waits.",
        _ => deciding is { } leftover ? $"Not in use. {FindingWords.Sentence(leftover.Summary)}" : "Not in use.",
    };

    private static string Owner(Finding stale) => stale.Owner is { Pid: { } pid } owner
        ? $": its owner, pid {pid.ToString(CultureInfo.InvariantCulture)}{(owner.Command is { } command ? $" ({FilePath.Escape(command)})" : "")}, no longer exists"
        : ": its owner is gone";

    private static string Undecided(Finding undecided) => $"{FindingWords.Name(undecided)} is in the way, and it is not proven that its owner is gone. {FindingWords.Sentence(undecided.Summary)}";

    private static string Holder(Blocker? root)
    {
        if (root is null)
            return "The holder could not be determined";
        if (root.Process is not { } process)
            return root.Pid is { } pid ? $"Pid {pid.ToString(CultureInfo.InvariantCulture)} holds the lock" : "The holder could not be determined";
        var what = root.Finding is { Lock: { } held } ? $"{FindingWords.LockClass(held.Class)} {held.Mode} lock on {FindingWords.Name(root.Finding)}" : root.Finding is { } file ? FindingWords.Name(file) : "the lock";
        return $"{FindingWords.Capital(FindingWords.Who(process))} holds {what}{Progress(process.State)}";
    }

    private static string Progress(string state) => state switch
    {
        "T" => " and is stopped",
        "t" => " and is stopped by a debugger",
        "D" => " and waits inside the kernel for a disk or a file server",
        "Z" => " and has ended, but its parent has not collected it",
        _ => "",
    };

    private static string Longest(IReadOnlyList<Victim> victims, DateTimeOffset now) =>
        victims.Max(v => v.Waited(now)) is { TotalSeconds: >= 1 } longest ? $", the longest for at least {FindingWords.Age(longest)}" : "";
}
