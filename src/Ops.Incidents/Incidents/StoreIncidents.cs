namespace Ops.Incidents;

/// <summary>What the last audit of a store found.</summary>
/// <param name="Root">Directory; raw.</param>
/// <param name="Report">Which audit.</param>
/// <param name="At">When it ended.</param>
/// <param name="IsWhole">It read the bytes of all messages, and saw everything.</param>
/// <param name="Damages">Differences between messages and what their indexes and names say.</param>
/// <param name="Sentence">Written by the agent. Raw.</param>
public sealed record StoreDamage(string Root, Guid Report, DateTimeOffset At, bool IsWhole, long Damages, string Sentence);

/// <summary>The incidents of one host's stores: opened by an audit that finds damage, closed by one that read everything and finds none.</summary>
/// <remarks>Time alone closes none: a message that was overwritten stays overwritten, whether or not an agent reports. An audit that reads a sample may miss what another found.</remarks>
internal sealed class StoreIncidents
{
    private readonly Dictionary<string, (Incident Open, Guid? Report)> _open = new(StringComparer.Ordinal);

    public void Resume(Incident open) => _open[open.Mailbox!] = (open, null);

    public void Look(HostLook look, IncidentChanges changes)
    {
        foreach (var store in look.Stores)
        {
            if (!_open.TryGetValue(store.Root, out var known))
            {
                if (store.Damages > 0)
                    Open(store, look, changes);
            }
            else if (known.Report != store.Report)
            {
                Next(store, known.Open, known.Report is null, look, changes);
            }
        }
    }

    /// <summary>All that are open, because the host is followed no longer.</summary>
    public IReadOnlyList<Incident> Leave()
    {
        Incident[] left = [.. _open.Values.Select(o => o.Open)];
        _open.Clear();
        return left;
    }

    private void Open(StoreDamage store, HostLook look, IncidentChanges changes)
    {
        Incident open = new(Guid.NewGuid(), IncidentRule.Damage, look.HostId, look.Host, store.Root, null, $"Damaged mail in {FilePath.FromText(store.Root).Display}", look.At);
        _open[store.Root] = (open, store.Report);
        changes.Incidents.Add(open);
        changes.Entries.Add(new(open.Id, look.At, EntryKind.Opened, Found(store)));
    }

    /// <param name="isResumed">The console began again: which audit the timeline ends with is not known.</param>
    private void Next(StoreDamage store, Incident open, bool isResumed, HostLook look, IncidentChanges changes)
    {
        if (store is { Damages: 0, IsWhole: true } && store.At >= open.OpenedAt)
        {
            _open.Remove(store.Root);
            changes.Incidents.Add(open with { ClosedAt = look.At });
            changes.Entries.Add(new(open.Id, look.At, EntryKind.Closed, "An audit that read all messages found no damage."));
            return;
        }
        _open[store.Root] = (open, store.Report);
        if (!isResumed)
        {
            changes.Entries.Add(new(open.Id, look.At, EntryKind.Changed, store.Damages > 0
                ? Found(store)
                : "An audit that did not read all messages found no damage. The incident is over when a full audit finds none."));
        }
    }

    private static string Found(StoreDamage store) => $"An audit found {FindingWords.Count(store.Damages, "difference", "differences")} between messages and their indexes. {FindingWords.Sentence(store.Sentence)}";
}
