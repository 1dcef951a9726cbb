using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Findings as last sent to the console, and the numbers of the deltas that carried them.</summary>
/// <remarks>
/// Not safe for several threads: the loop that sends owns it. A kernel lock must be missing from two looks in a row before it is closed,
/// because <c>/proc/locks</c> is not a snapshot and can leave out a row that is there; or the descriptors of its holder do not show it any more.
/// </remarks>
public sealed class FindingBook(Guid epoch)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // Of files and what is said of them, by name: an event gives a name and no key.
    private readonly Dictionary<FilePath, string[]> _keysAt = [];

    private SessionLook? _sessions;

    public Guid Epoch => epoch;

    /// <summary>Number of the last delta; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>Whether the last look at the kernel locks did not see one that is in the book still: a second look decides.</summary>
    public bool IsInDoubt { get; private set; }

    public IReadOnlyCollection<Finding> Findings => [.. _entries.Values.Select(e => e.Finding)];

    /// <summary>Waits for kernel locks that the last look at those saw, with when they were first seen.</summary>
    public IEnumerable<(string Key, DateTimeOffset Since)> Waits => _entries.Where(e => e.Value is { Area: ScanArea.KernelLocks, Missed: 0, Finding.Verdict: "waiting" }).Select(e => (e.Key, e.Value.Finding.Since!.Value));

    public Finding? Find(string key) => _entries.TryGetValue(key, out var entry) ? entry.Finding : null;

    /// <summary>Takes in what one scan saw of its area.</summary>
    /// <param name="notLookedAt">Whether the scan failed to look where this finding was: then its absence says nothing.</param>
    /// <param name="gone">Keys of kernel locks that are released for certain.</param>
    /// <param name="unchanged">Keys of findings that are as they were at the scan before.</param>
    /// <returns>Null when nothing changed; the number is used up only when there is something to send.</returns>
    public Delta? Apply(ScanArea area, IEnumerable<Finding> seen, DateTimeOffset now, Func<Finding, bool>? notLookedAt = null,
        IReadOnlySet<string>? gone = null, IReadOnlyCollection<string>? unchanged = null)
    {
        var (opened, changed, closed) = (new List<Finding>(), new List<Finding>(), new List<string>());
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var finding in seen)
        {
            // Two rows that nothing distinguishes are one finding.
            if (!present.Add(finding.Key))
                continue;
            Enter(area, finding, now, opened, changed);
        }
        foreach (var key in unchanged ?? [])
        {
            if (_entries.TryGetValue(key, out var entry) && present.Add(key))
                entry.Missed = 0;
        }

        foreach (var (key, entry) in _entries)
        {
            if (entry.Area != area || present.Contains(key) || notLookedAt?.Invoke(entry.Finding) == true)
                continue;
            if (area == ScanArea.Stores || gone?.Contains(key) == true || ++entry.Missed >= 2)
                closed.Add(key);
        }
        closed.ForEach(Remove);
        if (area == ScanArea.KernelLocks)
            IsInDoubt = _entries.Values.Any(e => e.Missed > 0);
        return Next(opened, changed, closed);
    }

    /// <summary>Takes in what a look at single names saw: it says nothing of all others. What it closes is the file, and what was said of that file together with others.</summary>
    /// <returns>Null when nothing changed.</returns>
    public Delta? ApplyNames(NamesLook look, DateTimeOffset now)
    {
        var (opened, changed, closed) = (new List<Finding>(), new List<Finding>(), new List<string>());
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var finding in look.Findings)
        {
            if (present.Add(finding.Key))
                Enter(ScanArea.Stores, finding, now, opened, changed);
        }
        var files = look.Findings.Select(f => (FindingWords.PathOf(f), f.Identity?.Dev, f.Identity?.Ino)).ToHashSet();
        foreach (var name in look.Names.Where(n => !look.NotLookedAt.Contains(n)))
        {
            foreach (var (key, finding) in At(name))
            {
                if (!present.Contains(key) && (finding.Relation is null || finding.Identity is { } file && !files.Contains((name, file.Dev, file.Ino))))
                    closed.Add(key);
            }
        }
        closed.ForEach(Remove);
        return Next(opened, changed, closed);
    }

    /// <summary>Findings of processes that others wait for, that wait themselves, or that a danger to mail names.</summary>
    internal IReadOnlyList<Finding> Contended()
    {
        var blockers = _entries.Values.SelectMany(e => (e.Finding.Lock?.BlockedBy ?? []).Concat(e.Finding.BlockedBy).Concat(e.Finding.Cycle)).ToHashSet();
        return [.. _entries.Values.Select(e => e.Finding).Where(f => f.Process is { } process && (f.Verdict != "held" || f.Relation is not null || blockers.Contains(process.Pid)))];
    }

    /// <summary>Takes in whom processes serve. It is said of locks only that were there before it was asked: what is taken later may be of a later session.</summary>
    /// <param name="look">Null when nothing is known now.</param>
    /// <returns>Null when nothing changed.</returns>
    internal Delta? Learn(SessionLook? look)
    {
        if (_sessions is null && look is null)
            return null;
        _sessions = look;
        var changed = new List<Finding>();
        foreach (var entry in _entries.Values)
        {
            var finding = WithSession(SessionLook.Untie(entry.Finding), entry.Finding.Since!.Value);
            if (FindingComparison.SaysTheSame(entry.Finding, finding))
                continue;
            entry.Finding = finding;
            changed.Add(finding);
        }
        return Next([], changed, []);
    }

    /// <summary>Living processes that a finding on a file names, with the names of those files.</summary>
    public OwnerBook Owners { get; } = new();

    /// <summary>The whole state in parts of at most <paramref name="size"/>; at least one part, so that "nothing" is said too.</summary>
    public IEnumerable<SnapshotChunk> Snapshot(int size = 1000)
    {
        var parts = Findings.Chunk(size).ToList();
        if (parts.Count == 0)
            parts.Add([]);
        return parts.Select((part, index) => new SnapshotChunk(epoch, Sequence, index, index == parts.Count - 1, part));
    }

    private void Enter(ScanArea area, Finding finding, DateTimeOffset now, List<Finding> opened, List<Finding> changed)
    {
        if (!_entries.TryGetValue(finding.Key, out var entry))
        {
            entry = new Entry(area, finding with { Since = now });
            _entries.Add(finding.Key, entry);
            if (area == ScanArea.Stores)
            {
                _keysAt[FindingWords.PathOf(finding)] = [.. _keysAt.GetValueOrDefault(FindingWords.PathOf(finding), []), finding.Key];
                Owners.Replace(finding.Key, null, finding);
            }
            opened.Add(entry.Finding);
            return;
        }
        entry.Missed = 0;
        var since = entry.Finding.Verdict == finding.Verdict ? entry.Finding.Since!.Value : now;
        finding = WithSession(finding, since);
        if (FindingComparison.SaysTheSame(entry.Finding, finding))
            return;
        if (area == ScanArea.Stores)
            Owners.Replace(finding.Key, entry.Finding, finding);
        entry.Finding = finding with { Since = since };
        changed.Add(entry.Finding);
    }

    private Finding WithSession(Finding finding, DateTimeOffset since) => _sessions is { } look && since <= look.At ? look.Tie(finding) : finding;

    private void Remove(string key)
    {
        if (!_entries.Remove(key, out var entry) || entry.Area != ScanArea.Stores)
            return;
        Owners.Replace(key, entry.Finding, null);
        var path = FindingWords.PathOf(entry.Finding);
        var keys = _keysAt[path];
        if (keys.Length > 1)
            _keysAt[path] = [.. keys.Where(k => k != key)];
        else
            _keysAt.Remove(path);
    }

    private IEnumerable<(string Key, Finding Finding)> At(FilePath name) => _keysAt.GetValueOrDefault(name, []).Select(key => (key, _entries[key].Finding));

    private Delta? Next(List<Finding> opened, List<Finding> changed, List<string> closed) =>
        opened.Count + changed.Count + closed.Count == 0 ? null : new Delta(epoch, ++Sequence, opened, changed, closed);

    private sealed class Entry(ScanArea area, Finding finding)
    {
        public ScanArea Area => area;

        public Finding Finding { get; set; } = finding;

        public int Missed { get; set; }
    }
}
