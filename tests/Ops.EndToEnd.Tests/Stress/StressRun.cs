using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Agent;
using Ops.Contracts;

namespace Ops.Testing;

/// <summary>
/// Breaks planted stale locks and removes planted leftovers, by the agent's own operations, while many processes take locks, append and stage mail on the same
/// names at full speed; then counts locks and mail.
/// </summary>
/// <remarks>Some takeovers meet a second agent, some find that the stale lock was replaced by a living one in the very last moment; and living locks are asked for, too.</remarks>
public sealed class StressRun(StressStore store, StressOptions options)
{
    private readonly Plants _plants = new(store, options);
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly ConcurrentDictionary<string, int> _outcomes = new();
    private readonly ConcurrentQueue<TimeSpan> _times = new();
    private readonly ConcurrentDictionary<Guid, string> _takenContent = new();
    private int _broken;
    private int _givenBack;
    private int _leftAlone;
    private int _removed;

    public async Task<StressResult> RunAsync()
    {
        var traffic = new List<TrafficProcess>();
        try
        {
            for (var id = 1; id <= options.Users; id++)
            {
                traffic.Add(await TrafficProcess.StartAsync("user", store.Root, store.Witness, $"{id}"));
            }

            foreach (var (index, program) in options.Programs.Index())
            {
                var id = $"{options.Users + 1 + index}";
                traffic.Add(program == "python3"
                    ? await TrafficProcess.StartPythonAsync(store.Root, store.Witness, id)
                    : await TrafficProcess.StartAsync("user", store.Root, store.Witness, id, program));
            }

            traffic.Add(await TrafficProcess.StartAsync("stager", store.Root, "9"));
            traffic.Add(await TrafficProcess.StartAsync("churn", store.PathOf("churn"), "200"));
            using var posix = LockMaker.Start("posix", "write", store.PathOf(StressStore.Occupied[0]));
            using var flock = LockMaker.Start("flock", "write", store.PathOf(StressStore.Occupied[1]));
            foreach (var occupied in StressStore.Occupied)
            {
                DotLock.TryTake(store.PathOf(occupied), Encoding.ASCII.GetBytes($"{MailStore.DeadPid()}\n"), 1, Random.Shared);
            }

            var took = await ActAsync();
            var reports = new List<TrafficReport>();
            foreach (var process in traffic)
            {
                reports.Add(await process.ReportAsync());
            }

            return Count(reports, took);
        }
        finally
        {
            foreach (var process in traffic)
            {
                process.Dispose();
            }
        }
    }

    private async Task<TimeSpan> ActAsync()
    {
        using var enough = new CancellationTokenSource(options.Duration ?? options.AtMost);
        using var planting = CancellationTokenSource.CreateLinkedTokenSource(enough.Token);
        var first = Agent("first");
        var second = Agent("second");
        var watch = Stopwatch.StartNew();
        var planter = Task.Run(() => _plants.RunAsync(planting.Token), CancellationToken.None);
        // Two threads ask the second agent's operations, which do one act at a time; asking for living locks must not slow the others down.
        var living = Task.Run(() => AskForLivingLocks(Agent("third"), planting.Token), CancellationToken.None);
        var leftovers = Task.Run(() => RemoveLeftovers(second, planting.Token), CancellationToken.None);
        while (Volatile.Read(ref _broken) < options.Breaks && await _plants.NextAsync(enough.Token) is { } plant)
        {
            await BreakAsync(first, second, plant);
        }

        var took = watch.Elapsed;
        await leftovers;
        await planting.CancelAsync();
        await Task.WhenAll(planter, living);
        foreach (var plant in _plants.Rest())
        {
            _plants.Sweep(plant);
        }

        if (options.Duration is null && (_broken < options.Breaks || _removed < options.Removals))
        {
            Problem($"only {_broken} of {options.Breaks} locks were broken and {_removed} of {options.Removals} leftovers removed within {options.AtMost}");
        }

        return took;
    }

    private OperationHandler Agent(string name)
    {
        var settings = AgentSettings.Load(store.WritePolicy(name));
        var handler = new OperationHandler(settings, new HostSurvey(settings, TimeProvider.System), TimeProvider.System, NullLogger.Instance);
        handler.Recover();
        return handler;
    }

    private async Task BreakAsync(OperationHandler first, OperationHandler second, Plant plant)
    {
        var twice = plant.IsAskedTwice ? Task.Run(() => Execute(second, "break", plant.Lock.Path, null, null)) : null;
        var watch = Stopwatch.StartNew();
        var preview = first.Preview(new PreviewRequest("break", "", plant.Lock.Path, null));
        var result = preview.Refusal is null
            ? Execute(first, "break", plant.Lock.Path, preview.Fingerprint, plant.IsSwept && twice is null ? () => Replace(plant) : null)
            : null;
        if (result?.Outcome == "done")
        {
            _times.Enqueue(watch.Elapsed);
        }

        var results = new[] { result, twice is null ? null : await twice }.OfType<OperationResult>().ToList();
        var isDone = results.Exists(r => r.Outcome == "done");
        if (!isDone && options.Programs.Contains("python3") && (preview.Refusal ?? result?.Refusal)?.Reason == "in-use")
        {
            // Python opens the mailbox before it asks for the lock: whoever has it open keeps the lock from being broken, and rightly so. Then nobody came to the exchange.
            _plants.Sweep(plant);
        }
        else if (plant.IsSwept && twice is null && result is not null)
        {
            // The living lock that came in between was displaced and given back, or nobody came and nothing was there.
            if (result.Outcome is not ("changed" or "gone"))
            {
                Problem($"{plant.Lock.Path} was cleaned up before the exchange, but the break ended as {result.Outcome}: {result.Summary}");
            }

            _givenBack += result.Outcome == "changed" ? 1 : 0;
        }
        else if (!isDone)
        {
            Problem($"the stale lock {plant.Lock.Path} was not broken: {preview.Refusal?.Sentence} {string.Join(" ", results.Select(r => $"{r.Outcome}: {r.Summary}"))}");
            _plants.Sweep(plant);
        }

        _plants.Done(plant);
    }

