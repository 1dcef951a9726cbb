using Ops.Contracts;

namespace Ops.Agent;

/// <summary>A line of <c>ops locks</c>.</summary>
/// <param name="Depth">0 for a holder, 1 for who waits for it, 2 for who waits behind that.</param>
internal sealed record LockRow(Finding Finding, int Depth)
{
    /// <summary>The verdict, indented under the blocker.</summary>
    public string Verdict => Depth == 0 ? Finding.Verdict : new string(' ', 2 * (Depth - 1)) + "└ " + Finding.Verdict;
}

/// <summary>Puts waiters under those they wait for. Every finding has one line, and findings of different locks keep their order.</summary>
internal static class LockRows
{
    public static IReadOnlyList<LockRow> Of(IReadOnlyList<Finding> findings)
    {
        List<LockRow> rows = new(findings.Count);
        foreach (var group in findings.GroupBy(f => f.Lock?.Group ?? f.Key))
        {
            var members = group.ToList();
            var under = members.ToLookup(m => Blocker(m, members), (IEqualityComparer<Finding?>)ReferenceEqualityComparer.Instance);
            var placed = new HashSet<Finding>(ReferenceEqualityComparer.Instance);
            foreach (var root in under[null])
                Place(root, 0);
            // Members of a cycle have no root.
            foreach (var left in members)
                Place(left, left.Lock?.Depth ?? 0);

            void Place(Finding member, int depth)
            {
                if (!placed.Add(member))
                    return;
                rows.Add(new(member, depth));
                foreach (var waiter in under[member])
                    Place(waiter, depth + 1);
            }
        }
        return rows;
    }

    /// <summary>The first, nearer to the lock, that it waits for; null for a holder, and where the blocker is not known.</summary>
    private static Finding? Blocker(Finding member, List<Finding> members) => member.Lock is { Depth: > 0 } waiting
        ? members.Find(m => m.Lock is { } other && other.Depth < waiting.Depth && (m.Owner?.Pid ?? m.Process?.Pid) is { } pid && waiting.BlockedBy.Contains(pid))
        : null;
}
