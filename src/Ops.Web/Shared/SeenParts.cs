using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>Remembers which parts of the live state a page has shown, by reference, so that it need not arrange the same thousands of rows again.</summary>
public sealed class SeenParts
{
    private static readonly object Nothing = new();

    /// <summary>What decides, besides the findings, whether an act on a host is offered: the link to it, its policy, its circuit breaker.</summary>
    public static IEnumerable<(object Part, bool IsComplete)> Gate(HostView host) =>
        [(host.Status.Policy ?? Nothing, host.Status.Connection == HostConnection.Lost), (host.Status.CircuitOpen ?? Nothing, false)];

    private List<(object List, bool IsComplete)>? _seen;

    /// <summary>True at the first call, and whenever a part is another object, came, went or became complete since the last one.</summary>
    public bool Changed(IEnumerable<(object List, bool IsComplete)> parts)
    {
        var now = parts.ToList();
        if (_seen is not null && _seen.Count == now.Count && _seen.Zip(now).All(p => ReferenceEquals(p.First.List, p.Second.List) && p.First.IsComplete == p.Second.IsComplete))
            return false;
        _seen = now;
        return true;
    }
}
