using System.Globalization;

namespace Ops.Incidents;

/// <summary>The episodes of one host, derived from look after look. Deterministic: what comes out depends only on the looks that went in.</summary>
/// <param name="hostId">Looks at other hosts are refused.</param>
/// <param name="count">Start of the counts in <see cref="EpisodeNumbers"/>: two consoles on one database begin at different ones.</param>
public sealed class HostEpisodes(string hostId, int count = 0)
{
    /// <summary>A hold that ended sooner, and for which no process waited, is only counted.</summary>
    public static readonly TimeSpan Brief = TimeSpan.FromSeconds(1);

    // The answer of an act may arrive after the lock is gone.
    private static readonly TimeSpan ActMayFollow = TimeSpan.FromSeconds(60);

    private readonly Dictionary<(string Mailbox, string Holder), Track> _open = [];
    private readonly List<(Track Track, DateTimeOffset At)> _justClosed = [];
    private Guid? _bootId;
    private bool _wasAway;
    private int _count = count;

    /// <summary>How many are open, brief ones included.</summary>
    public int Open => _open.Count;

    /// <summary>Takes up an episode that was open when the console ended: as after silence, its end is known only if the next look still shows it.</summary>
    public void Resume(Episode open)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(open.HostId, hostId);
        _open[(open.Mailbox, open.Holder.Key)] = new Track(open, []) { IsStored = true, StoredAt = open.LastSeenAt, IsKernelLock = false };
        _wasAway = true;
    }

    /// <summary>Compares what is there with what was there.</summary>
    public EpisodeChanges Look(HostLook look)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(look.HostId, hostId);
        if (!look.IsHeard)
        {
            _wasAway = true;
            return EpisodeChanges.None;
        }
        var restarted = _bootId is { } before && before != look.BootId;
        _bootId = look.BootId;
        List<EpisodeStep> steps = [];
        var seen = new HashSet<(string, string)>();
        foreach (var card in look.Cards)
            Card(card, look, seen, steps);
        var brief = Gone(look, seen, restarted, steps);
        Acts(look, steps);
        _wasAway = false;
        return steps.Count == 0 && brief == 0 ? EpisodeChanges.None : new(steps, brief);
    }

    /// <summary>Closes all that is open, because its host is followed no longer: how it ended is unknown.</summary>
    public EpisodeChanges Leave(DateTimeOffset at)
    {
        List<EpisodeStep> steps = [.. _open.Values.Where(t => t.IsStored).Select(t => new EpisodeStep(t.Episode with { ClosedAt = at, End = EpisodeEnd.Unknown }, StepKind.Closed, 0, Worth: true))];
        _open.Clear();
        return new(steps, 0);
    }

    private void Card(MailboxCard card, HostLook look, HashSet<(string, string)> seen, List<EpisodeStep> steps)
    {
        var holds = Holds.Of(card);
        if (holds.Count == 0)
            return;
        // Each victim is counted once: for the root of the wait where that holds this mailbox, else for the first of its holders.
        var blamed = card.Victims.Count == 0 ? null : holds.FirstOrDefault(h => h.Holder.Pid is { } pid && pid == card.Root?.Pid)
            ?? holds.FirstOrDefault(h => card.Root is { Pid: null, Finding: { } root } && h.Findings.Contains(root)) ?? holds[0];
        foreach (var hold in holds)
        {
            var id = IdOf(card.Path, hold.Holder);
            seen.Add(id);
            var victims = ReferenceEquals(hold, blamed) ? card.Victims : [];
            if (!_open.TryGetValue(id, out var track))
                _open[id] = track = new Track(Opened(card, hold, look), hold.Findings);
            track.IsKernelLock = hold.IsKernelLock;
            Continue(track, card, hold, victims, look, steps);
        }
    }

    // A process that began or ended while it was looked at has no known start: it is the one that had the lock before, or has it a look later.
    private (string Mailbox, string Holder) IdOf(string mailbox, EpisodeHolder holder)
    {
        (string Mailbox, string Holder) id = (mailbox, holder.Key);
        if (_open.ContainsKey(id) || holder.KeyOfPid is not { } anyStart)
            return id;
        if (holder.Key == anyStart)
            return _open.Keys.FirstOrDefault(k => k.Mailbox == mailbox && k.Holder.StartsWith(anyStart, StringComparison.Ordinal), id);
        if (_open.Remove((mailbox, anyStart), out var track))
        {
            track.Episode = track.Episode with { Holder = holder };
            _open[id] = track;
        }
        return id;
    }

    private Episode Opened(MailboxCard card, Hold hold, HostLook look)
    {
        var opened = hold.Findings.Min(f => f.Since) is { } since && since < look.At ? since : look.At;
        return new Episode(
            EpisodeNumbers.Of(opened, _count++), hostId, look.Host, card.Path, card.User, card.System, hold.Holder, hold.CauseOf(card, waited: false), opened, opened);
    }

    private void Continue(Track track, MailboxCard card, Hold hold, IReadOnlyList<Victim> victims, HostLook look, List<EpisodeStep> steps)
    {
        var was = track.Episode;
        var added = victims.Sum(v => track.Added(v, look.At));
        var cause = hold.CauseOf(card, victims.Count > 0);
        var episode = was with
        {
            LastSeenAt = look.At,
            Cause = cause < was.Cause ? cause : was.Cause,
            MostVictims = Math.Max(was.MostVictims, victims.Count),
            BlockedSeconds = was.BlockedSeconds + added,
            HasGap = was.HasGap || _wasAway && track.IsStored,
        };
        track.Saw(episode, hold, victims);
        if (!track.IsStored)
        {
            if (episode.Lasted < Brief && episode.MostVictims == 0 && episode.Cause == EpisodeCause.Held)
                return;
            track.Stored(look.At);
            steps.Add(new(episode, StepKind.Opened, added, Worth: true));
            return;
        }
        var worth = episode.Cause != was.Cause || episode.MostVictims != was.MostVictims || episode.HasGap != was.HasGap || look.At - track.StoredAt >= StoreAgain.After;
        if (worth)
            track.Stored(look.At);
        if (worth || added > 0)
            steps.Add(new(episode, StepKind.Changed, added, worth));
    }

    private int Gone(HostLook look, HashSet<(string, string)> seen, bool restarted, List<EpisodeStep> steps)
    {
        var brief = 0;
        _justClosed.RemoveAll(c => look.At - c.At > ActMayFollow);
        foreach (var (id, track) in _open.Where(o => !seen.Contains(o.Key)).ToList())
        {
            _open.Remove(id);
            var (end, act) = EndOf(track, look, restarted);
            if (!track.IsStored)
            {
                // It was seen for less than a second, and no process waited then.
                brief++;
                continue;
            }
            track.Episode = track.Episode with { ClosedAt = look.At, End = end, EndedBy = act?.Actor, Operation = act?.Operation };
            steps.Add(new(track.Episode, StepKind.Closed, 0, Worth: true));
            if (act is null && end != EpisodeEnd.Unknown)
                _justClosed.Add((track, look.At));
        }
        return brief;
    }

    private (EpisodeEnd End, EndedAct? Act) EndOf(Track track, HostLook look, bool restarted)
    {
        if (look.Acts.FirstOrDefault(a => track.Ends(a)) is { } act)
            return (EndBy(act), act);
        // Kernel locks die with the kernel, whether or not the host was heard then.
        if (restarted && track.IsKernelLock || track.LastProcess is { } last && Holds.ProvesDeath(last, track.Keys, look.Findings))
            return (EpisodeEnd.HolderDied, null);
        if (_wasAway)
            return (EpisodeEnd.Unknown, null);
        if (track.HasOwner)
            return (EpisodeEnd.Released, null);
        return (track.SelfHealsAt is { } heals && look.At >= heals ? EpisodeEnd.SelfHealed : EpisodeEnd.Removed, null);
    }

    // An act whose answer came after its lock was gone.
    private void Acts(HostLook look, List<EpisodeStep> steps)
    {
        foreach (var act in look.Acts)
        {
            var at = _justClosed.FindIndex(c => c.Track.Ends(act));
            if (at < 0)
                continue;
            var track = _justClosed[at].Track;
            _justClosed.RemoveAt(at);
            track.Episode = track.Episode with { End = EndBy(act), EndedBy = act.Actor, Operation = act.Operation };
            steps.Add(new(track.Episode, StepKind.Changed, 0, Worth: true));
        }
    }

    private static EpisodeEnd EndBy(EndedAct act) => act.Action is "break" or "remove" ? EpisodeEnd.Broken : EpisodeEnd.Ended;

    private sealed class Track(Episode episode, IReadOnlyList<Finding> findings)
    {
        private HashSet<int> _victims = [];
        private DateTimeOffset _countedTo = episode.OpenedAt;

        public Episode Episode { get; set; } = episode;

        public HashSet<string> Keys { get; private set; } = [.. findings.Select(f => f.Key)];

        public bool IsStored { get; set; }

        public DateTimeOffset StoredAt { get; set; }

        public bool IsKernelLock { get; set; }

        public bool HasOwner { get; private set; } = episode.Holder.Key.StartsWith('p');

        public DateTimeOffset? SelfHealsAt { get; private set; }

        public FindingProcess? LastProcess { get; private set; }

        /// <summary>Seconds that this victim waited and that were not counted yet.</summary>
        public double Added(Victim victim, DateTimeOffset now)
        {
            // What it waited before the last look was counted then; of a new victim nothing was.
            var isKnown = _victims.Contains(victim.Pid);
            var from = victim.Since ?? (isKnown ? _countedTo : now);
            if (isKnown && from < _countedTo)
                from = _countedTo;
            return from < now ? (now - from).TotalSeconds : 0;
        }

        public void Saw(Episode episode, Hold hold, IReadOnlyList<Victim> victims)
        {
            Episode = episode;
            _countedTo = episode.LastSeenAt;
            if (victims.Count > 0 || _victims.Count > 0)
                _victims = [.. victims.Select(v => v.Pid)];
            Keys = [.. hold.Findings.Select(f => f.Key)];
            HasOwner = hold.HasOwner;
            SelfHealsAt = hold.Findings.Min(f => f.SelfHealsAt);
            LastProcess = hold.Findings.Select(f => f.Process).FirstOrDefault(p => p is not null) ?? LastProcess;
        }

        public void Stored(DateTimeOffset at)
        {
            IsStored = true;
            StoredAt = StoreAgain.CountedFrom(at, Episode.Number);
        }

        public bool Ends(EndedAct act) => act.HostId == Episode.HostId && act.Action is "break" or "remove" or "ask" or "term" or "kill"
            && (Keys.Contains(act.FindingKey) || act.Path == Episode.Holder.Path && act.Action is "break" or "remove");
    }
}

