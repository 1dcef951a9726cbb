using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Leftovers;

/// <summary>What the page of lock files and leftovers shows, as its address says it. Empty means "any".</summary>
/// <param name="Host">Host id.</param>
/// <param name="Text">Part of path, mailbox or owner's command, in any case; or a pid.</param>
/// <param name="Actionable">Only what can be broken or removed.</param>
/// <param name="Sort"><c>verdict</c> (default), <c>path</c>, <c>oldest</c>, <c>newest</c>.</param>
/// <param name="Selected">See <see cref="Addresses.Of(LiveFinding)"/>.</param>
public sealed record LeftoverFilter(
    string Verdict = "", string Kind = "", string System = "", string Host = "", string Text = "", bool Actionable = false, string Sort = "", string Selected = "") : IListFilter<LeftoverFilter>
{
    public static string Path => "/leftovers";

    public static IReadOnlyList<(string Word, string Label)> Sorts { get; } =
        [("", "Urgency"), ("path", "Path"), ("oldest", "Oldest"), ("newest", "Newest")];

    /// <summary>Whether anything is left out.</summary>
    public bool IsActive => Verdict.Length + Kind.Length + System.Length + Host.Length + Text.Length > 0 || Actionable;

    public static LeftoverFilter Parse(string address)
    {
        var query = Addresses.Query(address);
        string Value(string name) => query.GetValueOrDefault(name) ?? "";
        var sort = Value("sort");
        return new(
            Value("verdict"), Value("kind"), Value("system"), Value("host"), Value("q"), Value("actionable") is "1" or "true",
            Sorts.Any(s => s.Word == sort) ? sort : "", Value("sel"));
    }

    public LeftoverFilter WithSelected(string address) => this with { Selected = address };

    public string ToAddress() => Addresses.WithQuery(
        Path, ("verdict", Verdict), ("kind", Kind), ("system", System), ("host", Host), ("q", Text), ("actionable", Actionable ? "1" : null), ("sort", Sort),
        ("sel", Selected));

    public bool Matches(LiveFinding found)
    {
        var finding = found.Finding;
        return (Host.Length == 0 || Host == found.HostId) &&
            (Verdict.Length == 0 || Verdict == finding.Verdict) &&
            (Kind.Length == 0 || Kind == finding.Kind) &&
            (System.Length == 0 || System == finding.System || finding.Systems.Contains(System)) &&
            (!Actionable || finding.Actions.Count > 0) &&
            (Text.Length == 0 || Has(finding.Path) || Has(finding.Mailbox) || Has(finding.Owner?.Command) || Has(finding.Owner?.Host) || Has(finding.User) ||
                (int.TryParse(Text, out var pid) && finding.Owner?.Pid == pid));
    }

    /// <summary>The findings to show, in order.</summary>
    public IReadOnlyList<LiveFinding> Apply(IReadOnlyList<LiveFinding> files)
    {
        List<LiveFinding> shown = new(files.Count);
        foreach (var found in files)
        {
            if (Matches(found))
                shown.Add(found);
        }
        shown.Sort(Sort switch
        {
            "path" => ByPath,
            "oldest" => static (a, b) => Start(a).CompareTo(Start(b)) is var c && c != 0 ? c : ByPath(a, b),
            "newest" => static (a, b) => Start(b).CompareTo(Start(a)) is var c && c != 0 ? c : ByPath(a, b),
            _ => static (a, b) => Urgency(a).CompareTo(Urgency(b)) is var c && c != 0 ? c : ByPath(a, b),
        });
        return shown;
    }

    private bool Has(string? text) => text?.Contains(Text, StringComparison.OrdinalIgnoreCase) == true;

    private static int Urgency(LiveFinding found) => VerdictLook.Of(found.Finding.Verdict).Urgency;

    private static DateTimeOffset Start(LiveFinding found) => Ages.Start(found.Finding) ?? DateTimeOffset.MaxValue;

    private static int ByPath(LiveFinding a, LiveFinding b) =>
        string.CompareOrdinal(a.Finding.Path, b.Finding.Path) is var c && c != 0 ? c :
        string.CompareOrdinal(a.HostId, b.HostId) is var d && d != 0 ? d : string.CompareOrdinal(a.Key, b.Key);
}
