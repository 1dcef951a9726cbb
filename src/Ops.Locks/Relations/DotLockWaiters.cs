using System.Text;

namespace Ops.Locks;

/// <summary>
/// Living processes that want a dot lock another process has. They poll: the kernel knows nothing of it. What shows them is the hitching post they
/// have made next to the lock (its name gives lock and pid), or, for posts whose name does not give the lock and for programs without one, their command line, what they watch, or what
/// they have open (<see cref="SilentWaiters"/>).
/// </summary>
public static class DotLockWaiters
{
    /// <param name="sleepsOnTimer">Whether a process sleeps on a timer now; null when that is not known. Asked only for those in question.</param>
    public static IEnumerable<Relation> Find(IReadOnlyList<JudgedArtefact> artefacts, HostFacts host, Func<ProcessFacts, bool?> sleepsOnTimer)
    {
        var locks = artefacts.Where(a => a.Verdict.Kind is ArtefactKind.DotLock or ArtefactKind.LockFile && a.Artefact.File.Kind == FileKind.Regular).DistinctBy(a => a.Artefact.File.Path).ToDictionary(a => a.Artefact.File.Path);
        var byDirectory = locks.Values.ToLookup(a => a.Artefact.Directory.Path);
        var told = new HashSet<(FilePath, int)>();
        foreach (var post in artefacts)
        {
            if (post.Verdict is not { Word: VerdictWord.Held, Kind: ArtefactKind.StagingFile, Owner: { IsAlive: Answer.Yes, Process: { } poller } } || post.Artefact.File.LinkCount != 1)
                continue;
            foreach (var wanted in Wanted(post, poller, locks, byDirectory[post.Artefact.Directory.Path]))
            {
                // Its own: it has just got it, or waits for nothing.
                if (wanted.Verdict.Owner.Process?.Pid == poller.Pid || wanted.Artefact.File.Identity == post.Artefact.File.Identity)
                    continue;
                told.Add((wanted.Artefact.File.Path, poller.Pid));
                yield return Of(wanted, poller, "name of its hitching post", $"{post.Artefact.File.Path.Display} has one name: the link to the lock's name has not worked yet",
                    post.Artefact.File.BornAt ?? post.Artefact.File.ChangedAt, host);
            }
        }
        foreach (var wanted in locks.Values)
        {
            foreach (var poller in LockTools.PollersFor(wanted.Artefact, host))
            {
                if (poller.Pid == wanted.Verdict.Owner.Process?.Pid || !told.Add((wanted.Artefact.File.Path, poller.Pid)))
                    continue;
                yield return Of(wanted, poller, "its command line", "it was called to take this lock, and runs nothing under it yet", FileTime.From(poller.StartedAt), host);
            }
            foreach (var waiter in SilentWaiters.For(wanted, host, sleepsOnTimer))
            {
                if (told.Add((wanted.Artefact.File.Path, waiter.Process.Pid)))
                    yield return Of(wanted, waiter, host);
            }
        }
    }

    private static IEnumerable<JudgedArtefact> Wanted(
        JudgedArtefact post, ProcessFacts poller, Dictionary<FilePath, JudgedArtefact> locks, IEnumerable<JudgedArtefact> beside)
    {
        var directory = post.Artefact.Directory.Path;
        var named = post.Artefact.Matches.Select(m => m.Convention is StagingFile staging ? staging.LockName(m.Match) : null).OfType<string>().Distinct()
            .Select(name => directory.Join(Encoding.Latin1.GetBytes(name))).ToList();
        if (named.Count > 0)
            return named.Select(locks.GetValueOrDefault).OfType<JudgedArtefact>();
        // By the last argument that means it: with or without ".lock", by name or by path. A name in another directory is not meant, but its post is here.
        return beside.Where(l => poller.CommandLine.Skip(1).Any(argument => LockTools.IsMeant(argument, l.Artefact.File.Path)));
    }

    private static Relation Of(JudgedArtefact wanted, ProcessFacts poller, string source, string how, FileTime since, HostFacts host)
    {
        var evidence = new EvidenceList(host.Now);
        evidence.Add(Questions.OwnerRunning, Answer.Yes, "/proc", $"{Activity.Who(poller)} is alive, state {poller.State}");
        evidence.Add(Questions.OwnerNamed, Answer.Yes, source, how);
        return Of(wanted, poller, $"{Activity.Who(poller)} tries again and again to take this lock, {Behind(wanted)}.", evidence, since.ToDateTimeOffset());
    }

    private static Relation Of(JudgedArtefact wanted, SilentWaiter waiter, HostFacts host)
    {
        var who = Activity.Who(waiter.Process);
        var evidence = new EvidenceList(host.Now);
        evidence.Add(Questions.OwnerRunning, Answer.Yes, "/proc", $"{who} is alive, state {waiter.Process.State}");
        evidence.Add(Questions.WaitsFor, waiter.IsLikely ? Answer.Unknown : Answer.Yes, waiter.Source, $"{who} {waiter.How}{(waiter.IsLikely ? "; a try for the lock was not seen" : "")}");
        return Of(wanted, waiter.Process, $"{who} {(waiter.IsLikely ? "probably waits" : "waits")} for this lock, {Behind(wanted)}: it {waiter.How}.", evidence, null) with { IsLikely = waiter.IsLikely };
    }

    private static string Behind(JudgedArtefact wanted) => wanted.Verdict.Owner.Process is { } holder ? $"which {Activity.Who(holder)} holds"
        : wanted.Verdict.Word == VerdictWord.Stale ? "which no process holds any more: it is stale"
        : wanted.Verdict.Owner.IsAlive == Answer.No ? "whose owner is gone"
        : "whose holder is not known";

    private static Relation Of(JudgedArtefact wanted, ProcessFacts waiter, string summary, EvidenceList evidence, DateTimeOffset? since)
    {
        var verdict = new Verdict(VerdictWord.Waiting, wanted.Verdict.Kind, summary, wanted.Verdict.System, wanted.Verdict.Systems, new Owner(waiter.Pid, null, waiter, Answer.Yes), evidence.ToList(), []);
        return new Relation(RelationKind.DotLockWaiter, wanted.Artefact.File.Path, wanted.Artefact.File, verdict, $"waiter {waiter.Pid} {waiter.Identity.StartTicks}",
            wanted.Verdict.Owner.Process is { } holder ? [holder.Pid] : [], since)
        { Mailbox = wanted.Artefact.Subject?.Path };
    }
}
