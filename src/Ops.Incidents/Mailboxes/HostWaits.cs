namespace Ops.Incidents;

/// <summary>Who waits for whom on one host, over kernel and dot locks.</summary>
internal sealed class HostWaits
{
    private readonly IReadOnlyList<Finding> _deadlocks;
    private readonly Dictionary<int, HashSet<int>> _blockers = [];
    private readonly Dictionary<int, List<Finding>> _held = [];

    public HostWaits(IReadOnlyList<Finding> findings)
    {
        _deadlocks = [.. findings.Where(f => f.Cycle.Count > 0)];
        foreach (var finding in findings)
        {
            if (IsWait(finding) && PidOf(finding) is { } waiter)
            {
                if (!_blockers.TryGetValue(waiter, out var blockers))
                    _blockers[waiter] = blockers = [];
                blockers.UnionWith(BlockersOf(finding));
            }
            else if (finding.Verdict is "held" or "ghost-write" && PidOf(finding) is { } holder)
            {
                if (!_held.TryGetValue(holder, out var held))
                    _held[holder] = held = [];
                held.Add(finding);
            }
        }
    }

    /// <summary>The process behind a finding, when one lives.</summary>
    public static int? PidOf(Finding finding) => finding.Process?.Pid ?? (finding.OwnerAlive == true ? finding.Owner?.Pid : null);

    /// <summary>Those that wait for one of these locks, once each.</summary>
    public static IEnumerable<Victim> VictimsOn(IReadOnlyList<Finding> about) => about
        .Where(f => IsWait(f) && PidOf(f) is not null)
        .GroupBy(f => PidOf(f)!.Value)
        .Select(g => new Victim(g.Key, g.Select(f => f.Process).FirstOrDefault(p => p is not null), g.Min(f => f.Since), [.. g.SelectMany(BlockersOf).Distinct().Order()]));

    /// <summary>The circle that one of these processes is in.</summary>
    public Finding? DeadlockOf(IReadOnlyList<Finding> about)
    {
        if (about.FirstOrDefault(f => f.Cycle.Count > 0) is { } own)
            return own;
        if (_deadlocks.Count == 0)
            return null;
        var pids = about.Where(f => IsWait(f) || f.Verdict == "held").Select(PidOf).OfType<int>().ToHashSet();
        return _deadlocks.FirstOrDefault(f => f.Cycle.Any(pids.Contains));
    }

    /// <summary>What the waits lead to in the end: a process that itself waits for nothing, else a stale lock; without waiters, the holder.</summary>
    public Blocker? RootOf(IReadOnlyList<Finding> about, IReadOnlyList<Victim> victims)
    {
        var roots = victims.SelectMany(v => RootsOf(v.Pid)).Distinct().ToList();
        if (roots.Count > 0)
        {
            var pid = roots.MaxBy(r => victims.Count(v => RootsOf(v.Pid).Contains(r)));
            // Of all that it holds the lock that one of them waits for, before a file that is only its own.
            var wanted = about.Where(IsWait).Select(f => f.Lock?.Group).OfType<string>().ToHashSet(StringComparer.Ordinal);
            var finding = _held.GetValueOrDefault(pid)?.OrderByDescending(f => f.Lock is { } held && wanted.Contains(held.Group)).ThenByDescending(about.Contains).FirstOrDefault();
            return new Blocker(pid, finding?.Process, finding);
        }
        if (about.FirstOrDefault(f => f.Verdict == "stale") is { } stale)
            return new Blocker(null, null, stale);
        if (about.FirstOrDefault(MailboxBoard.IsUndecidedLock) is { } undecided)
            return new Blocker(null, null, undecided);
        return about.Where(f => f.Verdict == "held").OrderBy(f => f.Lock is null).FirstOrDefault() is { } held ? new Blocker(PidOf(held), held.Process, held) : null;
    }

    private HashSet<int> RootsOf(int pid)
    {
        HashSet<int> seen = [pid], roots = [];
        var next = new Stack<int>(_blockers.GetValueOrDefault(pid) ?? []);
        while (next.TryPop(out var blocker))
        {
            if (!seen.Add(blocker))
                continue;
            if (_blockers.GetValueOrDefault(blocker) is { Count: > 0 } further)
            {
                foreach (var one in further)
                    next.Push(one);
            }
            else
            {
                roots.Add(blocker);
            }
        }
        return roots;
    }

    private static bool IsWait(Finding finding) => finding.Verdict == "waiting" && finding.Cycle.Count == 0;

    private static IEnumerable<int> BlockersOf(Finding finding) => (finding.Lock?.BlockedBy ?? []).Concat(finding.BlockedBy);
}
