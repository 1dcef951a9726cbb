namespace Ops.Locks;

/// <summary>Living holders who each believe that they have "the" lock.</summary>
/// <remarks>
/// Two ways there. A lock file was unlinked between another program's open and lock: one name, two inodes, two holders (Exim and UW imapd on
/// <c>/tmp/.DEV.INO</c>). Or two programs lock one mailbox by different calls: <c>flock</c> and <c>fcntl</c> do not see each other on a local file system.
/// </remarks>
public static class SplitBrain
{
    public static IEnumerable<Relation> Find(HostFacts host)
    {
        var held = host.Locks.Entries.Where(e => e.Lock is { IsWaiter: false, Class: LockClass.Posix or LockClass.Flock or LockClass.Ofd } && e is { Path: not null, File: not null }).ToList();
        return ByName(held, host).Concat(ByKind(held, host));
    }

    private static IEnumerable<Relation> ByName(List<LockEntry> held, HostFacts host)
    {
        foreach (var group in held.GroupBy(e => e.Path!.Value))
        {
            var inodes = group.GroupBy(e => e.File!.Value).OrderByDescending(g => g.Any(e => e.PathState == PathState.Current)).ThenBy(g => g.Key.Inode).ToList();
            if (inodes.Count < 2 || NamedFile.AsLockHandle(group.Key) is not { } match)
                continue;
            // A name that two mount namespaces give to files of their own is two names. An MBX lock's is made of the mailbox itself: there it is the fault.
            if (match.Convention is not MbxLock && !group.Any(e => e.PathState is PathState.Deleted or PathState.Replaced))
                continue;
            var parties = inodes.Select(g => g.SelectMany(e => e.Parties).Select(p => p.Process).DistinctBy(p => p.Pid).OrderBy(p => p.Pid).ToList()).ToList();
            // One process that replaced its own file holds both.
            if (parties.SelectMany(p => p.Select(x => x.Pid)).Distinct().Count() < 2 || parties.Count(p => p.Count > 0) < 2)
                continue;
            var evidence = new EvidenceList(host.Now);
            foreach (var (inode, processes) in inodes.Zip(parties))
            {
                var state = inode.Min(e => e.PathState == PathState.Current ? 0 : 1) == 0 ? "the file that the name leads to" : "a file that the name no longer leads to";
                var view = inode.Select(e => e.Foreign).FirstOrDefault(f => f is not null);
                evidence.Add(Questions.SameLock, Answer.No, view is null ? "/proc/locks, statx" : "/proc/locks, /proc/PID/mountinfo",
                    $"{string.Join(", ", processes.Select(Activity.Who))} {(processes.Count == 1 ? "holds" : "hold")} inode {inode.Key.Inode}, {state}{(view is null ? "" : $" in its own mount namespace{Host(view)}")}", blocks: true);
            }
            var all = parties.SelectMany(p => p).DistinctBy(p => p.Pid).ToList();
            var verdict = new Verdict(VerdictWord.SplitBrain, match.Convention.Kind,
                $"{Join(all)} each hold a lock of this name, on different files: neither keeps the other out. {Cause(group.Key, inodes)}; stop one of them before both write.",
                match.System.Name, [match.System.Name], new Owner(all[0].Pid, null, all[0], Answer.Yes), evidence.ToList(), []);
            yield return new Relation(RelationKind.SplitBrain, group.Key, null, verdict, "split " + string.Join(' ', inodes.Select(i => i.Key.ToString()).Order(StringComparer.Ordinal)), []);
        }
    }

    /// <summary>How one name came to lead to two files: two mount namespaces, each with a directory of its own there, or a name that was removed under its holder.</summary>
    private static string Cause(FilePath name, List<IGrouping<FileIdentity, LockEntry>> inodes)
    {
        var views = inodes.SelectMany(i => i).Where(e => e is { PathState: PathState.Current, Foreign: not null, Parties: [_, ..] })
            .Select(e => $"{Activity.Who(e.Parties[0].Process)} by its mount namespace ({e.Foreign!.Cause(e.Parties[0].Process.Unit)})").Distinct().Take(2).ToList();
        return views.Count > 0 && inodes.All(i => i.Any(e => e.PathState == PathState.Current))
            ? $"Each has a {name.Parent.Display} of its own: {string.Join(", ", views)}. Give both one {name.Parent.Display}"
            : "The name was removed while a process had it open";
    }

    private static string Host(ForeignView view) => view.HostPath is { } path ? $", on this host {path.Display}" : "";

    private static IEnumerable<Relation> ByKind(List<LockEntry> held, HostFacts host)
    {
        foreach (var group in held.Where(e => e.PathState == PathState.Current).GroupBy(e => e.File!.Value))
        {
            var flocks = group.Where(e => e.Lock.Class == LockClass.Flock).ToList();
            var records = group.Where(e => e.Lock.Class != LockClass.Flock).ToList();
            if (flocks.Count == 0 || records.Count == 0 || !group.Any(e => e.Lock.Mode == LockMode.Write))
                continue;
            List<ProcessFacts> byFlock = Parties(flocks), byRecord = Parties(records);
            var path = group.First().Path!.Value;
            if (byFlock.Count == 0 || byRecord.Count == 0 || byFlock.Any(f => byRecord.Any(r => Belong(f, r))) || NamedFile.AsLockHandle(path) is not null)
                continue;
            var evidence = new EvidenceList(host.Now);
            evidence.Add(Questions.SameLock, Answer.No, "/proc/locks", $"{Join(byFlock)} {(byFlock.Count == 1 ? "has" : "have")} it locked by flock, which record locks do not see", blocks: true);
            evidence.Add(Questions.SameLock, Answer.No, "/proc/locks", $"{Join(byRecord)} {(byRecord.Count == 1 ? "has" : "have")} it locked by fcntl, which flock does not see", blocks: true);
            var verdict = new Verdict(VerdictWord.SplitBrain, ArtefactKind.Mailbox,
                $"{Join(byFlock)} locks by flock, {Join(byRecord)} by fcntl: they cannot see each other, and both are in the file. Set both programs to one way of locking.",
                "unknown", [], new Owner(byRecord[0].Pid, null, byRecord[0], Answer.Yes), evidence.ToList(), []);
            yield return new Relation(RelationKind.SplitBrain, path, null, verdict, $"kinds {group.Key}", []) { Mailbox = path };
        }
    }

    private static List<ProcessFacts> Parties(List<LockEntry> entries) => [.. entries.SelectMany(e => e.Parties).Select(p => p.Process).DistinctBy(p => p.Pid).OrderBy(p => p.Pid)];

    // A program and its child work together: flock(1) and what it runs.
    private static bool Belong(ProcessFacts a, ProcessFacts b) => a.Pid == b.Pid || a.ParentPid == b.Pid || b.ParentPid == a.Pid;

    private static string Join(List<ProcessFacts> processes) => string.Join(" and ", processes.Take(4).Select(Activity.Who)) + (processes.Count > 4 ? " and others" : "");
}
