using System.Globalization;
using Ops.Web.Shared;

namespace Ops.Web.Features.Shadow;

/// <summary>An entry, its host, and one word for both: row key, and <c>sel</c> in the query.</summary>
public sealed record ShadowRow(string HostId, string Host, ShadowEntry Entry, string Address)
{
    /// <summary>All entries of all hosts.</summary>
    public static IReadOnlyList<ShadowRow> Of(IEnumerable<HostShadow> hosts)
    {
        List<ShadowRow> rows = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (var host in hosts)
        {
            foreach (var entry in host.Report?.Entries ?? [])
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"{entry.At.UtcTicks:x}{entry.Path}");
                var address = Addresses.Of(host.HostId, key);
                for (var n = 2; !taken.Add(address); n++)
                    address = Addresses.Of(host.HostId, $"{key}.{n}");
                rows.Add(new(host.HostId, host.Host, entry, address));
            }
        }
        return rows;
    }
}

/// <summary>What the Shadow page shows, as its address says it. Empty means "any".</summary>
/// <param name="State">Word of a <see cref="ShadowLook"/>, or <see cref="Errors"/>.</param>
/// <param name="Host">Host id.</param>
/// <param name="Text">Part of path, system, summary or note, in any case.</param>
/// <param name="Selected">See <see cref="ShadowRow.Address"/>.</param>
public sealed record ShadowFilter(string State = "", string Host = "", string Text = "", string Selected = "") : IListFilter<ShadowFilter>
{
    public static string Path => "/shadow";

    /// <summary>All that would have been wrong.</summary>
    public const string Errors = "errors";

    public bool IsActive => State.Length + Host.Length + Text.Length > 0;

    public static ShadowFilter Parse(string address)
    {
        var query = Addresses.Query(address);
        string Value(string name) => query.GetValueOrDefault(name) ?? "";
        return new(Value("state"), Value("host"), Value("q"), Value("sel"));
    }

    public ShadowFilter WithSelected(string address) => this with { Selected = address };

    public string ToAddress() => Addresses.WithQuery(Path, ("state", State), ("host", Host), ("q", Text), ("sel", Selected));

    public bool Matches(ShadowRow row) =>
        (State.Length == 0 || (State == Errors ? ShadowLook.Of(row.Entry.State).IsError : State == row.Entry.State)) &&
        (Host.Length == 0 || Host == row.HostId) &&
        (Text.Length == 0 || Has(row.Entry.Path) || Has(row.Entry.System) || Has(row.Entry.Summary) || Has(row.Entry.Note));

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ShadowRow> Apply(IReadOnlyList<ShadowRow> rows) =>
        [.. rows.Where(Matches).OrderByDescending(r => r.Entry.At).ThenBy(r => r.Address, StringComparer.Ordinal)];

    private bool Has(string? text) => text?.Contains(Text, StringComparison.OrdinalIgnoreCase) == true;
}
