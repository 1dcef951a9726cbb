using System.Collections;
using System.Collections.Immutable;

namespace Ops.Web.Live;

/// <summary>All hosts, by shown name, then id, with what is summed over them; never changes.</summary>
/// <remarks>
/// Trees that share what did not change: every report of every agent makes a new table, and copying and sorting 10,000 hosts for each took 2 ms. The sums
/// are kept by difference for the same reason.
/// </remarks>
internal sealed class HostTable : IReadOnlyList<HostView>
{
    public static readonly HostTable Empty = new(
        [], ImmutableDictionary.Create<string, HostView>(StringComparer.Ordinal), ImmutableDictionary.Create<string, int>(StringComparer.OrdinalIgnoreCase), VerdictCounts.Empty, 0);

    private static readonly Comparer<HostView> ByName = Comparer<HostView>.Create((a, b) =>
        string.CompareOrdinal(a.Status.HostName, b.Status.HostName) is var names and not 0 ? names : string.CompareOrdinal(a.Status.HostId, b.Status.HostId));

    private readonly ImmutableList<HostView> _sorted;
    private readonly ImmutableDictionary<string, HostView> _byId;
    private readonly ImmutableDictionary<string, int> _names;

    private HostTable(
        ImmutableList<HostView> sorted, ImmutableDictionary<string, HostView> byId, ImmutableDictionary<string, int> names, VerdictCounts counts, int renamed)
    {
        _sorted = sorted;
        _byId = byId;
        _names = names;
        Counts = counts;
        Renamed = renamed;
    }

    public int Count => _sorted.Count;

    /// <summary>Findings of all hosts by verdict.</summary>
    public VerdictCounts Counts { get; }

    /// <summary>How many hosts are shown under another name than the one they report, or share their id with another machine.</summary>
    public int Renamed { get; }

    public HostView this[int index] => _sorted[index];

    public HostView? Find(string hostId) => _byId.GetValueOrDefault(hostId);

    /// <summary>True when another host than this one is shown under the name; case and surrounding spaces do not count.</summary>
    public bool IsNameTaken(string name, string exceptHostId)
    {
        var key = name.Trim();
        var own = Find(exceptHostId) is { } host && NameKey(host).Equals(key, StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        return _names.GetValueOrDefault(key) > own;
    }

    /// <summary>With this host added, or in the place of the one with the same id.</summary>
    public HostTable With(HostView host)
    {
        var before = Find(host.Status.HostId);
        var byId = _byId.SetItem(host.Status.HostId, host);
        var counts = Counts.Without(before?.Findings.Counts).With(host.Findings.Counts);
        var renamed = Renamed - IsRenamed(before) + IsRenamed(host);
        if (before is not null && before.Status.HostName == host.Status.HostName)
            return new(_sorted.SetItem(_sorted.BinarySearch(before, ByName), host), byId, _names, counts, renamed);
        var (others, names) = before is null ? (_sorted, _names) : Without(before);
        return new(others.Insert(~others.BinarySearch(host, ByName), host), byId, Add(names, NameKey(host), +1), counts, renamed);
    }

    /// <summary>Without this host; the same table when it is not there.</summary>
    public HostTable Without(string hostId)
    {
        if (Find(hostId) is not { } host)
            return this;
        var (others, names) = Without(host);
        return new(others, _byId.Remove(hostId), names, Counts.Without(host.Findings.Counts), Renamed - IsRenamed(host));
    }

    public IEnumerator<HostView> GetEnumerator() => _sorted.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private (ImmutableList<HostView> Sorted, ImmutableDictionary<string, int> Names) Without(HostView host) =>
        (_sorted.RemoveAt(_sorted.BinarySearch(host, ByName)), Add(_names, NameKey(host), -1));

    private static ImmutableDictionary<string, int> Add(ImmutableDictionary<string, int> names, string key, int number) =>
        names.GetValueOrDefault(key) + number is var now and not 0 ? names.SetItem(key, now) : names.Remove(key);

    private static string NameKey(HostView host) => host.Status.HostName.Trim();

    private static int IsRenamed(HostView? host) => host?.Status is null or { ReportedName: null, CollidedAt: null } ? 0 : 1;
}
