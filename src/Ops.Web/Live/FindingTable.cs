namespace Ops.Web.Live;

/// <summary>The findings of one host, sorted by key; never changes.</summary>
/// <remarks>
/// An array, because pages walk through all of it after every change, while a change replaces few: walking an immutable tree of 20,000 findings took five
/// times as long, and copying the array for a change is cheaper than that.
/// </remarks>
internal sealed class FindingTable
{
    public static readonly FindingTable Empty = new([], VerdictCounts.Empty);

    private static readonly Comparer<LiveFinding> ByKey = Comparer<LiveFinding>.Create((a, b) => string.CompareOrdinal(a.Key, b.Key));

    private readonly LiveFinding[] _sorted;

    private FindingTable(LiveFinding[] sorted, VerdictCounts counts)
    {
        _sorted = sorted;
        Counts = counts;
    }

    public IReadOnlyList<LiveFinding> Items => _sorted;

    public VerdictCounts Counts { get; }

    /// <summary>The last of several with the same key counts.</summary>
    public static FindingTable Of(IEnumerable<LiveFinding> findings)
    {
        var byKey = new Dictionary<string, LiveFinding>(StringComparer.Ordinal);
        foreach (var finding in findings)
            byKey[finding.Key] = finding;
        LiveFinding[] sorted = [.. byKey.Values];
        Array.Sort(sorted, ByKey);
        return new(sorted, VerdictCounts.Of(sorted));
    }

    public LiveFinding? Find(string key) => IndexOf(key, 0) is var index and >= 0 ? _sorted[index] : null;

    /// <summary>The table after a change. A key that is both closed and put is put.</summary>
    public FindingTable With(IEnumerable<LiveFinding> put, IEnumerable<string> closed)
    {
        var changes = new SortedDictionary<string, LiveFinding?>(StringComparer.Ordinal);
        foreach (var key in closed)
            changes[key] = null;
        foreach (var finding in put)
            changes[finding.Key] = finding;

        var result = new List<LiveFinding>(_sorted.Length + changes.Count);
        List<(LiveFinding? Before, LiveFinding? Now)> replaced = [];
        var from = 0;
        foreach (var (key, finding) in changes)
        {
            var index = IndexOf(key, from);
            var to = index < 0 ? ~index : index;
            result.AddRange(_sorted.AsSpan(from, to - from));
            if (finding is not null)
                result.Add(finding);
            replaced.Add((index < 0 ? null : _sorted[index], finding));
            from = index < 0 ? to : to + 1;
        }
        result.AddRange(_sorted.AsSpan(from));
        return new([.. result], Counts.After(replaced));
    }

    // Index, or the complement of where it would stand.
    private int IndexOf(string key, int from)
    {
        int low = from, high = _sorted.Length - 1;
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            switch (string.CompareOrdinal(_sorted[middle].Key, key))
            {
                case 0:
                    return middle;
                case < 0:
                    low = middle + 1;
                    break;
                default:
                    high = middle - 1;
                    break;
            }
        }
        return ~low;
    }
}
