using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>How the link to a host is, in words.</summary>
public static class HostWords
{
    public static string Link(HostView host) => host.Status.Connection switch
    {
        HostConnection.Live => host.IsComplete ? "live" : "first scan",
        HostConnection.Syncing => host.IsComplete ? "catching up" : "first scan",
        _ => "lost",
    };
}
