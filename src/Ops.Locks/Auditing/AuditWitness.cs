using System.Globalization;
using System.Text.Json;

namespace Ops.Locks;

/// <summary>What each of two chains says about the other. An attacker who can rewrite the whole of one, its hashes and its head, cannot make the other forget.</summary>
/// <param name="Agreed">Statements of one about the other that hold.</param>
/// <param name="Disagreements">Sentences, each about one operation; empty when all hold.</param>
/// <param name="Younger">Requests in the journal from after the console's last entry: normal for an export that is older, a cut-off tail for one that is not.</param>
public sealed record AuditWitness(int Agreed, IReadOnlyList<string> Disagreements, int Younger = 0)
{
    /// <summary>Whether these are an agent's entries rather than a console's.</summary>
    public static bool LooksLikeJournal(IEnumerable<AuditRecord> records) => records.Any(r => r.Outcome == AuditOutcomes.JournalIntent);

    /// <summary>Compares a console's entries with those of one agent's journal. Each is verified by itself before.</summary>
    /// <param name="journal">As it is now, or copied after the export was made: whatever was reported to the console must be in it.</param>
    public static AuditWitness Compare(IReadOnlyList<AuditRecord> console, IReadOnlyList<AuditRecord> journal)
    {
        var (agreed, younger, bad) = (0, 0, new List<string>());
        if (console.Count == 0 || journal.Count == 0)
            return new AuditWitness(0, []);
        var hosts = journal.Select(r => r.Host).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var ends = journal.Where(r => r.OperationId is not null && r.Outcome != AuditOutcomes.JournalIntent).ToLookup(r => r.OperationId!.Value);
        foreach (var record in console)
        {
            if (record.OperationId is not { } id || Text(record.Detail, "agentHead") is not { } head)
                continue;
            if (ends[id].Any(e => e.Hash == head))
                agreed++;
            else if (ends[id].Any())
                bad.Add(Sentence(record, $"the console recorded hash {head} for the journal's entry; the entry has another hash now"));
            else if (record.Host is { } host && hosts.Any(h => host == h || host.StartsWith(h + " (token ", StringComparison.Ordinal)))
                bad.Add(Sentence(record, $"the console recorded an entry with hash {head}; the journal has no such operation"));
        }

        var hashes = console.Select(r => r.Hash).ToHashSet(StringComparer.Ordinal);
        foreach (var record in journal)
        {
            if (record.Outcome != AuditOutcomes.JournalIntent || Text(record.Detail, "request", "consoleHead") is not { } head)
                continue;
            if (hashes.Contains(head))
                agreed++;
            else if (record.At > console[^1].At)
                younger++;
            else
                bad.Add(Sentence(record, $"the agent recorded hash {head} for an entry of the console's audit; the audit has no such entry (unless another console asked)"));
        }

        return new AuditWitness(agreed, bad, younger);
    }

    private static string Sentence(AuditRecord record, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"Entry {record.Sequence}, operation {record.OperationId} ({record.Action}): {what}.");

    private static string? Text(string? json, params ReadOnlySpan<string> way)
    {
        if (json is null)
            return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            var at = document.RootElement;
            foreach (var name in way)
            {
                if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                    return null;
            }

            return at.ValueKind == JsonValueKind.String ? at.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