    // Just before the exchange the stale lock is cleaned up, and the next user takes the name: what is exchanged then is a living lock.
    private void Replace(Plant plant)
    {
        _plants.Sweep(plant);
        var waiting = Stopwatch.StartNew();
        while (!File.Exists(plant.Lock.Path) && waiting.Elapsed < TimeSpan.FromMilliseconds(100))
        {
            Thread.Sleep(0);
        }
    }

    private void AskForLivingLocks(OperationHandler agent, CancellationToken stop)
    {
        var random = new Random(2);
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            var mailbox = turn % 8 == 0 ? store.PathOf(StressStore.Occupied[turn / 8 % 2]) : store.Mailboxes[random.Next(store.Mailboxes.Count)];
            if (_plants.IsOn(mailbox) || !File.Exists(mailbox + ".lock"))
            {
                continue;
            }

            var result = Execute(agent, "break", mailbox + ".lock", null, null);
            _leftAlone += result.Outcome == "refused" ? 1 : 0;
            stop.WaitHandle.WaitOne(20);
        }
    }

    private void RemoveLeftovers(OperationHandler agent, CancellationToken stop)
    {
        for (var number = 1; number <= options.Removals && !stop.IsCancellationRequested; number++)
        {
            // Every other one has a second name, a message in somebody's mailbox.
            var path = Path.Join(store.Stage, $"{MailStore.DeadPid()}-{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}-{number}");
            var text = $"leftover {number}\r\n";
            var kept = Path.Join(store.PathOf("kept"), $"{number}.");
            File.WriteAllText(path, text);
            if (number % 2 == 0)
            {
                Names.Link(path, kept);
            }

            // To its end, also when the run is over: a younger one is refused, and rightly.
            Thread.Sleep(TimeSpan.FromSeconds(1.1));
            var result = Execute(agent, "remove", path, null, null);
            if (result.Outcome != "done" || File.Exists(path) || (number % 2 == 0 && File.ReadAllText(kept) != text))
            {
                Problem($"{path}: the removal ended as {result.Outcome}: {result.Summary}");
            }
        }
    }

    private OperationResult Execute(OperationHandler agent, string action, string path, string? fingerprint, Action? beforeExchange)
    {
        var result = agent.Execute(
            new ExecuteRequest(Guid.CreateVersion7(), action, "", path, null, fingerprint, "stress", [], "stress test"),
            progress =>
            {
                if (progress is { Step: ExchangeStep, State: "running" })
                {
                    beforeExchange?.Invoke();
                }
            });
        _outcomes.AddOrUpdate($"{action} {result.Outcome}", 1, (_, count) => count + 1);
        if (result.Outcome == "failed")
        {
            Problem($"{action} {path} failed: {result.Summary}");
        }

        if (result.Outcome != "done")
        {
            return result;
        }

        if (result.Removed is not { } removed)
        {
            Problem($"{action} {path} is done, but does not say what was removed");
            return result;
        }

        var content = removed.Content is null ? null : Encoding.ASCII.GetString(Convert.FromBase64String(removed.Content));
        _takenContent[result.OperationId] = content ?? "";
        if (action == "break")
        {
            Interlocked.Increment(ref _broken);
            if (_plants.Taken(removed.Identity.Ino, content) is { } wrong)
            {
                Problem($"{path}: {wrong}");
            }
        }
        else
        {
            Interlocked.Increment(ref _removed);
        }

        return result;
    }

    private StressResult Count(List<TrafficReport> reports, TimeSpan took)
    {
        var deliverers = options.Users + options.Programs.Count;
        var users = reports.Take(deliverers).ToList();
        var stager = reports[deliverers];
        foreach (var problem in reports.SelectMany(r => r.Problems)
                     .Concat(store.MissingMail(users)).Concat(store.MissingStagedMail(stager))
                     .Concat(store.Litter().Select(l => $"{l} was left behind")))
        {
            Problem(problem);
        }

        foreach (var occupied in StressStore.Occupied.Where(o => !File.Exists(store.PathOf(o) + ".lock")))
        {
            Problem($"the lock of {occupied} was broken while somebody held the mailbox");
        }

        CountQuarantine();
        var times = _times.Order().ToList();
        return new StressResult(
            _broken, _givenBack, _leftAlone, _removed, users.Sum(u => u.Messages), stager.Messages, users.Sum(u => u.Displaced), took,
            times.Count == 0 ? TimeSpan.Zero : times[times.Count / 2], _outcomes, [.. _problems])
        {
            ByProgram = options.Programs.Index().GroupBy(p => p.Item, p => users[options.Users + p.Index].Messages).ToDictionary(g => g.Key, g => g.Sum()),
        };
    }

    private void CountQuarantine()
    {
        var items = store.Quarantined();
        foreach (var (id, content) in _takenContent)
        {
            if (!items.TryGetValue(id, out var item) || File.ReadAllText(item) != content)
            {
                Problem($"what operation {id} took away is not in quarantine as it was");
            }
        }

        if (items.Count != _takenContent.Count)
        {
            Problem($"{_takenContent.Count} files were removed, {items.Count} are in quarantine");
        }
    }

    /// <summary>Number of the takeover's step that exchanges the names.</summary>
    private const int ExchangeStep = 5;

    private void Problem(string text)
    {
        if (_problems.Count < 100)
        {
            _problems.Enqueue(text);
        }
    }
}
