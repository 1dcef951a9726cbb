using Ops.Data;

namespace Ops.Web.Live.Recording;

/// <summary>What is recorded of one host: its episodes, its incidents, and its minutes.</summary>
internal sealed class HostRecord(string hostId, HistoryWriter writer)
{
    // Sums change with every look while processes wait: they are stored together.
    private static readonly TimeSpan StoreSumsAfter = TimeSpan.FromSeconds(10);

    private readonly HostEpisodes _episodes = new(hostId, Random.Shared.Next(1 << 19));
    private readonly HostIncidents _incidents = new(hostId, IncidentLimits.Default);
    private readonly Dictionary<(string Dimension, string Name), (long Episodes, double Blocked, int Victims)> _sums = [];
    private HistoryMinute? _minute;
    private DateTimeOffset _sumsSince;
    private (FindingTable Findings, IReadOnlyList<MailboxCard> Cards, IReadOnlyList<Finding> Plain)? _still;

    public void Resume(Episode episode) => _episodes.Resume(episode);

    public void Resume(Incident incident) => _incidents.Resume(incident);

    /// <summary>Takes one look, and queues what it changed. Never waits.</summary>
    /// <returns>What the charts show of it; null while the host is not heard.</returns>
    public HistoryMinute? Look(HostView host, MailboxBoards boards, IReadOnlyList<EndedAct> acts, IReadOnlyList<StoreDamage> stores, DateTimeOffset now, List<Incident> changed)
    {
        var status = host.Status;
        // While it is fetched again, what is shown may be old: nothing is concluded from it.
        var isHeard = host.IsComplete && status.Connection == HostConnection.Live;
        var (cards, plain) = isHeard ? BoardOf(host, boards) : ([], []);
        var look = new HostLook(hostId, status.HostName, now, isHeard, status.BootId, cards, plain, acts) { IsSilent = status.Connection == HostConnection.Lost, Stores = stores };
        var changes = _episodes.Look(look);
        var at = now.ToUnixTimeMilliseconds();
        Store(changes);
        if (now - _sumsSince >= StoreSumsAfter)
            StoreSums(at);
        Store(_incidents.Look(look), changed);
        if (!isHeard)
            return null;
        var seen = new HistoryMinute
        {
            HostId = hostId,
            At = at - (at % 60_000),
            Waiting = cards.SelectMany(c => c.Victims).Select(v => v.Pid).Distinct().Count(),
            BlockedSeconds = changes.Steps.Sum(s => s.BlockedAdded),
            Stuck = cards.Count(c => c.State <= MailboxState.Stuck),
            Stale = host.CountByVerdict.GetValueOrDefault("stale") + host.CountByVerdict.GetValueOrDefault("orphan") + host.CountByVerdict.GetValueOrDefault("orphan-linked"),
        };
        Keep(seen);
        return seen;
    }

    /// <summary>Queues what is summed up, at the end of the console.</summary>
    public void Finish(DateTimeOffset now)
    {
        StoreSums(now.ToUnixTimeMilliseconds());
        StoreMinute();
    }

    /// <summary>Closes what is open: the host is not one of this console now.</summary>
    public void Leave(DateTimeOffset now, List<Incident> changed)
    {
        Store(_episodes.Leave(now));
        Store(_incidents.Leave(now, "Its host is no longer one of this console."), changed);
        Finish(now);
    }

    private void Store(EpisodeChanges changes)
    {
        foreach (var step in changes.Steps)
        {
            if (step.Worth)
                writer.Add(new HistoryWrite.PutEpisode(HistoryRows.Of(step.Episode)));
            Tally(step);
        }
        if (changes.Brief > 0)
            Sum(TallyDimensions.Brief, "", changes.Brief, 0, 0);
    }

    private void Store(IncidentChanges changes, List<Incident> changed)
    {
        changed.AddRange(changes.Incidents);
        foreach (var incident in changes.Incidents)
            writer.Add(new HistoryWrite.PutIncident(HistoryRows.Of(incident)));
        for (var place = 0; place < changes.Entries.Count; place++)
            writer.Add(new HistoryWrite.AddEntry(HistoryRows.Of(changes.Entries[place], place)));
    }

    // One row a minute and host, and not one for each look.
    private void Keep(HistoryMinute seen)
    {
        if (_minute is { } last && last.At == seen.At)
        {
            last.Waiting = Math.Max(last.Waiting, seen.Waiting);
            last.BlockedSeconds += seen.BlockedSeconds;
            last.Stuck = Math.Max(last.Stuck, seen.Stuck);
            last.Stale = Math.Max(last.Stale, seen.Stale);
            return;
        }
        StoreMinute();
        _minute = new HistoryMinute { HostId = hostId, At = seen.At, Waiting = seen.Waiting, BlockedSeconds = seen.BlockedSeconds, Stuck = seen.Stuck, Stale = seen.Stale };
    }

    private void StoreMinute()
    {
        if (_minute is { } minute && minute is not { Waiting: 0, BlockedSeconds: 0, Stuck: 0, Stale: 0 })
            writer.Add(new HistoryWrite.AddMinute(minute));
    }

    // A host on which nothing changes and no process waits looks the same a second later: its mailboxes are not derived again.
    private (IReadOnlyList<MailboxCard>, IReadOnlyList<Finding>) BoardOf(HostView host, MailboxBoards boards)
    {
        if (_still is { } still && ReferenceEquals(still.Findings, host.Findings))
            return (still.Cards, still.Plain);
        var board = boards.Of(host);
        _still = board.Cards.All(c => c.Victims.Count == 0) && board.IsCurrent ? (host.Findings, board.Cards, board.Findings) : null;
        return (board.Cards, board.Findings);
    }

    private void Tally(EpisodeStep step)
    {
        var e = step.Episode;
        var opened = step.Kind == StepKind.Opened ? 1 : 0;
        if (opened > 0 || step.BlockedAdded > 0)
        {
            foreach (var (dimension, name) in new[] { (TallyDimensions.Mailbox, e.Mailbox), (TallyDimensions.Program, e.Holder.Program), (TallyDimensions.Unit, e.Holder.Unit), (TallyDimensions.User, e.Holder.User), (TallyDimensions.Cause, e.Cause.Word()) })
            {
                if (!string.IsNullOrEmpty(name))
                    Sum(dimension, name, opened, step.BlockedAdded, e.MostVictims);
            }
        }
        if (step.Kind == StepKind.Closed && e.End is { } end)
            Sum(TallyDimensions.End, end.Word(), 1, 0, 0);
    }

    private void Sum(string dimension, string name, long episodes, double blocked, int victims)
    {
        var was = _sums.GetValueOrDefault((dimension, name));
        _sums[(dimension, name)] = (was.Episodes + episodes, was.Blocked + blocked, Math.Max(was.Victims, victims));
    }

    private void StoreSums(long at)
    {
        _sumsSince = DateTimeOffset.FromUnixTimeMilliseconds(at);
        foreach (var ((dimension, name), (episodes, blocked, victims)) in _sums)
            writer.Add(new HistoryWrite.AddTally(new() { Grain = "", Dimension = dimension, HostId = hostId, Name = name, At = at, Episodes = episodes, BlockedSeconds = blocked, MostVictims = victims }));
        _sums.Clear();
    }
}