/// <summary>What one holder has of one mailbox at one look.</summary>
internal sealed record Hold(EpisodeHolder Holder, IReadOnlyList<Finding> Findings)
{
    public bool HasOwner => Holder.Key.StartsWith('p');

    public bool IsKernelLock => Findings.All(f => f.Lock is not null);

    public EpisodeCause CauseOf(MailboxCard card, bool waited)
    {
        if (Findings.Any(f => f.Traits().LosesMail || f.Relation == "lock-lost"))
            return EpisodeCause.LosingMail;
        if (card.State == MailboxState.Deadlocked)
            return EpisodeCause.Deadlock;
        if (Findings.Any(f => f.Verdict == "stale"))
            return EpisodeCause.Stale;
        if (waited && Findings.Any(f => ProcessStates.MakesNoProgress(f.Process?.State)))
            return EpisodeCause.NoProgress;
        if (Findings.Any(MailboxBoard.IsUndecidedLock))
            return EpisodeCause.Undecided;
        return waited ? EpisodeCause.Waited : EpisodeCause.Held;
    }
}

/// <summary>The holds of a mailbox, from its findings.</summary>
internal static class Holds
{
    /// <summary>Processes first, each with all that it holds; then lock files without a living owner.</summary>
    public static IReadOnlyList<Hold> Of(MailboxCard card)
    {
        List<Hold>? holds = null;
        foreach (var group in card.Findings.Where(IsHold).GroupBy(KeyOf))
        {
            List<Finding> findings = [.. group];
            var process = findings.Select(f => f.Process).FirstOrDefault(p => p is not null);
            var first = findings.OrderBy(f => f.Lock is not null).First();
            (holds ??= []).Add(new(
                new EpisodeHolder(
                    group.Key, process?.Pid ?? findings.Select(f => f.Owner?.Pid).FirstOrDefault(p => p is not null),
                    process?.Command ?? findings.Select(f => f.Owner?.Command).FirstOrDefault(c => c is not null), process?.Unit, process?.User, first.Path),
                findings));
        }
        return holds is null ? [] : [.. holds.OrderBy(h => !h.HasOwner)];
    }

