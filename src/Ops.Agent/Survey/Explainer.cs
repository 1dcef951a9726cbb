using System.Globalization;
using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>The causal chain in words: who holds, who waits, since when, what is safe to do next. Pure.</summary>
public static class Explainer
{
    public static ExplainAnswer Explain(ExplainSubject subject, IReadOnlyList<Finding> findings, WaitGraph waits, DateTimeOffset now)
    {
        var about = About(subject, findings, waits);
        var lines = new List<string>();
        foreach (var finding in about)
        {
            lines.Add(Sentence(finding, now));
            // Where the maker decides the verdict, the sentence has named it.
            if (finding.Evidence.FirstOrDefault(e => e.Question == Questions.CreatorRunning) is { } maker)
                lines.Add($"  {FindingWords.Capital(maker.Detail)}.");
            if (Chain(finding, waits) is { } chain)
                lines.Add(chain);
            lines.AddRange(Next(finding, now));
        }
        var involved = about.Select(Pid).OfType<int>().ToHashSet();
        // The circle concerns everybody in it, whichever of them was asked about.
        foreach (var deadlock in findings.Where(f => f.Cycle.Any(involved.Contains) && !about.Contains(f)))
        {
            about.Add(deadlock);
            lines.Add(Sentence(deadlock, now));
        }
        foreach (var cycle in waits.Cycles().Where(c => c.Any(involved.Contains) && !findings.Any(f => f.Cycle.SequenceEqual(c))))
        {
            lines.Add($"Deadlock: {string.Join(" waits for ", cycle.Append(cycle[0]).Select(p => "pid " + Number(p)))}. "
                + "None of them can go on until one gives up or is ended.");
        }
        if (lines.Count == 0)
            lines.Add($"No lock, waiter or leftover is known for {subject.Display}.");
        return new ExplainAnswer(subject.Text, lines, about);
    }

