using System.Collections.Concurrent;
using System.Diagnostics;
using Ops.Cluster;
using Ops.Data;
using Ops.Web.Live.Recording;

namespace Ops.Web.Features.Alerts;

/// <summary>Looks once a second at the incidents and sends what channels have to learn. No agent, page or act ever waits for it, and it waits for no receiver and no database.</summary>
internal sealed class AlertSender(
    HistoryPulse pulse, IConsoles consoles, AlertStore store, ChannelVault vault, AlertPostman postman, AlertCounts counts, TimeProvider clock, ILogger<AlertSender> log) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1), PruneEvery = TimeSpan.FromHours(1), AtTheEnd = TimeSpan.FromSeconds(2);

    // Lines of the log that wait for the database; those beyond it are lost, what is pending is not.
    private const int MostLines = 1_000;

    private readonly AlertBook _book = new(postman.RepeatEvery, Random.Shared.NextDouble);
    private readonly Dictionary<Guid, Task> _underWay = [];
    private readonly ConcurrentQueue<(DueMessage Message, DeliveryResult Result, TimeSpan Took)> _ended = new();
    private readonly Queue<AlertDelivery> _lines = new();
    private readonly Dictionary<string, ChannelSettings?> _opened = new(StringComparer.Ordinal);
    private AlertSetup? _setup;
    private Task<Stored>? _storing;
    private long _pruned;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(LookEvery, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // In a fleet one console sends. The next one goes on from what this one stored, so a message may come twice, and none is left out.
                if (!consoles.IsFirst)
                    continue;
                try
                {
                    Look(stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException) // a fault in here must not end the alerts, nor the console
                {
                    log.AlertLookFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The console ends. What is under way is given up, and sent again after the next start.
        }
        await Task.WhenAny(Task.WhenAll(_underWay.Values.Append(_storing ?? Task.CompletedTask)), Task.Delay(AtTheEnd, CancellationToken.None));
        TakeEnded();
        TakeStored();
        if (_setup is not null && _storing is null && (_book.TakeChanged(), _lines) is var (posts, lines) && (posts.Count > 0 || lines.Count > 0))
            await Task.WhenAny(Task.Run(() => StoreAsync(posts, [.. lines], isFirst: false, prune: false), CancellationToken.None), Task.Delay(AtTheEnd, CancellationToken.None));
    }

    private void Look(CancellationToken stop)
    {
        TakeEnded();
        TakeStored();
        if (_setup is { } setup)
        {
            List<AlertDelivery> dropped = [];
            var now = clock.GetUtcNow();
            var due = _book.Look(pulse.Current.Incidents, setup, _underWay.Keys.ToHashSet(), LinkOf, now, TimeOnly.FromDateTime(clock.GetLocalNow().DateTime), dropped);
            counts.Set(_book.Pending);
            foreach (var line in dropped)
                Log(line, setup.Channels.First(c => c.Id == line.ChannelId).Kind);
            foreach (var message in due)
                _underWay[message.Channel.Id] = Task.Run(() => DeliverAsync(message, stop), CancellationToken.None);
        }
        _storing ??= BeginToStore();
    }

    private async Task DeliverAsync(DueMessage message, CancellationToken stop)
    {
        var from = Stopwatch.GetTimestamp();
        DeliveryResult result;
        try
        {
            result = await postman.DeliverAsync(message.Channel.Kind, SettingsOf(message.Channel), [.. message.Notices.Select(n => n.Notice)], stop);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e) // of one carrier: the others go on
        {
            log.DeliveryFault(message.Channel.Name, e);
            result = new(DeliveryState.Failed, "A fault of the console; its log has the details.");
        }
        _ended.Enqueue((message, result, Stopwatch.GetElapsedTime(from)));
    }

    private void TakeEnded()
    {
        while (_ended.TryDequeue(out var ended))
        {
            var (message, result, took) = ended;
            _underWay.Remove(message.Channel.Id);
            counts.Add(message.Channel.Kind, result.Word);
            if (result.State != DeliveryState.Sent)
                log.NotDelivered(message.Channel.Name, result.Word, message.Notices.Count);
            if (_book.Ended(message, result, took, clock.GetUtcNow()) is { } line)
                Queue(line);
        }
    }

    private void Log(AlertDelivery line, string kind)
    {
        counts.Add(kind, line.Outcome);
        Queue(line);
    }

    private void Queue(AlertDelivery line)
    {
        if (_lines.Count >= MostLines)
            _lines.Dequeue();
        _lines.Enqueue(line);
    }

    // On another thread and one at a time: SQLite's calls do not return while its disk hangs.
    private Task<Stored> BeginToStore()
    {
        var (posts, lines, isFirst) = (_book.TakeChanged(), _lines.ToList(), _setup is null);
        _lines.Clear();
        var prune = Stopwatch.GetElapsedTime(_pruned) > PruneEvery;
        if (prune)
            _pruned = Stopwatch.GetTimestamp();
        return Task.Run(() => StoreAsync(posts, lines, isFirst, prune), CancellationToken.None);
    }

    private async Task<Stored> StoreAsync(IReadOnlyList<AlertPost> posts, List<AlertDelivery> lines, bool isFirst, bool prune)
    {
        try
        {
            if (posts.Count > 0 || lines.Count > 0)
                await store.SaveAsync(posts, lines);
            if (prune)
                await store.PruneAsync();
            var found = isFirst ? await store.PostsAsync() : [];
            return new(await store.SetupAsync(), found, posts, lines, null);
        }
        catch (Exception e) when (DatabaseFailure.Is(e) || e is TimeoutException or IOException)
        {
            return new(null, [], posts, lines, DatabaseFailure.Cause(e));
        }
    }

    // Until what is pending was read, nothing is sent: else each restart would announce all that is open again.
    private void TakeStored()
    {
        if (_storing is not { IsCompleted: true } stored)
            return;
        _storing = null;
        if (stored.IsFaulted)
        {
            log.AlertLookFailed(stored.Exception.GetBaseException());
            return;
        }
        var (setup, found, posts, lines, failure) = stored.Result;
        if (setup is null)
        {
            log.AlertsNotStored(failure!);
            _book.NotStored(posts);
            foreach (var line in lines)
                Queue(line);
            return;
        }
        if (_setup is null)
            _book.Resume(found);
        _setup = setup;
    }

    private ChannelSettings? SettingsOf(AlertChannel channel)
    {
        lock (_opened)
        {
            if (_opened.Count > AlertStore.MostChannels)
                _opened.Clear();
            if (!_opened.TryGetValue(channel.Settings, out var settings))
                _opened[channel.Settings] = settings = vault.Open(channel.Settings);
            return settings;
        }
    }

    private string? LinkOf(AlertChannel channel, Guid incident) => SettingsOf(channel)?.ConsoleUrl is { } console ? $"{console.TrimEnd('/')}/incidents/{incident}" : null;

    /// <param name="Setup">Null: the database failed, and nothing was stored.</param>
    private sealed record Stored(AlertSetup? Setup, IReadOnlyList<AlertPost> Found, IReadOnlyList<AlertPost> Posts, IReadOnlyList<AlertDelivery> Lines, string? Failure);
}

internal static partial class AlertLog
{
    [LoggerMessage(EventId = 2401, Level = LogLevel.Error, Message = "The look at what channels have to learn failed; the next one is in a second")]
    public static partial void AlertLookFailed(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 2402, Level = LogLevel.Error, Message = "A delivery over channel '{Channel}' ended with a fault")]
    public static partial void DeliveryFault(this ILogger logger, string channel, Exception error);

    [LoggerMessage(EventId = 2403, Level = LogLevel.Warning, Message = "Channel '{Channel}': {Outcome}, a message about {Count} incidents; the page Alerts says why")]
    public static partial void NotDelivered(this ILogger logger, string channel, string outcome, int count);

    [LoggerMessage(EventId = 2404, Level = LogLevel.Warning, Message = "What is pending for channels could not be stored: {Error}")]
    public static partial void AlertsNotStored(this ILogger logger, string error);
}