    /// <summary>Whether it was seen that a holder died: as a zombie, or by a lock of the same run of the same process that has no living owner now.</summary>
    /// <param name="last">The process as it was last seen.</param>
    /// <param name="keys">Of the findings that were its own: a lock file among them that has no living owner now is proof, although it names no start.</param>
    public static bool ProvesDeath(FindingProcess last, IReadOnlySet<string> keys, IReadOnlyList<Finding> findings) =>
        last.State is "Z" or "X"
        || findings.Any(f => f.OwnerAlive == false && f.Owner is { } owner && owner.Pid == last.Pid && (owner.StartTicks == last.StartTicks || keys.Contains(f.Key)));

    private static bool IsHold(Finding finding) => finding.Cycle.Count == 0
        && (finding.Traits().KeepsOut || finding.Relation == "lock-lost" || MailboxBoard.IsUndecidedLock(finding))
        // A relation that says something about a lock which another finding shows, such as a risk, is no hold.
        && finding.Relation is null or "split-brain" or "ghost-writers" or "ghost-waiters" or "lock-lost";

    private static string KeyOf(Finding finding)
    {
        if (HostWaits.PidOf(finding) is { } pid)
        {
            var start = finding.Process?.StartTicks ?? finding.Owner?.StartTicks;
            return string.Create(CultureInfo.InvariantCulture, $"p{pid}.{start}");
        }
        return finding.Identity is { } file ? string.Create(CultureInfo.InvariantCulture, $"f{file.Dev}.{file.Ino} {finding.Path}") : $"f{finding.Relation} {finding.Path}";
    }
}