    /// <summary>What concerns it, and everybody on the same chain of waits.</summary>
    private static List<Finding> About(ExplainSubject subject, IReadOnlyList<Finding> findings, WaitGraph waits)
    {
        if (subject.Path is { } path)
        {
            var lockFile = path.Append(".lock");
            return [.. findings.Where(f => f.Mailbox == subject.Text && path.IsUtf8
                || FindingWords.PathOf(f) is var at && (at == path || at == lockFile || f.Lock is not null && at.Append(".lock") == path))];
        }
        if (int.TryParse(subject.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
        {
            HashSet<int> chain = [pid, .. waits.VictimsOf(pid), .. waits.BlockersOf(pid).Select(w => w.Blocker), .. waits.RootBlockersOf(pid)];
            return [.. findings.Where(f => f.Owner?.Pid == pid || Pid(f) is { } p && chain.Contains(p))];
        }
        return [.. findings.Where(f => f.User == subject.Text || f.Process?.User == subject.Text)];
    }

    private static string Sentence(Finding finding, DateTimeOffset now)
    {
        var path = FindingWords.PathOf(finding).Display;
        if (finding.Lock is { } held)
        {
            var what = $"a {held.Class} {held.Mode} lock on {(held.Range == "whole file" ? "the whole of" : "bytes " + held.Range + " of")} {path}";
            var who = finding.Process is { } p ? FindingWords.Who(p) : "a process that could not be identified";
            var since = finding.Since is { } seen ? $", for {Words(now - seen)} at least"
                : finding.Process is { } process ? $", not for longer than it runs ({Words(now - process.StartedAt)})" : "";
            return finding.Verdict switch
            {
                "waiting" when held.BlockedBy.Count > 0 =>
                    $"{FindingWords.Capital(who)} waits for {what}, behind pid {string.Join(", ", held.BlockedBy.Select(Number))}{since}.",
                "waiting" => $"{FindingWords.Capital(who)} waits for {what}; the holder could not be determined{since}.",
                "held" => $"{FindingWords.Capital(who)} holds {what}{since}.",
                _ => $"{path}: {finding.Verdict}. {finding.Summary}",
            };
        }
        if (finding.Cycle.Count > 0)
            return finding.Summary;
        var age = finding.AgeSeconds is { } seconds ? $", {Words(TimeSpan.FromSeconds(seconds))} old" : "";
        return $"{path} ({finding.Kind}{(finding.System == "unknown" ? "" : " of " + finding.System)}{age}): {finding.Verdict}. {finding.Summary}";
    }

    private static string? Chain(Finding finding, WaitGraph waits)
    {
        if (Pid(finding) is not { } pid)
            return null;
        if (finding.Verdict == "waiting")
        {
            var roots = waits.RootBlockersOf(pid).Except(finding.Lock?.BlockedBy ?? finding.BlockedBy).ToList();
            return roots.Count == 0 ? null : $"  At the far end of that chain: pid {string.Join(", ", roots.Select(Number))}.";
        }
        var victims = finding.Lock is null || finding.Verdict == "held" ? waits.VictimsOf(pid) : [];
        return victims.Count == 0 ? null : $"  Behind pid {Number(pid)} wait, directly or through others: pid {string.Join(", ", victims.Select(Number))}.";
    }

    private static IEnumerable<string> Next(Finding finding, DateTimeOffset now)
    {
        var path = FindingWords.Quoted(finding);
        if (finding.Actions.Contains("break"))
            yield return $"  Safe to do: ops break {path} --reason TEXT (it is looked at once more before anything happens).";
        if (finding.Actions.Contains("remove"))
            yield return $"  Safe to do: ops remove {path} --reason TEXT (goes to quarantine, ops undo brings it back).";
        if (finding.SelfHealsAt is { } at)
        {
            yield return at > now ? $"  Its own software would remove it from {at:u} on."
                : "  Its own software would remove it the next time it wants the lock.";
        }
        if (finding.Verdict is not ("held" or "ghost-write") || finding.Process is not { } process)
            yield break;
        if (finding is { Verdict: "ghost-write", Kind: "staging-file" or "temp-file" })
        {
            yield return $"  What it writes replaces a message under another name: end pid {Number(process.Pid)} before it writes more, then compare that message with the other copy.";
            yield break;
        }
        if (finding.Verdict == "ghost-write" && finding.Lock is null)
        {
            yield return SaveFirst(finding, process);
            yield return $"  When they are saved: end or restart {Unit(process)}, so that it opens the name again.";
            yield break;
        }
        yield return process.State switch
        {
            "T" or "t" => $"  Pid {Number(process.Pid)} is stopped and cannot release anything: continue it (kill -CONT {Number(process.Pid)}) or end it.",
            "D" => $"  Pid {Number(process.Pid)} waits inside the kernel, for a disk or a file server: no signal reaches it until that answers.",
            _ when finding.Lock is not null => $"  The kernel drops this lock with its process: wait, ask {Unit(process)} to let go, or end pid {Number(process.Pid)}. Removing the file would release nothing.",
            _ => $"  It is in use: wait, or ask {Unit(process)}.",
        };
        if (finding.Verdict == "ghost-write")
            yield return SaveFirst(finding, process);
    }

    private static string SaveFirst(Finding finding, FindingProcess process) =>
        "  What it writes goes to a file that no name leads to any more: save it before the process ends"
            + ((finding.Lock?.Descriptor ?? finding.Descriptor) is { } fd ? $": ops rescue {Number(process.Pid)} {Number(fd)} --to FILE --reason TEXT." : ".");

    private static int? Pid(Finding finding) => finding.Process?.Pid ?? (finding.OwnerAlive == true ? finding.Owner?.Pid : null);

    private static string Unit(FindingProcess process) => process.Unit is { } unit ? FilePath.Escape(unit) : FilePath.Escape(process.Command);

    private static string Number(int pid) => pid.ToString(CultureInfo.InvariantCulture);

    private static string Words(TimeSpan age) => AgeText.Of(Math.Max(0, age.TotalSeconds));
}
