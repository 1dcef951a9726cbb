namespace Ops.Incidents;

/// <summary>Who holds what, and who waits for it, over kernel locks and lock files of one host together. Pure.</summary>
public sealed class LockGraph
{
    private readonly Dictionary<string, GraphNode> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<GraphEdge> _edges = [];
    private readonly HashSet<int> _waiting = [];

    private LockGraph(IReadOnlyList<Finding> findings)
    {
        foreach (var group in findings.Where(f => f.Lock is not null).GroupBy(f => f.Lock!.Group, StringComparer.Ordinal))
            AddKernelLocks(group.Key, [.. group]);
        AddLockFiles(findings);
        foreach (var deadlock in findings.Where(f => f.Cycle.Count > 1))
            AddCircle(deadlock);
    }

    /// <summary>Everything that hangs together: deadlocks first, then what waits longest.</summary>
    /// <param name="findings">All of one host.</param>
    public static IReadOnlyList<GraphPart> Of(IReadOnlyList<Finding> findings) => new LockGraph(findings).Parts();

    /// <summary>Those in which a process waits: a lock without waiters concerns only its own mailbox.</summary>
    public static IReadOnlyList<GraphPart> Waits(IReadOnlyList<GraphPart> parts) => [.. parts.Where(p => p.Waiting > 0 || p.HasCircle)];

    /// <summary>Those that this mailbox is in, with what they lead to in other mailboxes.</summary>
    public static IReadOnlyList<GraphPart> About(IReadOnlyList<GraphPart> parts, MailboxCard card)
    {
        var keys = card.Findings.Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        var pids = card.Findings.SelectMany(f => f.Cycle).ToHashSet();
        return [.. parts.Where(p => p.Nodes.Any(n => n.Finding is { } finding && keys.Contains(finding.Key) || n.Pid is { } pid && pids.Contains(pid)))];
    }

    // Locks on separate ranges of one file stop different processes: what no wait connects is apart.
    private void AddKernelLocks(string group, List<Finding> members)
    {
        var apart = new Dictionary<int, int>();
        foreach (var member in members)
        {
            if (HostWaits.PidOf(member) is not { } pid)
                continue;
            Join(apart, pid, pid);
            foreach (var blocker in member.Lock!.BlockedBy)
                Join(apart, pid, blocker);
        }
        var sets = apart.Keys.Order().GroupBy(p => Top(apart, p)).ToList();
        var bySet = members.Where(m => HostWaits.PidOf(m) is not null).ToLookup(m => Top(apart, HostWaits.PidOf(m)!.Value));
        foreach (var set in sets)
        {
            var waiters = bySet[set.Key].Where(m => m.Verdict == "waiting").ToList();
            var holders = bySet[set.Key].Where(m => m.Verdict != "waiting").ToList();
            var id = sets.Count == 1 ? $"lock {group}" : FormattableString.Invariant($"lock {group} {set.Min()}");
            _nodes[id] = new GraphNode(id, GraphKind.KernelLock, holders.FirstOrDefault() ?? waiters[0]) { Since = holders.Min(h => h.Since) };
            foreach (var holder in holders)
                Holds(id, HostWaits.PidOf(holder)!.Value, holder);
            // A holder that was not seen holding: its pid is all that is known.
            foreach (var unseen in set.Except(bySet[set.Key].Select(m => HostWaits.PidOf(m)!.Value)))
                Holds(id, unseen, null);
            foreach (var waiter in waiters)
                WaitsFor(id, HostWaits.PidOf(waiter)!.Value, waiter, waiter.Lock!.BlockedBy);
        }
    }

    private void AddLockFiles(IReadOnlyList<Finding> findings)
    {
        foreach (var file in findings.Where(f => f.Relation is null && f.Lock is null && MailboxBoard.IsLockFile(f) && f.Verdict is "held" or "stale" || MailboxBoard.IsUndecidedLock(f)))
        {
            var id = $"file {file.Path}";
            _nodes.TryAdd(id, new GraphNode(id, GraphKind.LockFile, file) { Since = file.Since });
            if (file.Verdict == "held" && HostWaits.PidOf(file) is { } pid)
                Holds(id, pid, file);
        }
        foreach (var waiter in findings.Where(f => f.Relation == Words.Of(RelationKind.DotLockWaiter)))
        {
            if (HostWaits.PidOf(waiter) is not { } pid)
                continue;
            var id = $"file {waiter.Path}";
            if (_nodes.TryAdd(id, new GraphNode(id, GraphKind.LockFile, waiter) { Since = waiter.Since }))
            {
                // The lock itself was not judged in this scan; who is in the way is known.
                foreach (var blocker in waiter.BlockedBy)
                    Holds(id, blocker, null);
            }
            WaitsFor(id, pid, waiter, waiter.BlockedBy);
        }
    }

