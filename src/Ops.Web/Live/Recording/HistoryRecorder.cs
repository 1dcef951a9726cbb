using System.Collections.Concurrent;
using Ops.Cluster;
using Ops.Data;
using Ops.Web.Live.Integrity;

namespace Ops.Web.Live.Recording;

/// <summary>Looks at the live state once a second and records what becomes of locks. Reads the state only: no agent and no page ever waits for it.</summary>
internal sealed class HistoryRecorder(
    LiveState live, MailboxBoards boards, IntegrityBook audits, IConsoles consoles, HistoryWriter writer, HistoryReader reader, HistoryUpkeep upkeep, IncidentLog incidents, HistoryPulse pulse, HistoryRetention retention, LiveLimits limits, TimeProvider clock,
    ILogger<HistoryRecorder> log) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1), WriteEvery = TimeSpan.FromSeconds(1), UpkeepEvery = TimeSpan.FromHours(1);

    // More open holds than any console has seen; those beyond are closed as unknown by the upkeep, a day later.
    private const int MostResumed = 20_000;

    private const int RefreshAfterLooks = 5;

    private readonly Dictionary<string, HostRecord> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<Guid, DateTimeOffset> _actsSeen = [];
    private readonly ConcurrentQueue<EndedAct> _acts = new();
    private long _heard;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var written = new CancellationTokenSource();
        var writing = writer.RunAsync(WriteEvery, error => log.HistoryFails(error), written.Token);
        var keeping = KeepAsync(stoppingToken);
        var asking = AskForActsAsync(stoppingToken);
        try
        {
            using var timer = new PeriodicTimer(LookEvery, clock);
            // In a fleet one console records; the others show what it stored, and one of them goes on should it end.
            for (var ticks = 0; !consoles.IsFirst; ticks++)
            {
                if (ticks % RefreshAfterLooks == 0)
                    await ResumePulseAsync(stoppingToken);
                await timer.WaitForNextTickAsync(stoppingToken);
            }
            await ResumeAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    Look();
                }
                catch (Exception e) when (e is not OperationCanceledException) // a fault in here must not end the console's history, nor the console
                {
                    log.LookFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The console ends.
        }
        foreach (var record in _hosts.Values)
            record.Finish(clock.GetUtcNow());
        await written.CancelAsync();
        await Task.WhenAll(writing, keeping, asking);
    }

    /// <summary>One look at every host.</summary>
    private void Look()
    {
        var view = live.Current;
        List<EndedAct> acts = [];
        while (_acts.TryDequeue(out var act))
            acts.Add(act);
        var now = clock.GetUtcNow();
        List<HistoryMinute> minutes = [];
        List<Incident> changed = [];
        var damages = audits.Damages;
        foreach (var host in view.Hosts.Where(IsRecorded))
        {
            var hostId = host.Status.HostId;
            if (Record(hostId).Look(host, boards, acts.Count == 0 ? [] : [.. acts.Where(a => a.HostId == hostId)], [.. damages[hostId]], now, changed) is { } minute)
                minutes.Add(minute);
        }
        foreach (var (hostId, record) in _hosts.Where(h => view.Host(h.Key) is not { } host || !IsRecorded(host)).ToList())
        {
            record.Leave(now, changed);
            _hosts.Remove(hostId);
        }
        Heard(minutes);
        pulse.Beat(minutes, changed, writer.Health, now);
    }

    // What is practised is no incident, and no alert follows from it.
    private bool IsRecorded(HostView host) => limits.CountDrills || !host.Status.IsDrill;

    // Once a minute: hosts without a figure store no minute of their own.
    private void Heard(List<HistoryMinute> minutes)
    {
        if (minutes.Count == 0 || minutes[0].At == _heard)
            return;
        _heard = minutes[0].At;
        writer.Add(new HistoryWrite.AddMinute(new() { HostId = "", At = _heard }));
    }

    private HostRecord Record(string hostId)
    {
        if (!_hosts.TryGetValue(hostId, out var record))
            _hosts[hostId] = record = new HostRecord(hostId, writer);
        return record;
    }

    // Acts that ended. Apart from the looks, which go on while the database does not answer; should it fail, an end is recorded without its act.
    private async Task AskForActsAsync(CancellationToken stop)
    {
        try
        {
            using var timer = new PeriodicTimer(LookEvery, clock);
            while (await timer.WaitForNextTickAsync(stop))
            {
                if (!consoles.IsFirst)
                    continue;
                try
                {
                    var since = clock.GetUtcNow() - TimeSpan.FromMinutes(10);
                    var done = await incidents.ActsSinceAsync(since, stop);
                    foreach (var old in _actsSeen.Where(a => a.Value < since).Select(a => a.Key).ToList())
                        _actsSeen.Remove(old);
                    foreach (var act in done.Where(o => _actsSeen.TryAdd(o.Id, clock.GetUtcNow())))
                        _acts.Enqueue(new(act.HostId, act.Id, act.Action, act.Actor, act.FindingKey, act.Path, act.EndedAt ?? clock.GetUtcNow(), act.Outcome));
                }
                catch (Exception e) when (DatabaseFailure.Is(e))
                {
                    // The writer reports that the database fails.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The console ends.
        }
    }

    private async Task ResumeAsync(CancellationToken stop)
    {
        try
        {
            foreach (var row in await reader.OpenAsync(MostResumed, stop))
                Record(row.HostId).Resume(HistoryRows.Of(row));
            foreach (var row in await incidents.ListAsync(null, MostResumed, onlyOpen: true, stop))
                Record(row.HostId).Resume(HistoryRows.Of(row));
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            log.HistoryFails(DatabaseFailure.Cause(e));
        }
        await ResumePulseAsync(stop);
    }

    private async Task ResumePulseAsync(CancellationToken stop)
    {
        try
        {
            var now = clock.GetUtcNow();
            var (from, to) = (now.ToUnixTimeMilliseconds() - (HistoryPulse.Kept * 60_000L), now.ToUnixTimeMilliseconds());
            pulse.Resume(await reader.MinutesAsync(null, from, to, stop), (await incidents.BetweenAsync(from, to, MostResumed, stop)).Select(HistoryRows.Of), now);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            log.HistoryFails(DatabaseFailure.Cause(e));
        }
    }

    private async Task KeepAsync(CancellationToken stop)
    {
        try
        {
            using var timer = new PeriodicTimer(UpkeepEvery, clock);
            do
            {
                try
                {
                    if (consoles.IsFirst)
                        await upkeep.RunAsync(clock.GetUtcNow(), retention, EpisodeNumbers.First, stop);
                }
                catch (Exception e) when (DatabaseFailure.Is(e))
                {
                    log.HistoryFails(DatabaseFailure.Cause(e));
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // The console ends.
        }
    }
}
