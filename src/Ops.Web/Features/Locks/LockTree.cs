using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Locks;

/// <summary>One line of the Locks page.</summary>
/// <param name="Address">Stays the same while the lock lives.</param>
/// <param name="Depth">0 for a holder, 1 for who waits for it, 2 for who waits behind that.</param>
/// <param name="Waiters">Everybody who waits, directly or not, for a lock of this group.</param>
/// <param name="Matches">False: shown only because a blocker or a waiter of it matches the filter.</param>
public sealed record LockRow(string Address, LiveFinding Found, int Depth, int Waiters, bool Matches)
{
    public Finding Finding => Found.Finding;
}

/// <summary>The lines of the Locks page, and what they leave out.</summary>
/// <param name="Matching">Lines that match the filter themselves.</param>
/// <param name="Total">All kernel locks known, shown or not.</param>
/// <param name="Elsewhere">Locks that are left out because they are outside the mail stores and block nothing.</param>
public sealed record LockRows(IReadOnlyList<LockRow> Rows, int Matching, int Total, int Elsewhere = 0);

/// <summary>Puts waiters under their blockers. A group (all holders and waiters of one lock) is shown whole or not at all: a waiter without its blocker
/// would be half a story.</summary>
public static class LockTree
{
    /// <param name="isInStore">Whether a lock is in one of the mail stores; all are when it is null.</param>
    public static LockRows Arrange(IReadOnlyList<LiveFinding> locks, LockFilter filter, Func<LiveFinding, bool>? isInStore = null)
    {
        var groups = new Dictionary<(string, string), List<LiveFinding>>();
        foreach (var found in locks)
        {
            var name = (found.HostId, found.Finding.Lock?.Group ?? found.Key);
            if (groups.TryGetValue(name, out var members))
                members.Add(found);
            else
                groups.Add(name, [found]);
        }

        List<Group> shown = new(groups.Count);
        foreach (var members in groups.Values)
        {
            if (!filter.IsActive || members.Exists(m => filter.Matches(m.HostId, m.Finding)))
                shown.Add(Group.Of(members));
        }
        if (filter.Waiters)
            shown.RemoveAll(g => g.Waiters == 0);
        var elsewhere = 0;
        if (filter.OnlyStores && isInStore is not null)
        {
            elsewhere = shown.Where(IsNoise).Sum(g => g.Members.Count);
            shown.RemoveAll(IsNoise);
        }

        // Anything but a lock that is simply held is shown wherever it is.
        bool IsNoise(Group group) => group.Waiters == 0 && group.Members.TrueForAll(m => m.Finding.Verdict == Held && !isInStore(m));
        shown.Sort(Order(filter.Sort));

        List<LockRow> rows = new(locks.Count);
        foreach (var group in shown)
            group.AddTo(rows, filter);
        return new(rows, rows.Count(r => r.Matches), locks.Count, elsewhere);
    }

    private static readonly string Held = Words.Of(VerdictWord.Held);

    // Path and address at the end of each order: rows of equal rank never change places between two updates.
    private static Comparison<Group> Order(string sort) => sort switch
    {
        "waiters" => static (a, b) => b.Waiters.CompareTo(a.Waiters) is var c && c != 0 ? c : Group.ByPath(a, b),
        "oldest" => static (a, b) => a.Start.CompareTo(b.Start) is var c && c != 0 ? c : Group.ByPath(a, b),
        "newest" => static (a, b) => b.Start.CompareTo(a.Start) is var c && c != 0 ? c : Group.ByPath(a, b),
        _ => Group.ByPath,
    };

    private sealed record Group(LiveFinding First, List<LiveFinding> Members, int Waiters, DateTimeOffset Start)
    {
        public static Group Of(List<LiveFinding> members)
        {
            if (members.Count > 1)
                members.Sort(ByRank);
            // An unknown start is neither oldest nor newest by merit; last among the oldest will do.
            return new(members[0], members, members.Count(m => m.Finding.Lock is { Depth: > 0 }), Ages.Start(members[0].Finding) ?? DateTimeOffset.MaxValue);
        }

        public static int ByPath(Group a, Group b) =>
            string.CompareOrdinal(a.First.Finding.Path, b.First.Finding.Path) is var c && c != 0 ? c :
            string.CompareOrdinal(a.First.HostId, b.First.HostId) is var d && d != 0 ? d : string.CompareOrdinal(a.First.Key, b.First.Key);

        public void AddTo(List<LockRow> rows, LockFilter filter)
        {
            if (Members.Count == 1)
            {
                rows.Add(Row(First, First.Finding.Lock?.Depth ?? 0, filter));
                return;
            }
            var children = Members.ToLookup(Parent);
            var placed = new HashSet<LiveFinding>(ReferenceEqualityComparer.Instance);
            foreach (var root in children[null])
                Place(root, root.Finding.Lock?.Depth ?? 0);
            foreach (var left in Members)
                Place(left, left.Finding.Lock?.Depth ?? 0); // members of a cycle have no root; none may be lost
            void Place(LiveFinding member, int depth)
            {
                if (!placed.Add(member))
                    return;
                rows.Add(Row(member, depth, filter));
                foreach (var child in children[member])
                    Place(child, depth + 1);
            }
        }

        /// <summary>Where a waiter is shown: under the first member, in the group's order, that it waits for and that stands nearer to the lock.</summary>
        private LiveFinding? Parent(LiveFinding member) => member.Finding.Lock is { Depth: > 0 } waiting
            ? Members.Find(m => m.Finding.Lock is { } other && other.Depth < waiting.Depth && PidOf(m.Finding) is { } pid && waiting.BlockedBy.Contains(pid))
            : null;

        private LockRow Row(LiveFinding member, int depth, LockFilter filter) =>
            new(Addresses.Of(member), member, depth, Waiters, !filter.IsActive || filter.Matches(member.HostId, member.Finding));

        private static int ByRank(LiveFinding a, LiveFinding b)
        {
            var depth = (a.Finding.Lock?.Depth ?? 0).CompareTo(b.Finding.Lock?.Depth ?? 0);
            return depth != 0 ? depth
                : Nullable.Compare(PidOf(a.Finding), PidOf(b.Finding)) is var pid && pid != 0 ? pid : string.CompareOrdinal(a.Key, b.Key);
        }
    }

    internal static int? PidOf(Finding finding) => finding.Owner?.Pid ?? finding.Process?.Pid;
}