    // A step of the circle that no lock shows: a process that waits for its child, or very likely for a lock.
    private void AddCircle(Finding deadlock)
    {
        for (var i = 0; i < deadlock.Cycle.Count; i++)
        {
            var (waiter, blocker) = (deadlock.Cycle[i], deadlock.Cycle[(i + 1) % deadlock.Cycle.Count]);
            Process(waiter, waiter == HostWaits.PidOf(deadlock) ? deadlock : null);
            Process(blocker, null);
            if (!_nodes.Values.Any(n => n.IsLock && _edges.Contains(new(IdOf(blocker), n.Id)) && _edges.Contains(new(n.Id, IdOf(waiter)))))
                _edges.Add(new(IdOf(blocker), IdOf(waiter)));
            _waiting.Add(waiter);
        }
        if (HostWaits.PidOf(deadlock) is { } yields && _nodes.TryGetValue(IdOf(yields), out var node))
            _nodes[node.Id] = node with { Yields = true };
    }

    private void Holds(string lockId, int pid, Finding? finding)
    {
        Process(pid, finding);
        _edges.Add(new(IdOf(pid), lockId));
    }

    private void WaitsFor(string lockId, int pid, Finding finding, IReadOnlyList<int> blockers)
    {
        Process(pid, finding);
        _waiting.Add(pid);
        if (!_edges.Contains(new(IdOf(pid), lockId)))
        {
            _edges.Add(new(lockId, IdOf(pid)));
            return;
        }
        // It holds the lock already and wants more of it: it waits for the others, not for itself.
        foreach (var blocker in blockers.Where(b => b != pid))
        {
            Process(blocker, null);
            _edges.Add(new(IdOf(blocker), IdOf(pid)));
        }
    }

    // A wait says more of a process than what it holds, and of two waits the longer one.
    private void Process(int pid, Finding? finding)
    {
        var id = IdOf(pid);
        if (!_nodes.TryGetValue(id, out var known))
            _nodes[id] = new GraphNode(id, GraphKind.Process, finding, pid) { Since = finding?.Since };
        else if (finding is not null && (known.Finding is null || Rank(finding) > Rank(known.Finding) || Rank(finding) == Rank(known.Finding) && finding.Since < known.Since))
            _nodes[id] = known with { Finding = finding, Since = finding.Since };
    }

    private static int Rank(Finding finding) => (finding.Verdict == "waiting" ? 2 : 0) + (finding.Process is null ? 0 : 1);

    private static string IdOf(int pid) => FormattableString.Invariant($"pid {pid}");

    private List<GraphPart> Parts()
    {
        var blockers = _edges.ToLookup(e => e.To, e => e.From, StringComparer.Ordinal);
        var blocked = _edges.ToLookup(e => e.From, e => e.To, StringComparer.Ordinal);
        var circles = Circles.In(_nodes.Keys, blockers, blocked);
        var ordered = _nodes.Values
            .Select(n => n with { IsInCircle = circles.Contains(n.Id), Yields = n.Yields && circles.Contains(n.Id), IsRoot = !blockers[n.Id].Any() && blocked[n.Id].Any(next => !_nodes[next].IsLock || blocked[next].Any()) })
            .OrderBy(n => n.Since ?? DateTimeOffset.MaxValue).ThenBy(n => n.Pid ?? 0).ThenBy(n => n.Id, StringComparer.Ordinal).ToList();
        var nodes = ordered.ToDictionary(n => n.Id, StringComparer.Ordinal);
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<GraphPart> parts = [];
        foreach (var start in ordered.Where(n => seen.Add(n.Id)))
        {
            HashSet<string> ids = new(StringComparer.Ordinal) { start.Id };
            var next = new Queue<string>([start.Id]);
            while (next.TryDequeue(out var id))
            {
                foreach (var other in blockers[id].Concat(blocked[id]).Where(ids.Add))
                {
                    seen.Add(other);
                    next.Enqueue(other);
                }
            }
            List<GraphNode> own = [.. ids.Select(id => nodes[id]).OrderBy(n => n.Since ?? DateTimeOffset.MaxValue).ThenBy(n => n.Pid ?? 0).ThenBy(n => n.Id, StringComparer.Ordinal)];
            List<GraphEdge> edges = [.. own.SelectMany(n => blocked[n.Id].Select(to => new GraphEdge(n.Id, to)))];
            parts.Add(new(own, edges, own.Count(n => n.Pid is { } pid && _waiting.Contains(pid))));
        }
        // By when it began and not by numbers that change all the time: parts must not change places while they are read.
        return [.. parts.OrderBy(p => p.HasCircle ? 0 : 1).ThenBy(p => p.Waiting == 0).ThenBy(p => p.Nodes[0].Since ?? DateTimeOffset.MaxValue).ThenBy(p => p.Nodes[0].Id, StringComparer.Ordinal)];
    }

    private static void Join(Dictionary<int, int> apart, int a, int b)
    {
        apart.TryAdd(a, a);
        apart.TryAdd(b, b);
        apart[Top(apart, a)] = Top(apart, b);
    }

    private static int Top(Dictionary<int, int> apart, int pid)
    {
        while (apart[pid] != pid)
            pid = apart[pid] = apart[apart[pid]];
        return pid;
    }
}
