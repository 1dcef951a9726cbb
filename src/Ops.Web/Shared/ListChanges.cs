using Ops.Web.Live;

namespace Ops.Web.Shared;

internal static class ListChanges
{
    /// <summary>How many rows came, went or got another verdict between two states of a list. Mere growing older does not count.</summary>
    public static int Between(IReadOnlyList<LiveFinding> before, IReadOnlyList<LiveFinding> after)
    {
        var left = before.ToDictionary(f => (f.HostId, f.Key), f => f.Finding.Verdict);
        var count = 0;
        foreach (var found in after)
        {
            if (!left.Remove((found.HostId, found.Key), out var verdict) || verdict != found.Finding.Verdict)
                count++;
        }
        return count + left.Count;
    }
}
