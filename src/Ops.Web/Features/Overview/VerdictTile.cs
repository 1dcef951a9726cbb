using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Overview;

/// <summary>How often a verdict occurs, and where to see it.</summary>
public sealed record VerdictTile(VerdictLook Look, int KernelLocks, int Files)
{
    public int Total => KernelLocks + Files;

    /// <summary>All given verdicts, most urgent first; those that do not occur have zeros. One that only a newer agent gives appears with its first finding.</summary>
    public static IReadOnlyList<VerdictTile> Of(LiveView view)
    {
        var locks = view.KernelLocks.CountBy(l => l.Finding.Verdict).ToDictionary(StringComparer.Ordinal);
        return [.. VerdictLook.All.Select(look =>
        {
            var ofLocks = locks.GetValueOrDefault(look.Word);
            return new VerdictTile(look, ofLocks, view.CountByVerdict.GetValueOrDefault(look.Word) - ofLocks);
        }).Where(tile => tile.Total > 0 || VerdictLook.Given.Contains(tile.Look))];
    }

    public string LocksAddress => new Locks.LockFilter(Verdict: Look.Word).ToAddress();

    public string FilesAddress => new Leftovers.LeftoverFilter(Verdict: Look.Word).ToAddress();
}
