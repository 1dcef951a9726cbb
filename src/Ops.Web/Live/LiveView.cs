using System.Collections.Immutable;

namespace Ops.Web.Live;

/// <summary>A finding and the host that reported it: together its address in the console.</summary>
public sealed record LiveFinding(string HostId, Finding Finding)
{
    public string Key => Finding.Key;
}

/// <summary>A finding that appeared, went, or got another verdict. Mere growing older is not recorded.</summary>
/// <param name="From">Verdict before; null when it appeared.</param>
/// <param name="To">Verdict now; null when it is no more.</param>
/// <param name="At">By the console's clock.</param>
/// <param name="Number">Counts all changes since the console started: two changes of one finding may fall on one tick of the clock.</param>
public sealed record FindingChange(
    string HostId, string HostName, string Key, string Path, string Kind, string System, string? From, string? To, DateTimeOffset At, long Number);

/// <summary>Everything known about one host at one moment; never changes.</summary>
public sealed class HostView
{
    private readonly Lazy<Sorted> _sorted;

    internal HostView(HostStatus status, FindingTable findings, bool isComplete)
        : this(status, findings, isComplete, new Lazy<Sorted>(() => Sorted.Of(findings.Items))) { }

    private HostView(HostStatus status, FindingTable findings, bool isComplete, Lazy<Sorted> sorted)
    {
        Status = status;
        Findings = findings;
        IsComplete = isComplete;
        _sorted = sorted;
    }

    public HostStatus Status { get; }

    /// <summary>False until the first snapshot has arrived whole: "nothing found" cannot be said yet.</summary>
    public bool IsComplete { get; }

    public int Count => Findings.Items.Count;

    /// <summary>Findings of kind <c>kernel-lock</c>, by key.</summary>
    public IReadOnlyList<LiveFinding> KernelLocks => _sorted.Value.KernelLocks;

    /// <summary>All other findings: lock files, leftovers, mailboxes; by key.</summary>
    public IReadOnlyList<LiveFinding> Files => _sorted.Value.Files;

    /// <summary>Number of findings by verdict word; a word without findings is absent.</summary>
    public IReadOnlyDictionary<string, int> CountByVerdict => _sorted.Value.CountByVerdict;

    internal FindingTable Findings { get; }

    public LiveFinding? Find(string key) => Findings.Find(key);

    /// <summary>The same findings under another status; what was computed from them is kept.</summary>
    internal HostView With(HostStatus status) => new(status, Findings, IsComplete, _sorted);

    // Sorted out once for each state that somebody looks at, then shared by all pages.
    private sealed record Sorted(LiveFinding[] KernelLocks, LiveFinding[] Files, Dictionary<string, int> CountByVerdict)
    {
        public static Sorted Of(IEnumerable<LiveFinding> findings)
        {
            List<LiveFinding> kernelLocks = [], files = [];
            var counts = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var found in findings)
            {
                (found.Finding.Kind == KernelLockKind ? kernelLocks : files).Add(found);
                counts[found.Finding.Verdict] = counts.GetValueOrDefault(found.Finding.Verdict) + 1;
            }
            return new([.. kernelLocks], [.. files], counts);
        }
    }

    private static readonly string KernelLockKind = Words.Of(ArtefactKind.KernelLock);
}

/// <summary>Everything the console knows at one moment; never changes, so a page may keep it as long as it likes.</summary>
public sealed class LiveView
{
    private readonly Lazy<IReadOnlyList<LiveFinding>> _kernelLocks;
    private readonly Lazy<IReadOnlyList<LiveFinding>> _files;
    private readonly Lazy<IReadOnlyDictionary<string, int>> _counts;

    internal LiveView(long version, ImmutableArray<HostView> hosts, ImmutableArray<FindingChange> recentChanges, ImmutableArray<string> alerts)
    {
        Version = version;
        Hosts = hosts;
        RecentChanges = recentChanges;
        Stated = alerts;
        Alerts = [.. alerts, .. hosts.Select(h => h.Status).Where(s => s.ReportedName is not null).Select(NameTaken)];
        _kernelLocks = new(() => Join(h => h.KernelLocks));
        _files = new(() => Join(h => h.Files));
        _counts = new(() => Hosts.SelectMany(h => h.CountByVerdict).GroupBy(c => c.Key, c => c.Value).ToDictionary(g => g.Key, g => g.Sum()));
    }

    /// <summary>Grows with every change.</summary>
    public long Version { get; }

    /// <summary>By name, then id; lost hosts included.</summary>
    public IReadOnlyList<HostView> Hosts { get; }

    /// <summary>The last 200, newest first.</summary>
    public IReadOnlyList<FindingChange> RecentChanges { get; }

    /// <summary>Sentences about the console itself that every page must show loudly, such as a broken audit chain.</summary>
    public IReadOnlyList<string> Alerts { get; }

    /// <summary>Findings of kind <c>kernel-lock</c> of all hosts.</summary>
    public IReadOnlyList<LiveFinding> KernelLocks => _kernelLocks.Value;

    /// <summary>All other findings of all hosts.</summary>
    public IReadOnlyList<LiveFinding> Files => _files.Value;

    /// <summary>Number of findings of all hosts by verdict word.</summary>
    public IReadOnlyDictionary<string, int> CountByVerdict => _counts.Value;

    /// <summary>Those of <see cref="Alerts"/> that do not follow from the hosts.</summary>
    internal ImmutableArray<string> Stated { get; }

    public HostView? Host(string hostId) => Hosts.FirstOrDefault(h => h.Status.HostId == hostId);

    public LiveFinding? Find(string hostId, string key) => Host(hostId)?.Find(key);

    private static string NameTaken(HostStatus status) =>
        $"Two hosts report the name {status.ReportedName}. The one that reported it later is shown as {status.HostName}. If you did not set up both, revoke that token on the Hosts page.";

    private IReadOnlyList<LiveFinding> Join(Func<HostView, IReadOnlyList<LiveFinding>> part) =>
        Hosts.Count == 1 ? part(Hosts[0]) : [.. Hosts.SelectMany(part)];
}
