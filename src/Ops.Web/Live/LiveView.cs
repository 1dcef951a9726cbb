using System.Collections.Immutable;

namespace Ops.Web.Live;

/// <summary>A finding and the host that reported it: together its address in the console.</summary>
public sealed record LiveFinding(string HostId, Finding Finding)
{
    public string Key => Finding.Key;
}

/// <summary>A finding that appeared, went, or got another verdict. Mere growing older is not recorded.</summary>
/// <param name="From">Verdict before; null when it appeared.</param>
/// <param name="To">Verdict now; null when it no longer exists.</param>
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
    public IReadOnlyDictionary<string, int> CountByVerdict => Findings.Counts.ByWord;

    internal FindingTable Findings { get; }

    public LiveFinding? Find(string key) => Findings.Find(key);

    /// <summary>The same findings under another status; what was computed from them is kept.</summary>
    internal HostView With(HostStatus status) => new(status, Findings, IsComplete, _sorted);

    // Sorted out once for each state that a page looks at, then shared by all pages.
    private sealed record Sorted(LiveFinding[] KernelLocks, LiveFinding[] Files)
    {
        public static Sorted Of(IEnumerable<LiveFinding> findings)
        {
            List<LiveFinding> kernelLocks = [], files = [];
            foreach (var found in findings)
                (found.Finding.Kind == KernelLockKind ? kernelLocks : files).Add(found);
            return new([.. kernelLocks], [.. files]);
        }
    }

    private static readonly string KernelLockKind = Words.Of(ArtefactKind.KernelLock);
}

/// <summary>Everything the console knows at one moment; never changes, so a page may keep it as long as it likes.</summary>
public sealed class LiveView
{
    private readonly Lazy<IReadOnlyList<LiveFinding>> _kernelLocks;
    private readonly Lazy<IReadOnlyList<LiveFinding>> _files;
    private readonly Lazy<IReadOnlyList<string>> _alerts;

    internal LiveView(long version, HostTable hosts, IReadOnlyList<FindingChange> recentChanges, ImmutableArray<string> alerts)
    {
        Version = version;
        Table = hosts;
        RecentChanges = recentChanges;
        Stated = alerts;
        _alerts = new(() => hosts.Renamed == 0 ? alerts : [.. alerts, .. hosts.Select(h => h.Status).Where(s => s.ReportedName is not null).Select(NameTaken), .. hosts.Select(h => h.Status).Where(s => s.CollidedAt is not null).Select(IdTaken)]);
        _kernelLocks = new(() => Join(h => h.KernelLocks));
        _files = new(() => Join(h => h.Files));
    }

    /// <summary>Grows with every change.</summary>
    public long Version { get; }

    /// <summary>By name, then id; lost hosts included.</summary>
    public IReadOnlyList<HostView> Hosts => Table;

    /// <summary>Those that are no drill: what counts.</summary>
    public IEnumerable<HostView> RealHosts => Table.Where(h => !h.Status.IsDrill);

    /// <summary>The last 200, newest first.</summary>
    public IReadOnlyList<FindingChange> RecentChanges { get; }

    /// <summary>Sentences about the console itself that every page must show loudly, such as a broken audit chain.</summary>
    public IReadOnlyList<string> Alerts => _alerts.Value;

    /// <summary>Findings of kind <c>kernel-lock</c> of all hosts.</summary>
    public IReadOnlyList<LiveFinding> KernelLocks => _kernelLocks.Value;

    /// <summary>All other findings of all hosts.</summary>
    public IReadOnlyList<LiveFinding> Files => _files.Value;

    /// <summary>Number of findings of all hosts by verdict word.</summary>
    public IReadOnlyDictionary<string, int> CountByVerdict => Table.Counts.ByWord;

    internal HostTable Table { get; }

    /// <summary>Those of <see cref="Alerts"/> that do not follow from the hosts.</summary>
    internal ImmutableArray<string> Stated { get; }

    public HostView? Host(string hostId) => Table.Find(hostId);

    public LiveFinding? Find(string hostId, string key) => Host(hostId)?.Find(key);

    /// <summary>True when another host than this one is shown under the name; case and surrounding spaces do not count.</summary>
    internal bool IsNameTaken(string name, string exceptHostId) => Table.IsNameTaken(name, exceptHostId);

    private static string NameTaken(HostStatus status) =>
        $"Two hosts report the name {status.ReportedName}. The one that reported it later is shown as {status.HostName}. If you did not set up both, revoke that token on the Hosts page.";

    private static string IdTaken(HostStatus status) =>
        $"Two machines report as {status.HostName}, with one machine id and two boot ids: one of them is probably a clone of the other. Give it a machine id and a token of its own. Until then, neither is believed about locks of other hosts.";

    private IReadOnlyList<LiveFinding> Join(Func<HostView, IReadOnlyList<LiveFinding>> part) =>
        Hosts.Count == 1 ? part(Hosts[0]) : [.. Hosts.SelectMany(part)];
}
