using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Overview;

/// <summary>A finding that a person should look at, and why before others.</summary>
/// <param name="Rank">0 most urgent.</param>
/// <param name="Waiters">How many wait for it.</param>
public sealed record AttentionItem(LiveFinding Found, int Rank, int Waiters);

/// <summary>What needs attention, most urgent first: mail being lost, then people waiting for nothing, then what blocks nobody yet.</summary>
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
                    items.Add(new(found, rank, rank == 1 ? waiters : 0));
            }
            var queues = host.KernelLocks
                .Where(l => l.Finding.Lock is { Depth: > 0 })
                .GroupBy(l => l.Finding.Lock!.Group, StringComparer.Ordinal)
                .ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
            foreach (var found in host.KernelLocks)
            {
                var waiters = found.Finding.Lock is { Depth: 0 } kernelLock ? queues.GetValueOrDefault(kernelLock.Group) : 0;
                if (Rank(found.Finding, waiters) is { } rank)
                    items.Add(new(found, rank, waiters));
            }
        }
        return [.. items.OrderBy(i => i.Rank).ThenByDescending(i => i.Waiters).ThenBy(i => Ages.Start(i.Found.Finding) ?? DateTimeOffset.MaxValue)
            .ThenBy(i => i.Found.Key, StringComparer.Ordinal)];
    }

    private static int? Rank(Finding finding, int waiters) => finding.Verdict switch
    {
        "ghost-write" or "split-brain" => 0,
        "stale" when waiters > 0 => 1,
        // A holder that makes no progress while others queue behind it.
        "held" when waiters > 0 && Labels.IsStuck(finding.Process?.State) => 2,
        "stale" => 3,
        "mismatch" => 4,
        "orphan-linked" => 5,
        _ => null,
    };

    /// <summary>Why it is in the list, in a few words.</summary>
    public static string Reason(AttentionItem item) => item.Rank switch
    {
        0 => "mail is at risk",
        1 => $"{Labels.Count(item.Waiters, "program")} waiting for a dead owner",
        2 => $"holder makes no progress, {item.Waiters} waiting",
        3 => "can be broken",
        4 => "compare with the other copy",
        _ => "can be removed, with care",
    };
}
