using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>Who stands in whose way, as far as one host's findings tell it.</summary>
/// <param name="Waiters">Those who wait for this finding to go.</param>
/// <param name="Blockers">Those that this finding waits for.</param>
public sealed record Relations(IReadOnlyList<LiveFinding> Waiters, IReadOnlyList<LiveFinding> Blockers)
{
    public static Relations None { get; } = new([], []);

    public static Relations Of(LiveFinding found, LiveView view)
    {
        if (view.Host(found.HostId) is not { } host)
            return None;
        var finding = found.Finding;
        if (finding.Lock is { } mine)
        {
            var group = host.KernelLocks.Where(l => l.Key != found.Key && l.Finding.Lock?.Group == mine.Group).ToList();
            var pid = Pid(finding);
            return new(
                [.. group.Where(l => l.Finding.Lock!.Depth > mine.Depth && pid is { } p && l.Finding.Lock.BlockedBy.Contains(p)).OrderBy(l => l.Finding.Lock!.Depth)],
                [.. group.Where(l => Pid(l.Finding) is { } p && mine.BlockedBy.Contains(p)).OrderBy(l => l.Finding.Lock!.Depth)]);
        }
        if (finding.Mailbox is not { } mailbox)
            return None;
        // Dot locks: whoever waits for the same mailbox waits for its lock.
        var same = host.Files.Where(f => f.Key != found.Key && f.Finding.Mailbox == mailbox).ToList();
        return IsWaiting(finding)
            ? new([], [.. same.Where(f => !IsWaiting(f.Finding) && IsLock(f.Finding))])
            : IsLock(finding) ? new([.. same.Where(f => IsWaiting(f.Finding))], []) : None;
    }

    /// <summary>For every mailbox of a host that somebody waits for by dot lock: how many.</summary>
    public static IReadOnlyDictionary<string, int> DotLockWaiters(HostView host) => host.Files
        .Where(f => f.Finding.Mailbox is not null && IsWaiting(f.Finding))
        .GroupBy(f => f.Finding.Mailbox!, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);

    private static int? Pid(Finding finding) => finding.Owner?.Pid ?? finding.Process?.Pid;

    private static bool IsWaiting(Finding finding) => finding.Verdict == Words.Of(VerdictWord.Waiting);

    private static bool IsLock(Finding finding) =>
        finding.Kind == Words.Of(ArtefactKind.DotLock) || finding.Kind == Words.Of(ArtefactKind.MbxLock) || finding.Kind == Words.Of(ArtefactKind.LockFile);
}
