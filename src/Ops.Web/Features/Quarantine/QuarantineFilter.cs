using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Shared;

namespace Ops.Web.Features.Quarantine;

/// <summary>An item, its host, and one word for both: row key, and <c>sel</c> in the query.</summary>
public sealed record KeptRow(string HostId, string Host, QuarantineItem Item, string Address)
{
    /// <summary>All items of all hosts.</summary>
    public static IReadOnlyList<KeptRow> Of(IEnumerable<HostQuarantine> hosts)
    {
        List<KeptRow> rows = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (var host in hosts)
        {
            foreach (var item in host.Items)
            {
                // An operation has one item; should a host report two, both have to be seen.
                var address = Addresses.Of(host.HostId, item.OperationId.ToString());
                for (var n = 2; !taken.Add(address); n++)
                    address = Addresses.Of(host.HostId, $"{item.OperationId}.{n}");
                rows.Add(new(host.HostId, host.Host, item, address));
            }
        }
        return rows;
    }
}

/// <summary>What the Quarantine page shows, as its address says it. Empty means "any".</summary>
/// <param name="Text">Part of path, quarantine path, actor or reason, in any case; or an operation's id.</param>
/// <param name="Host">Host id.</param>
/// <param name="Action">What took it: <c>break</c> or <c>remove</c>.</param>
/// <param name="Sort">Empty: newest first; <c>path</c>, <c>oldest</c>.</param>
/// <param name="Selected">See <see cref="KeptRow.Address"/>.</param>
public sealed record QuarantineFilter(string Text = "", string Host = "", string Action = "", string Sort = "", string Selected = "") : IListFilter<QuarantineFilter>
{
    public static string Path => "/quarantine";

    public static IReadOnlyList<(string Word, string Label)> Sorts { get; } = [("", "Newest"), ("oldest", "Oldest"), ("path", "Path")];

    public static IReadOnlyList<(string Word, string Label)> Takers { get; } = [(Act.Break, QuarantineWords.Taken(Act.Break)), (Act.Remove, QuarantineWords.Taken(Act.Remove))];

    /// <summary>Whether anything is left out.</summary>
    public bool IsActive => Text.Length + Host.Length + Action.Length > 0;

    public static QuarantineFilter Parse(string address)
    {
        var query = Addresses.Query(address);
        string Value(string name) => query.GetValueOrDefault(name) ?? "";
        var sort = Value("sort");
        return new(Value("q"), Value("host"), Value("action"), Sorts.Any(s => s.Word == sort) ? sort : "", Value("sel"));
    }

    public QuarantineFilter WithSelected(string address) => this with { Selected = address };

    public string ToAddress() => Addresses.WithQuery(Path, ("q", Text), ("host", Host), ("action", Action), ("sort", Sort), ("sel", Selected));

    public bool Matches(KeptRow row) =>
        (Host.Length == 0 || Host == row.HostId) && (Action.Length == 0 || Action == row.Item.Action) &&
        (Text.Length == 0 || Has(row.Item.Path) || Has(row.Item.QuarantinePath) || Has(row.Item.Actor) || Has(row.Item.Reason) || Has(row.Item.OperationId.ToString()));

    /// <summary>The rows to show, in order.</summary>
    public IReadOnlyList<KeptRow> Apply(IReadOnlyList<KeptRow> rows)
    {
        var shown = rows.Where(Matches).ToList();
        shown.Sort(Sort switch
        {
            "path" => ByPath,
            "oldest" => static (a, b) => a.Item.TakenAt.CompareTo(b.Item.TakenAt) is var c && c != 0 ? c : ByPath(a, b),
            _ => static (a, b) => b.Item.TakenAt.CompareTo(a.Item.TakenAt) is var c && c != 0 ? c : ByPath(a, b),
        });
        return shown;
    }

    private bool Has(string text) => text.Contains(Text, StringComparison.OrdinalIgnoreCase);

    private static int ByPath(KeptRow a, KeptRow b) =>
        string.CompareOrdinal(a.Item.Path, b.Item.Path) is var c && c != 0 ? c : string.CompareOrdinal(a.Address, b.Address);
}
