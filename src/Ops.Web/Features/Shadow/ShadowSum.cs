using Ops.Web.Shared;

namespace Ops.Web.Features.Shadow;

/// <summary>What the entries of some hosts come to.</summary>
/// <param name="ByState">Number of entries by state word.</param>
/// <param name="Days">Since the oldest entry that could be there; 0 without a report.</param>
public sealed record ShadowSum(IReadOnlyDictionary<string, int> ByState, double Days)
{
    public int Confirmed => ByState.GetValueOrDefault("confirmed");

    /// <summary>What a break or removal would have got wrong.</summary>
    public int Errors => ShadowLook.All.Where(l => l.IsError).Sum(l => ByState.GetValueOrDefault(l.Word));

    public int All => ByState.Values.Sum();

    public static ShadowSum Of(IEnumerable<HostShadow> hosts, DateTimeOffset now)
    {
        var reports = hosts.Select(h => h.Report).OfType<ShadowReport>().Where(r => r.IsOn || r.Entries.Count > 0).ToList();
        return new(
            reports.SelectMany(r => r.Entries).CountBy(e => e.State).ToDictionary(StringComparer.Ordinal),
            reports.Count == 0 ? 0 : Math.Max(0, (now - reports.Min(r => r.Since)).TotalDays));
    }

    /// <summary>The numbers in a sentence: "58 confirmed, 0 would-be errors in 9 days".</summary>
    public string Sentence => $"{Labels.Number(Confirmed)} confirmed, {Labels.Count(Errors, "would-be error")} in {Duration}.";

    /// <summary>What follows from them.</summary>
    public string Conclusion =>
        All == 0 ? "No act would have been done so far, so nothing can be concluded."
        : Errors > 0 ? "Leave shadow mode on and find out what happened in each of these cases: an act would have affected something in use."
        : Confirmed == 0 ? "Nothing is confirmed yet: wait until the watched files have a result."
        : "Every act that could be judged would have been right. This proves nothing about cases that did not occur; the longer shadow mode runs, the better.";

    private string Duration => Days switch
    {
        < 1.0 / 24 => "less than an hour",
        < 2 => Labels.Count((int)(Days * 24), "hour"),
        _ => Labels.Count((int)Days, "day"),
    };
}
