namespace Ops.Web.Live;

/// <summary>Which host a lock means by a name. A name that could mean two means none.</summary>
internal static class HostByName
{
    /// <returns>The host; or why there is none.</returns>
    public static (OtherHostState State, HostStatus? Found, string Sentence) Find(LiveView view, string name)
    {
        var shown = HostText.Escape(name);
        if (Label(name).Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return (OtherHostState.Collision, null, $"{shown} is what any host may call itself: it names none");
        // An agent reports the first label only where the name of its host has several; two hosts of one first label cannot be distinguished by it.
        List<HostStatus> found = [.. view.Hosts.Select(h => h.Status).Where(s => Label(s.ReportedName ?? s.HostName).Equals(Label(name), StringComparison.OrdinalIgnoreCase))];
        return found switch
        {
            [] => (OtherHostState.NoAnswer, null, $"no agent of a host {shown} is connected, so it could not be asked"),
            [{ CollidedAt: not null }] => (OtherHostState.Collision, null, $"two machines report to be {shown}, so neither is believed"),
            [var one] => (OtherHostState.Unknown, one, ""),
            _ => (OtherHostState.Collision, null, $"{found.Count} hosts report the name {shown}, so none of them is believed"),
        };
    }

    private static string Label(string name) => name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? name[..dot] : name;
}
