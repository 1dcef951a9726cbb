using System.Text.Json.Nodes;
using Ops.Data;

namespace Ops.Web.Live;

/// <summary>Counts agents that were turned away. One audit entry and one log line a minute and address: a flood must not fill the disk.</summary>
internal sealed class AgentRefusals(AuditLog audit, TimeProvider clock, ILogger<AgentRefusals> log)
{
    private const int AddressesKept = 1_000;

    private static readonly TimeSpan OncePer = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Seen> _byAddress = [];
    private long _total;

    /// <summary>Since the start of the console.</summary>
    public long Total => Interlocked.Read(ref _total);

    public async Task NoteAsync(string address, string why)
    {
        Interlocked.Increment(ref _total);
        int count;
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            // Many addresses at once share one place: the number of entries stays bounded.
            var key = _byAddress.ContainsKey(address) || _byAddress.Count < AddressesKept ? address : "";
            var seen = _byAddress.GetValueOrDefault(key);
            if (seen.At is { } at && now - at < OncePer)
            {
                _byAddress[key] = seen with { Count = seen.Count + 1 };
                return;
            }
            count = seen.Count + 1;
            _byAddress[key] = new(now, 0);
            foreach (var old in _byAddress.Where(s => s.Value.Count == 0 && now - s.Value.At >= OncePer).Select(s => s.Key).ToList())
                _byAddress.Remove(old);
        }
        log.AgentRefused(address, why, count);
        try
        {
            await audit.AppendAsync(new AuditDraft
            {
                Actor = "agent",
                Action = AuditActions.Refused,
                Outcome = $"an agent was turned away: {why}",
                Detail = new JsonObject { ["address"] = address, ["count"] = count }.ToJsonString(),
            });
        }
        catch (AuditNotWrittenException e) // the agent is turned away whether this can be written down or not
        {
            log.RefusalNotAudited(e.Message);
        }
    }

    private readonly record struct Seen(DateTimeOffset? At, int Count);
}
