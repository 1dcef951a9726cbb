using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Ops.Data;
using Ops.Integrity;

namespace Ops.Web.Live.Integrity;

/// <summary>Asks agents for audits that have ended, and keeps the last one of each store in the database. Pages read what is here; only a report itself is read from the database.</summary>
public sealed class IntegrityBook(LiveState live, HostQuestions questions, StoreAuditLog log, TimeProvider clock, ILogger<IntegrityBook> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1), AgainAfter = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, StoreAuditState> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (Guid Revision, DateTimeOffset At, bool Done)> _asked = new(StringComparer.Ordinal);
    private ImmutableDictionary<(string HostId, string Root), StoredAudit> _stored = ImmutableDictionary<(string, string), StoredAudit>.Empty;
    private DamagesOf? _damages;

    /// <summary>All that are known, of hosts that are gone too.</summary>
    public IReadOnlyCollection<StoredAudit> Stored => [.. _stored.Values];

    /// <summary>What the last reports say of damage, by host. The same one as long as none is new: it is asked for every second.</summary>
    public ILookup<string, StoreDamage> Damages
    {
        get
        {
            var stored = _stored;
            if (_damages is { } known && ReferenceEquals(known.Of, stored))
                return known.ByHost;
            var byHost = stored.Values.Where(a => a.Damage is not null).ToLookup(a => a.HostId, a => a.Damage!);
            _damages = new(stored, byHost);
            return byHost;
        }
    }

    /// <summary>What the agent of a host said last; null when it has not been asked yet.</summary>
    public StoreAuditState? StateOf(string hostId) => _states.GetValueOrDefault(hostId);

    /// <summary>The last report of a store; null when there is none.</summary>
    public async Task<AuditDocument?> ReportAsync(string hostId, string root, CancellationToken stop) =>
        await log.ReportAsync(hostId, root, stop) is { } json ? JsonSerializer.Deserialize(json, IntegrityJson.Default.AuditDocument) : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(LookEvery, clock);
            await ReadAsync(timer, stoppingToken);
            do
            {
                foreach (var host in live.Current.Hosts.Select(h => h.Status).Where(s => s is { Connection: not HostConnection.Lost, Audits: not null }))
                {
                    var (revision, now) = (host.Audits!.Revision, clock.GetUtcNow());
                    if (_asked.TryGetValue(host.HostId, out var asked) && asked.Revision == revision && (asked.Done || now - asked.At < AgainAfter))
                        continue;
                    _asked[host.HostId] = (revision, now, Done: false);
                    // Not awaited: one agent that does not answer must not hold up the others.
                    _ = TakeAsync(host, revision, stoppingToken);
                }
                var hosts = live.Current;
                foreach (var gone in _stored.Keys.Where(k => hosts.Host(k.HostId) is null).ToList())
                    ImmutableInterlocked.TryRemove(ref _stored, gone, out _);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The console ends.
        }
    }

    private async Task ReadAsync(PeriodicTimer timer, CancellationToken stop)
    {
        do
        {
            try
            {
                foreach (var row in await log.ListAsync(stop))
                    ImmutableInterlocked.TryAdd(ref _stored, (row.HostId, row.Root), StoredAudit.Of(row));
                return;
            }
            catch (Exception e) when (DatabaseFailure.Is(e) || e is JsonException)
            {
                logger.AuditsNotStored(e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    private async Task TakeAsync(HostStatus host, Guid revision, CancellationToken stop)
    {
        try
        {
            var (_, state, _) = await questions.AskAsync(host.HostId, "the audits of its stores", c => c.Audits(), Whole.Is, stop);
            if (state is null)
                return;
            _states[host.HostId] = state;
            foreach (var end in state.Last.Take(StoreAuditLog.MostOfHost))
            {
                if (!_stored.TryGetValue((host.HostId, end.Root), out var known) || known.End != end)
                    await PutAsync(host, end, known, stop);
            }
            _asked[host.HostId] = (revision, clock.GetUtcNow(), Done: true);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            logger.AuditsNotStored(DatabaseFailure.Cause(e));
        }
        catch (OperationCanceledException)
        {
            // The console ends.
        }
    }

    private async Task PutAsync(HostStatus host, StoreAuditEnd end, StoredAudit? known, CancellationToken stop)
    {
        var row = new StoreAuditRow
        {
            HostId = host.HostId,
            RootKey = StoreAuditLog.KeyOf(end.Root),
            Root = end.Root,
            Host = host.HostName,
            AuditId = end.Id,
            Asked = end.Asked,
            Full = end.Full,
            Outcome = end.Outcome,
            Note = end.Note,
            StartedAt = end.StartedAt.ToUnixTimeMilliseconds(),
            EndedAt = end.EndedAt.ToUnixTimeMilliseconds(),
            ReportId = known?.End.ReportId,
            ReportFull = known?.ReportFull ?? false,
            ReportAt = known?.ReportAt?.ToUnixTimeMilliseconds(),
            Summary = known?.Summary is { } summary ? JsonSerializer.Serialize(summary, AuditSummaryJson.Default.AuditSummary) : null,
        };
        if (end.ReportId is { } id && id != known?.End.ReportId)
        {
            var (_, answer, _) = await questions.AskAsync(host.HostId, "the report of an audit", c => c.FetchAudit(new(end.Root, id)), Whole.Is, stop);
            if (answer?.Report is { } report)
            {
                // An agent speaks for its own host only.
                report = report with { Host = host.HostName };
                (row.ReportId, row.ReportFull, row.ReportAt) = (id, answer.Full, answer.EndedAt.ToUnixTimeMilliseconds());
                row.Summary = JsonSerializer.Serialize(AuditSummary.Of(report), AuditSummaryJson.Default.AuditSummary);
                row.Report = JsonSerializer.Serialize(report, IntegrityJson.Default.AuditDocument);
            }
        }
        await log.PutAsync(row, stop);
        var stored = StoredAudit.Of(row) with { End = end };
        ImmutableInterlocked.AddOrUpdate(ref _stored, (host.HostId, end.Root), stored, (_, _) => stored);
    }

    private sealed record DamagesOf(ImmutableDictionary<(string HostId, string Root), StoredAudit> Of, ILookup<string, StoreDamage> ByHost);
}
