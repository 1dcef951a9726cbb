namespace Ops.Locks;

/// <summary>Processes each of which waits for the next, over kernel locks and dot locks together: a program that takes the dot lock first (Exim, Postfix) against one that
/// takes <c>fcntl</c> first (mutt, Dovecot) is the usual way in.</summary>
/// <remarks>The kernel itself refuses only circles of POSIX record locks (<c>EDEADLK</c>, fcntl(2)); it knows nothing of dot locks, and does not look at flock and OFD locks.</remarks>
public static class Deadlock
{
    public static IEnumerable<Relation> Find(WaitGraph waits, HostFacts host)
    {
        foreach (var cycle in waits.Cycles())
        {
            var members = cycle.Select(pid => host.Processes.Processes.GetValueOrDefault(pid)).OfType<ProcessFacts>().ToList();
            // One that has ended between two looks is part of no deadlock any more.
            if (members.Count == cycle.Count && members.All(m => m.IsAlive))
                yield return Of(members, [.. cycle.Select((pid, i) => Between(waits, pid, cycle[(i + 1) % cycle.Count]))], host);
        }
    }

    private static Wait Between(WaitGraph waits, int waiter, int blocker) => waits.BlockersOf(waiter).Where(w => w.Blocker == blocker).MinBy(w => w.By)!;

    private static Relation Of(List<ProcessFacts> members, List<Wait> circle, HostFacts host)
    {
        var evidence = new EvidenceList(host.Now);
        foreach (var (process, wait) in members.Zip(circle))
            evidence.Add(Questions.WaitsFor, wait.By == WaitBy.Likely ? Answer.Unknown : Answer.Yes, SourceOf(wait.By), $"{Activity.Who(process)} {How(wait)}");
        var victim = Cheapest(members, circle, host);
        var verdict = new Verdict(VerdictWord.Waiting, circle.Any(w => w.Mailbox is not null) ? ArtefactKind.Mailbox : ArtefactKind.LockFile,
            $"Deadlock: {Chain(members, circle)}. {Outlook(members, circle)} {Proposal(victim, host)}",
            "unknown", [], new Owner(victim.Pid, null, victim, Answer.Yes), evidence.ToList(), []);
        var mailbox = circle.Select(w => w.Mailbox).FirstOrDefault(m => m is not null);
        var path = mailbox ?? FilePath.FromText(circle.First(w => w.By != WaitBy.Child).For);
        var apart = string.Join(' ', members.Select(m => $"{m.Pid}/{m.Identity.StartTicks}"));
        return new Relation(RelationKind.Deadlock, path, null, verdict, "deadlock " + apart, [circle[members.IndexOf(victim)].Blocker])
        {
            Mailbox = mailbox,
            Cycle = [.. members.Select(m => m.Pid)],
        };
    }

    private static string Chain(List<ProcessFacts> members, List<Wait> circle) => string.Join(", which ", members.Zip(circle, (process, wait) => (process, wait)).Select((x, i) =>
    {
        var next = Activity.Who(members[(i + 1) % members.Count]);
        var waits = x.wait.By switch
        {
            WaitBy.Child => $"waits for its child {next}",
            WaitBy.Likely => $"very likely waits for {next} (for {x.wait.For})",
            _ => $"waits for {next} (for {x.wait.For})",
        };
        return i == 0 ? $"{Activity.Who(x.process)} {waits}" : waits;
    }));

    /// <summary>Whether it ends without an operator.</summary>
    private static string Outlook(List<ProcessFacts> members, List<Wait> circle)
    {
        var limits = members.Zip(circle).Where(x => x.Second.By is WaitBy.Polling or WaitBy.Likely).Select(x => (Process: x.First, Limit: LockTools.GivesUp(x.First))).ToList();
        if (limits.FirstOrDefault(l => l.Limit is { GivesUp: Answer.Yes }) is { Process: { } first, Limit: { } limit })
            return $"It resolves by itself when {Activity.Who(first)} gives up: {limit.Rule}.";
        if (limits.FirstOrDefault(l => l.Limit.GivesUp == Answer.Unknown) is { Process: { } unknown })
            return $"It resolves by itself only if {Activity.Who(unknown)} gives up, which is not known of it.";
        return limits.Count > 0 ? $"It does not resolve by itself: {string.Join(", ", limits.Select(l => $"{Activity.Who(l.Process)} {l.Limit.Rule}"))}, and a wait in the kernel has no time limit."
            : "It does not resolve by itself unless one of them has set itself a timer: a wait in the kernel has no time limit.";
    }

    private static string Proposal(ProcessFacts victim, HostFacts host) => IsWriter(victim, host)
        ? $"Ending {Activity.Who(victim)}, the youngest of those that wait, is proposed; all of them have something locked for writing, so look at the mailbox afterwards."
        : $"Ending {Activity.Who(victim)} costs least: it has nothing locked for writing itself.";

    /// <summary>Of those that wait for a lock: rather one that has written nothing under a lock, rather one that polls, rather the youngest.</summary>
    private static ProcessFacts Cheapest(List<ProcessFacts> members, List<Wait> circle, HostFacts host) => members.Zip(circle)
        .Where(x => x.Second.By != WaitBy.Child)
        .OrderBy(x => IsWriter(x.First, host)).ThenBy(x => x.Second.By == WaitBy.Kernel).ThenByDescending(x => x.First.StartedAt).ThenByDescending(x => x.First.Pid)
        .First().First;

    private static bool IsWriter(ProcessFacts process, HostFacts host) =>
        host.Locks.Entries.Any(e => e.Lock is { IsWaiter: false, Mode: LockMode.Write } && e.Parties.Any(p => p.Process.Pid == process.Pid));

    private static string SourceOf(WaitBy by) => by switch
    {
        WaitBy.Kernel => "/proc/locks",
        WaitBy.Polling => "hitching post or command line",
        WaitBy.Child => "/proc/PID/wchan",
        _ => "/proc/PID/status",
    };

    private static string How(Wait wait) => wait.By switch
    {
        WaitBy.Kernel => $"is queued by the kernel for a lock on {wait.For}, behind pid {wait.Blocker}",
        WaitBy.Polling => $"tries again and again to take {wait.For}, which pid {wait.Blocker} holds",
        WaitBy.Child => $"sleeps until its child, pid {wait.Blocker}, ends",
        _ => $"has one lock of the mailbox, lacks {wait.For}, which pid {wait.Blocker} holds, and sleeps and wakes again and again: very likely it tries for it",
    };
}
