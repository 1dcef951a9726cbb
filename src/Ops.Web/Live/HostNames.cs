using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Ops.Data;

namespace Ops.Web.Live;

/// <summary>Which names hosts are shown under. An agent says its name itself; it must not pass for another host by it.</summary>
/// <remarks>The host that was known first keeps its name. Singleton.</remarks>
public sealed class HostNames(AuditLog audit, TimeProvider clock, ILogger<HostNames> log)
{
    private const int LongestId = 128;

    // What DNS allows a name to be.
    private const int LongestName = 253;

    private static readonly TimeSpan OncePer = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _noted = new(StringComparer.Ordinal);

    /// <summary>Why a host cannot be shown under this id and name; null when it can.</summary>
    internal static string? Problem(string? id, string? name) =>
        id is not { Length: > 0 and <= LongestId } || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-')
            ? $"The host id must be 1 to {LongestId} ASCII letters, digits, dots, colons, hyphens or underscores."
        : string.IsNullOrWhiteSpace(name) || name.Length > LongestName || !name.All(c => c is >= ' ' and <= '~')
            ? $"The host name must be 1 to {LongestName} printable ASCII characters."
        : null;

    /// <summary>The name to show a host under: its own, or, where another host is known by that, its own with the label of its token.</summary>
    internal static string Shown(LiveView known, string id, string name, string label)
    {
        if (!known.IsNameTaken(name, id))
            return name;
        var labelled = $"{name} (token {label})";
        return known.IsNameTaken(labelled, id) ? $"{name} (token {label}, id {id})" : labelled;
    }

    /// <summary>Writes down that a host is shown under another name than before, or than it says. At most once a minute for each host.</summary>
    internal async Task NoteAsync(HostStatus? before, HostStatus now)
    {
        var isTaken = now.ReportedName is not null;
        if (before?.HostName == now.HostName || (before is null && !isTaken))
            return;
        var time = clock.GetUtcNow();
        if (_noted.TryGetValue(now.HostId, out var last) && time - last < OncePer)
            return;
        _noted[now.HostId] = time;
        if (isTaken)
            log.HostNameTaken(now.HostId, now.ReportedName!, now.HostName);
        try
        {
            await audit.AppendAsync(new()
            {
                Actor = "agent",
                Action = isTaken ? AuditActions.HostNameTaken : AuditActions.HostRenamed,
                Host = now.HostName,
                Outcome = isTaken ? $"reports the name {now.ReportedName}, which another host has" : $"was {before!.HostName} before",
                Detail = new JsonObject { ["hostId"] = now.HostId, ["token"] = now.Origin }.ToJsonString(),
            });
        }
        catch (AuditNotWrittenException e) // every page shows the name and the alarm whether this can be written down or not
        {
            log.RefusalNotAudited(e.Message);
        }
    }
}
