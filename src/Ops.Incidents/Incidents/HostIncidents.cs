namespace Ops.Incidents;

/// <summary>The incidents of one host, opened and closed by rule from look after look. Deterministic but for the ids.</summary>
public sealed class HostIncidents(string hostId, IncidentLimits limits)
{
    // A mailbox that changes hands every second must not fill the database.
    private const int MostChanges = 200;

    private readonly Dictionary<string, Watched> _mailboxes = new(StringComparer.Ordinal);
    private readonly Watched _silence = new();
    private readonly StoreIncidents _stores = new();
    private DateTimeOffset? _lastLook;

    /// <summary>Takes up an incident that was open when the console ended.</summary>
    public void Resume(Incident open)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(open.HostId, hostId);
        if (open.Mailbox is null)
            _silence.Open = open;
        else if (open.Rule == IncidentRule.Damage)
            _stores.Resume(open);
        else
            _mailboxes[open.Mailbox] = new Watched { Open = open };
    }

    /// <summary>Compares what is there with the rules.</summary>
    public IncidentChanges Look(HostLook look)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(look.HostId, hostId);
        var changes = new IncidentChanges([], []);
        Silence(look, changes);
        _stores.Look(look, changes);
        if (look.IsHeard)
        {
            var since = _lastLook is { } last && last < look.At ? look.At - last : TimeSpan.Zero;
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var card in look.Cards)
            {
                if (card.Victims.Count == 0 && card.State > MailboxState.Deadlocked && !_mailboxes.ContainsKey(card.Path))
                    continue;
                seen.Add(card.Path);
                Mailbox(card.Path, card, look, since, changes);
            }
            foreach (var path in _mailboxes.Keys.Where(p => !seen.Contains(p)).ToList())
                Mailbox(path, null, look, since, changes);
            _lastLook = look.At;
        }
        else
        {
            // What lasts, and what is over, is not known: both clocks begin again.
            foreach (var (path, watched) in _mailboxes.ToList())
            {
                watched.Since = watched.QuietSince = null;
                if (watched.Open is null)
                    _mailboxes.Remove(path);
            }
            _lastLook = null;
        }
        return changes;
    }

    /// <summary>Closes all that is open, because its host is followed no longer.</summary>
    /// <param name="why">A sentence. Escaped.</param>
    public IncidentChanges Leave(DateTimeOffset at, string why)
    {
        var changes = new IncidentChanges([], []);
        foreach (var watched in _mailboxes.Values.Append(_silence))
        {
            if (watched.Open is { } open)
                Close(watched, open, at, why, changes);
        }
        foreach (var open in _stores.Leave())
            Close(open, at, why, changes);
        _mailboxes.Clear();
        return changes;
    }

    private void Silence(HostLook look, IncidentChanges changes)
    {
        if (look.IsSilent)
        {
            _silence.QuietSince = null;
            _silence.Since ??= look.At;
            if (_silence.Open is not null || look.At - _silence.Since < limits.SilentFor)
                return;
            _silence.Open = new Incident(Guid.NewGuid(), IncidentRule.HostSilent, hostId, look.Host, null, null, $"{FilePath.Escape(look.Host)} is silent", look.At);
            changes.Incidents.Add(_silence.Open);
            Add(changes, _silence, look.At, EntryKind.Opened,
                $"Nothing was heard from {FilePath.Escape(look.Host)} for {FindingWords.Age(limits.SilentFor)}. What happens to its mailboxes is unknown until it reports again.");
            return;
        }
        _silence.Since = null;
        if (!look.IsHeard || _silence.Open is not { } open)
            return;
        _silence.QuietSince ??= look.At;
        if (look.At - _silence.QuietSince < limits.OverAfter)
            return;
        Close(_silence, open, look.At, $"{FilePath.Escape(look.Host)} has reported for {FindingWords.Age(limits.OverAfter)}.", changes);
    }

    private void Mailbox(string path, MailboxCard? card, HostLook look, TimeSpan since, IncidentChanges changes)
    {
        if (!_mailboxes.TryGetValue(path, out var watched))
            _mailboxes[path] = watched = new Watched();
        var victims = card?.Victims.Count ?? 0;
        watched.Since = victims >= limits.Victims ? watched.Since ?? look.At : null;
        if (RuleOf(card, watched, look.At) is { } rule)
        {
            watched.QuietSince = null;
            if (watched.Open is null)
                Open(watched, rule, card!, look, changes);
            else if (rule < watched.Open.Rule)
                Worse(watched, rule, card!, look, changes);
        }
        if (watched.Open is not { } open)
        {
            if (watched.Since is null)
                _mailboxes.Remove(path);
            return;
        }
        Record(watched, open, card, look, since, changes);
        // Fewer processes than it took to open it keep it open: it is over when hardly any process waits.
        var isQuiet = card is null || victims <= 1 && card.State > MailboxState.Deadlocked;
        watched.QuietSince = isQuiet ? watched.QuietSince ?? look.At : null;
        if (look.At - watched.QuietSince >= limits.OverAfter)
        {
            Close(watched, watched.Open, look.At, $"{FindingWords.Capital(FindingWords.Age(limits.OverAfter))} without its cause: {(card is null ? "nothing holds the mailbox or waits for it" : card.Cause)}", changes);
            _mailboxes.Remove(path);
        }
    }

    private IncidentRule? RuleOf(MailboxCard? card, Watched watched, DateTimeOffset now) => card switch
    {
        null => null,
        { State: MailboxState.LosingMail } => IncidentRule.LosingMail,
        { State: MailboxState.Deadlocked } => IncidentRule.Deadlock,
        _ => watched.Since is { } from && now - from >= limits.VictimsFor ? IncidentRule.Victims : null,
    };

    private void Open(Watched watched, IncidentRule rule, MailboxCard card, HostLook look, IncidentChanges changes)
    {
        watched.Open = new Incident(
            Guid.NewGuid(), rule, hostId, look.Host, card.Path, card.User, Title(rule, card), look.At, MostVictims: card.Victims.Count, BlockedSeconds: card.Blocked(look.At).TotalSeconds);
        watched.Shown = ShownOf(card);
        watched.VictimsShown = card.Victims.Count;
        watched.Store(changes, look.At);
        Add(changes, watched, look.At, EntryKind.Opened, card.Cause, frame: IncidentFrame.Of(card, look.At));
    }

    private static void Worse(Watched watched, IncidentRule rule, MailboxCard card, HostLook look, IncidentChanges changes)
    {
        watched.Open = watched.Open! with { Rule = rule, Title = Title(rule, card) };
        watched.Store(changes, look.At);
        watched.Shown = ShownOf(card);
        Add(changes, watched, look.At, EntryKind.Changed, card.Cause, frame: IncidentFrame.Of(card, look.At));
    }

    private static void Record(Watched watched, Incident open, MailboxCard? card, HostLook look, TimeSpan since, IncidentChanges changes)
    {
        if (card is not null)
            watched.Keys.UnionWith(card.Findings.Select(f => f.Key));
        foreach (var act in look.Acts.Where(a => watched.Keys.Contains(a.FindingKey)))
            Add(changes, watched, act.At, EntryKind.Act, $"{FindingWords.Capital(act.Action)} of {FilePath.FromText(act.Path).Display}{(act.Outcome is { } outcome ? ": " + FilePath.Escape(outcome) : ".")}", act.Actor, act.Operation);
        var victims = card?.Victims.Count ?? 0;
        var blocked = victims * since.TotalSeconds;
        if (blocked > 0 || victims > open.MostVictims)
            watched.Open = watched.Open! with { MostVictims = Math.Max(open.MostVictims, victims), BlockedSeconds = watched.Open.BlockedSeconds + blocked };
        var shown = ShownOf(card);
        // The cause changed, or twice as many processes wait as the timeline says.
        if (shown == watched.Shown && victims < 2 * Math.Max(1, watched.VictimsShown) || watched.Changes >= MostChanges)
        {
            if (watched.Open != watched.Stored && look.At - watched.StoredAt >= StoreAgain.After)
                watched.Store(changes, look.At);
            return;
        }
        watched.Shown = shown;
        watched.VictimsShown = victims;
        watched.Changes++;
        watched.Store(changes, look.At);
        Add(changes, watched, look.At, EntryKind.Changed, card?.Cause ?? "Nothing holds the mailbox, and no process waits for it.", frame: card is null ? null : IncidentFrame.Of(card, look.At));
    }

    private static void Close(Watched watched, Incident open, DateTimeOffset at, string why, IncidentChanges changes)
    {
        watched.Open = null;
        watched.QuietSince = null;
        Close(open, at, why, changes);
    }

    private static void Close(Incident open, DateTimeOffset at, string why, IncidentChanges changes)
    {
        changes.Incidents.Add(open with { ClosedAt = at });
        changes.Entries.Add(new(open.Id, at, EntryKind.Closed, FindingWords.Sentence(why)));
    }

    private static void Add(IncidentChanges changes, Watched watched, DateTimeOffset at, EntryKind kind, string text, string? person = null, Guid? operation = null, IncidentFrame? frame = null) =>
        changes.Entries.Add(new(watched.Open!.Id, at, kind, text, person, operation, frame));

    // Without ages: those change with every look.
    private static string ShownOf(MailboxCard? card) => card is null ? "" : $"{card.State} {card.Root?.Pid} {card.Root?.Process?.StartTicks} {card.Root?.Finding?.Key} {card.Root?.Process?.State is "T" or "t" or "D" or "Z"}";

    private static string Title(IncidentRule rule, MailboxCard card)
    {
        var name = FilePath.Escape(card.User ?? card.Path[(card.Path.LastIndexOf('/') + 1)..]);
        return rule switch
        {
            IncidentRule.LosingMail => $"{name} is losing mail",
            IncidentRule.Deadlock => $"{name} is deadlocked",
            _ => $"{FindingWords.Count(card.Victims.Count, "process waits", "processes wait")} for {name}",
        };
    }

    private sealed class Watched
    {
        public Incident? Open { get; set; }

        public DateTimeOffset? Since { get; set; }

        public DateTimeOffset? QuietSince { get; set; }

        public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

        public string Shown { get; set; } = "";

        public int VictimsShown { get; set; }

        public int Changes { get; set; }

        /// <summary>As it is in the database; null while that is not known.</summary>
        public Incident? Stored { get; private set; }

        public DateTimeOffset StoredAt { get; private set; }

        public void Store(IncidentChanges changes, DateTimeOffset at)
        {
            changes.Incidents.Add(Open!);
            (Stored, StoredAt) = (Open, StoreAgain.CountedFrom(at, Open!.Id.GetHashCode()));
        }
    }
}

/// <summary>What one look changed.</summary>
/// <param name="Incidents">As they are after the look; one may be in it more than once, the last counts.</param>
public sealed record IncidentChanges(List<Incident> Incidents, List<IncidentEntry> Entries);
