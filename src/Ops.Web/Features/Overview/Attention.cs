using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Overview;

/// <summary>A finding that a person should look at, and why before others.</summary>
/// <param name="Rank">0 most urgent.</param>
/// <param name="Waiters">How many wait for it.</param>
public sealed record AttentionItem(LiveFinding Found, int Rank, int Waiters)
{
    /// <summary>It is there to practise on: after all others, and not counted.</summary>
    public bool IsDrill { get; init; }
}

/// <summary>What needs attention, most urgent first: mail being lost, then programs that wait for each other, then people waiting for nothing, then what blocks no process yet.</summary>
public static class Attention
{
    public static IReadOnlyList<AttentionItem> Of(LiveView view)
    {
        List<AttentionItem> items = [];
        foreach (var host in view.Hosts)
        {
            var dotLockWaiters = Relations.DotLockWaiters(host);
            foreach (var found in host.Files)
            {
                var waiters = Relations.IsLock(found.Finding) ? dotLockWaiters.GetValueOrDefault(Relations.NameOf(found.Finding)) : 0;
                if (Rank(found.Finding, waiters) is { } rank)
                    items.Add(new(found, rank, rank == 2 ? waiters : 0) { IsDrill = host.Status.IsDrill });
            }
            var queues = host.KernelLocks
                .Where(l => l.Finding.Lock is { Depth: > 0 })
                .GroupBy(l => l.Finding.Lock!.Group, StringComparer.Ordinal)
                .ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
            foreach (var found in host.KernelLocks.Where(l => DrillPlace.Belongs(l.Finding.Path, host.Status.IsDrill, host.Status.Roots)))
            {
                var waiters = found.Finding.Lock is { Depth: 0 } kernelLock ? queues.GetValueOrDefault(kernelLock.Group) : 0;
                if (Rank(found.Finding, waiters) is { } rank)
                    items.Add(new(found, rank, waiters) { IsDrill = host.Status.IsDrill });
            }
        }
        return [.. items.OrderBy(i => i.IsDrill).ThenBy(i => i.Rank).ThenByDescending(i => i.Waiters).ThenBy(i => Ages.Start(i.Found.Finding) ?? DateTimeOffset.MaxValue)
            .ThenBy(i => i.Found.Key, StringComparer.Ordinal)];
    }

    /// <summary>Without what belongs to one of these mailboxes: said once, there.</summary>
    public static IReadOnlyList<AttentionItem> Besides(IReadOnlyList<LiveMailbox> mailboxes, LiveView view)
    {
        var said = mailboxes.SelectMany(m => m.Card.Findings.Select(f => (m.HostId, f.Key))).ToHashSet();
        return [.. Of(view).Where(i => !said.Contains((i.Found.HostId, i.Found.Key)))];
    }

    /// <summary>Whether a finding that gets or loses this verdict is news for a person: what is held, waited for or there by design comes and goes all the time.</summary>
    public static bool Matters(string? verdict) => verdict is not null && VerdictLook.Find(verdict) is not (VerdictWord.Held or VerdictWord.Waiting or VerdictWord.NotALock);

    private static int? Rank(Finding finding, int waiters)
    {
        var verdict = VerdictLook.Find(finding.Verdict);
        if (finding.Relation == Words.Of(RelationKind.Deadlock) && verdict is not (VerdictWord.GhostWrite or VerdictWord.SplitBrain))
            return 1;
        // Without a default: a new verdict does not compile until it has its rank. A value without a name comes from no agent.
#pragma warning disable CS8524
        return verdict switch
        {
            VerdictWord.GhostWrite or VerdictWord.SplitBrain => 0,
            VerdictWord.Stale => waiters > 0 ? 2 : 4,
            // A holder that makes no progress while others queue behind it.
            VerdictWord.Held => waiters > 0 && ProcessStates.MakesNoProgress(finding.Process?.State) ? 3 : null,
            VerdictWord.Mismatch => 5,
            VerdictWord.OrphanLinked => 6,
            VerdictWord.Orphan or VerdictWord.Waiting or VerdictWord.NotALock or VerdictWord.Refused or null => null,
        };
#pragma warning restore CS8524
    }

    /// <summary>Why it is in the list, in a few words.</summary>
    public static string Reason(AttentionItem item) => item.Rank switch
    {
        0 => "mail is at risk",
        1 => $"deadlock: {Labels.Count(item.Found.Finding.Cycle.Count, "program")} wait for each other",
        2 => $"{Labels.Count(item.Waiters, "program")} waiting for a dead owner",
        3 => $"holder is stuck, {item.Waiters} waiting",
        4 => item.Found.Finding.Actions.Count > 0 ? "can be broken" : "its owner is gone",
        5 => "compare with the other copy",
        _ => item.Found.Finding.Actions.Count > 0 ? "can be removed, with care" : "its owner is gone; it has other names",
    };
}
