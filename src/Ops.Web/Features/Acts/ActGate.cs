using Ops.Web.Live;

namespace Ops.Web.Features.Acts;

/// <summary>Why an act is off although the evidence allows it. The sentence is next to the button that it disables; the agent decides by itself.</summary>
public static class ActGate
{
    /// <summary>Null when the act may be asked for.</summary>
    /// <param name="mayAct">Whether this person's account may do this on this host.</param>
    public static string? Why(string action, HostStatus? host, bool mayAct) =>
        host is null ? "Its host is no longer known."
        : !mayAct ? new ActError.NotAllowed(action).Sentence
        : OfHost(action, host);

    /// <summary>The part that is the host's and not the person's.</summary>
    public static string? OfHost(string action, HostStatus host)
    {
        var name = HostText.Escape(host.HostName);
        return host switch
        {
            { Connection: HostConnection.Lost } => $"The agent of {name} is not connected, so nothing can be verified there.",
            { Policy.IsShadow: true } => $"{name} is in shadow mode: its agent reports what it would do and changes nothing.",
            { Policy: { } policy } when !policy.Verbs.Contains(action) => $"The policy file of {name} does not allow '{action}'. Only the administrator of that host can change it.",
            { CircuitOpen: { } why } => $"The agent of {name} has stopped acting: {HostText.Clean(why)}",
            _ => null,
        };
    }
}
