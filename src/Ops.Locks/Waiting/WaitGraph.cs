namespace Ops.Locks;

/// <summary>How it is known that a process waits.</summary>
public enum WaitBy
{
    /// <summary>The kernel has it in the queue of a lock.</summary>
    Kernel,

    /// <summary>It tries again and again: a hitching post of its own or its command line shows it.</summary>
    Polling,

    /// <summary>It sleeps until a child ends.</summary>
    Child,

    /// <summary>It lacks one lock of a mailbox of which it has the other, and sleeps and wakes again and again: very likely, not proven.</summary>
    Likely,
}

/// <summary>One process waits for another.</summary>
/// <param name="For">What it waits for, in words.</param>
/// <param name="Mailbox">The mailbox whose lock it is, where it is known.</param>
public sealed record Wait(int Waiter, int Blocker, string For, WaitBy By = WaitBy.Kernel, FilePath? Mailbox = null);

/// <summary>Who waits for whom, over kernel locks and dot locks together. Nodes are pids of one look at one host.</summary>
public sealed class WaitGraph
{
    private readonly ILookup<int, Wait> _blockers;
    private readonly ILookup<int, Wait> _victims;

    public WaitGraph(IEnumerable<Wait> waits)
    {
        Waits = [.. waits.Where(w => w.Waiter != w.Blocker).Distinct()];
        _blockers = Waits.ToLookup(w => w.Waiter);
        _victims = Waits.ToLookup(w => w.Blocker);
    }

    public IReadOnlyList<Wait> Waits { get; }

    /// <summary>From the verdicts on kernel locks and the processes that poll for dot locks.</summary>
    public static WaitGraph From(IEnumerable<KernelLockVerdict> locks, IEnumerable<Relation> relations) =>
        new(locks
            .Where(v => v.Party is not null)
            .SelectMany(v => v.BlockedBy, (v, blocker) => new Wait(v.Party!.Process.Pid, blocker, v.Entry.Path?.Display ?? "a file without a known path", WaitBy.Kernel, MailboxOf(v.Entry)))
            .Concat(relations.Where(r => r is { Kind: RelationKind.DotLockWaiter, IsLikely: false, Verdict.Owner.Pid: not null })
                .SelectMany(r => r.BlockedBy, (r, blocker) => new Wait(r.Verdict.Owner.Pid!.Value, blocker, r.Path.Display, WaitBy.Polling, r.Mailbox))));

    /// <summary>The same with waits that are no queue's and no known poller's.</summary>
    public WaitGraph With(IEnumerable<Wait> more) => new([.. Waits, .. more]);

    // A file that is locked only to lock something else is no mailbox.
    private static FilePath? MailboxOf(LockEntry entry) => entry.Path is { } path && NamedFile.AsLockHandle(path) is null ? path : null;

    /// <summary>
    /// The same with those who hold a lock and only wait for a child that waits itself: a script that took a dot lock and runs a program which is
    /// stuck, the usual way into a deadlock between a dot lock and <c>fcntl</c>.
    /// </summary>
    /// <param name="waitsForChild">Whether this process sleeps until a child ends; asked only for those that another process waits for.</param>
    public WaitGraph WithParents(ProcessTable processes, Func<int, bool?> waitsForChild)
    {
        var children = processes.Processes.Values.ToLookup(p => p.ParentPid, p => p.Pid);
        var added = new List<Wait>();
        foreach (var holder in Waits.Select(w => w.Blocker).Distinct().Where(p => !_blockers[p].Any()))
        {
            foreach (var (parent, child) in ChainsToWaiters(holder, children))
            {
                if (waitsForChild(parent) == true)
                    added.Add(new Wait(parent, child, "its child", WaitBy.Child));
                else
                    break;
            }
        }
        return added.Count == 0 ? this : new WaitGraph([.. Waits, .. added]);
    }

    /// <summary>Steps from a process down to descendants that wait, parents before children; nothing when there are none.</summary>
    private List<(int Parent, int Child)> ChainsToWaiters(int from, ILookup<int, int> children)
    {
        var cameFrom = new Dictionary<int, int> { [from] = 0 };
        var queue = new Queue<int>([from]);
        while (queue.TryDequeue(out var pid))
        {
            foreach (var child in children[pid].Where(c => cameFrom.TryAdd(c, pid)))
            {
                if (_blockers[child].Any())
                {
                    var steps = new List<(int, int)>();
                    for (var at = child; at != from; at = cameFrom[at])
                        steps.Insert(0, (cameFrom[at], at));
                    return steps;
                }
                queue.Enqueue(child);
            }
        }
        return [];
    }

    public IEnumerable<Wait> BlockersOf(int pid) => _blockers[pid];

    /// <summary>Everybody who waits for it, directly or through others, nearest first.</summary>
    public IReadOnlyList<int> VictimsOf(int pid) => Reach(pid, p => _victims[p].Select(w => w.Waiter));

    /// <summary>Those at the far end that wait for no other process. Empty for a process that waits for none, and inside a deadlock.</summary>
    public IReadOnlyList<int> RootBlockersOf(int pid) =>
        [.. Reach(pid, p => _blockers[p].Select(w => w.Blocker)).Where(p => !_blockers[p].Any())];

    /// <summary>Deadlocks: each a list of pids, every one of which waits for the next and the last for the first. Starts with the smallest pid.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Cycles()
    {
        var found = new List<IReadOnlyList<int>>();
        var done = new HashSet<int>();
        foreach (var start in Waits.Select(w => w.Waiter).Distinct().Order())
        {
            if (done.Contains(start) || PathTo(start, start) is not { } cycle)
                continue;
            found.Add(cycle);
            done.UnionWith(cycle);
        }
        return found;
    }

    private static List<int> Reach(int from, Func<int, IEnumerable<int>> next)
    {
        var seen = new HashSet<int> { from };
        var queue = new Queue<int>([from]);
        var reached = new List<int>();
        while (queue.TryDequeue(out var pid))
        {
            foreach (var other in next(pid).Where(seen.Add))
            {
                reached.Add(other);
                queue.Enqueue(other);
            }
        }
        return reached;
    }

    /// <summary>Shortest way along "waits for" from one process back to the other.</summary>
    private List<int>? PathTo(int from, int to)
    {
        var cameFrom = new Dictionary<int, int>();
        var queue = new Queue<int>([from]);
        while (queue.TryDequeue(out var pid))
        {
            foreach (var wait in _blockers[pid])
            {
                if (wait.Blocker == to)
                {
                    var path = new List<int> { pid };
                    while (path[0] != from)
                        path.Insert(0, cameFrom[path[0]]);
                    return path;
                }
                if (cameFrom.TryAdd(wait.Blocker, pid))
                    queue.Enqueue(wait.Blocker);
            }
        }
        return null;
    }
}
