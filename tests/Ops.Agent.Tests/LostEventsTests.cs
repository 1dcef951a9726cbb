using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>What an engine says and does where events are lost, or there are none: scans find it, and the console is sent what that costs.</summary>
public sealed class LostEventsTests : IHostWatch, IAgentHub, IDisposable
{
    private static readonly FilePath Path = FilePath.FromText("/var/mail/alice.lock");
    private readonly Scratch _directory = new();
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Finding> _findings = new();
    private readonly AgentEngine _engine;
    private volatile IReadOnlyList<Finding> _stores = [];
    private volatile IReadOnlyList<BlindSpot> _unwatched = [];
    private volatile IReadOnlyList<BlindSpot> _unseen = [];
    private volatile Action<StoreChanges>? _report;
    private int _scans;
    private Task? _run;

    public LostEventsTests()
    {
        var settings = new AgentSettings { Policy = new Policy(), Roots = StoreRoots.Named([_directory.Path]), StateDirectory = _directory.File("state"), HostName = "mail1" };
        _engine = new AgentEngine(settings, this, new OperationHandler(settings, new HostSurvey(settings, _time), _time, NullLogger.Instance), _time);
    }

    [Fact]
    public async Task Events_that_were_dropped_are_reported_and_a_scan_finds_what_they_were_about()
    {
        await StartAsync();
        _stores = [Samples.Finding("s")];
        _report!(new StoreChanges([], "the kernel dropped events", IsDropped: true));
        await Until(() => _findings.ContainsKey("s"));
        await Until(() => Says("more names changed at once than could be followed (1 times since the start)"));
        Assert.False(Says("no event had reported"));
    }

    [Fact]
    public async Task Events_that_were_dropped_are_followed_by_a_scan_at_once_and_what_it_finds_is_no_difference()
    {
        await StartAsync();
        _stores = [Samples.Finding("s")];
        // From here on no time passes: only the loss itself can be the reason of a scan.
        _report!(new StoreChanges([], "the kernel dropped events", IsDropped: true));
        await Testing.Wait.Until(() => _findings.ContainsKey("s"));
        var found = _time.GetUtcNow();
        await Until(() => _time.GetUtcNow() - found > TimeSpan.FromSeconds(60));
        Assert.False(Says("no event had reported"));
    }

    [Fact]
    public async Task A_name_that_only_a_scan_found_is_counted_and_reported()
    {
        await StartAsync();
        _stores = [Samples.Finding("s")];
        await Until(() => _findings.ContainsKey("s"));
        await Until(() => Says("no event had reported: 1 since the start"));
    }

    [Fact]
    public async Task A_name_whose_event_comes_after_the_scan_is_not_counted()
    {
        await StartAsync();
        _stores = [Samples.Finding("s"), Samples.Finding("t", path: "/var/mail/bob.lock")];
        await Until(() => _findings.ContainsKey("s"));
        _report!(new StoreChanges([Path], null));
        await Until(() => Says("no event had reported"));
        Assert.True(Says("no event had reported: 1 since the start"));
    }

    [Fact]
    public async Task What_the_first_scan_finds_needs_no_event()
    {
        _stores = [Samples.Finding("s")];
        await StartAsync();
        await Until(() => _findings.ContainsKey("s"));
        var started = _time.GetUtcNow();
        await Until(() => _time.GetUtcNow() - started > TimeSpan.FromSeconds(60));
        Assert.False(Says("no event had reported"));
    }

    [Fact]
    public async Task A_place_without_events_is_reported_and_what_a_scan_finds_is_no_difference()
    {
        _unwatched = [new("events", "/var/mail: nfs reports no changes that other hosts make")];
        await StartAsync();
        await Until(() => Says("nfs reports no changes"));
        _stores = [Samples.Finding("s")];
        await Until(() => _findings.ContainsKey("s"));
        var found = _time.GetUtcNow();
        await Until(() => _time.GetUtcNow() - found > TimeSpan.FromSeconds(60));
        Assert.False(Says("no event had reported"));
    }

    [RootFact]
    public async Task A_watch_without_the_right_to_watch_file_systems_watches_single_directories_and_says_so()
    {
        using var store = new Store();
        var start = new ProcessStartInfo("setpriv") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["--bounding-set=-sys_admin", "--inh-caps=-sys_admin", Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "exec",
            typeof(CommandLine).Assembly.Location, "watch", "--json", "--root", store.Path])
        {
            start.ArgumentList.Add(argument);
        }
        using var watch = Process.Start(start)!;
        var (remarks, lines) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        watch.ErrorDataReceived += (_, line) => remarks.Enqueue(line.Data ?? "");
        watch.OutputDataReceived += (_, line) => lines.Enqueue(line.Data ?? "");
        watch.BeginErrorReadLine();
        watch.BeginOutputReadLine();
        try
        {
            const string why = "no right to watch file systems (CAP_SYS_ADMIN): the root and directories that hold locks or leftovers are watched one by one (inotify";
            await Testing.Wait.Until(() => remarks.Any(r => r.Contains(why, StringComparison.Ordinal)), seconds: 60);
            var path = JsonSerializer.Serialize(store.Write("box.lock"));
            await Testing.Wait.Until(() => lines.Any(l => l.StartsWith("{\"change\":\"opened\"", StringComparison.Ordinal) && l.Contains($"\"path\":{path}", StringComparison.Ordinal)), seconds: 60);
        }
        finally
        {
            watch.Kill();
            await watch.WaitForExitAsync();
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        try
        {
            _run?.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // That is how a session ends.
        }
        _engine.Dispose();
        _stop.Dispose();
        _directory.Dispose();
    }

    Guid IHostWatch.BootId => Samples.Boot;

    IReadOnlyList<BlindSpot> IHostWatch.Standing => [];

    void IHostWatch.KeepBootTime()
    {
    }

    AreaScan IHostWatch.LookAtLocks(CancellationToken stop) => new(ScanArea.KernelLocks, [], [], [], TimeSpan.FromMilliseconds(1));

    AreaScan IHostWatch.LookAtStores(CancellationToken stop)
    {
        var stores = _stores;
        Interlocked.Increment(ref _scans);
        return new AreaScan(ScanArea.Stores, stores, [], [], TimeSpan.FromMilliseconds(1));
    }

    NameWatch IHostWatch.WatchStores(Action<StoreChanges> changed)
    {
        _report = changed;
        return new NameWatch(Stream.Null, () => _unwatched);
    }

    NamesLook IHostWatch.LookAtNames(IReadOnlyCollection<FilePath> names, CancellationToken stop) =>
        NamesLook.Nothing with { Names = names, Findings = [.. _stores.Where(f => names.Any(n => n.Text == f.Path))] };

    ExplainAnswer IHostWatch.Explain(string subject, Func<string, DateTimeOffset?> since) => new(subject, [], []);

    Task IAgentHub.Hello(Hello hello) => Task.CompletedTask;

    Task IAgentHub.Snapshot(SnapshotChunk chunk) => Keep(chunk.Findings);

    Task IAgentHub.Delta(Delta delta) => Keep([.. delta.Opened, .. delta.Changed]);

    Task IAgentHub.Heartbeat(Heartbeat heartbeat)
    {
        _unseen = heartbeat.BlindSpots;
        return Task.CompletedTask;
    }

    Task IAgentHub.Progress(OperationProgress progress) => Task.CompletedTask;

    private Task Keep(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
            _findings[finding.Key] = finding;
        return Task.CompletedTask;
    }

    private bool Says(string words) => _unseen.Any(b => b.Area == "events" && b.Detail.Contains(words, StringComparison.Ordinal));

    /// <summary>Until two scans have begun under the watch: what the first one found was there before.</summary>
    private async Task StartAsync()
    {
        _run = _engine.RunAsync(this, _stop.Token);
        await Testing.Wait.Until(() => _report is not null);
        var before = Volatile.Read(ref _scans);
        await Until(() => Volatile.Read(ref _scans) >= before + 3);
    }

    /// <summary>Moves the clock on until it is so.</summary>
    private Task Until(Func<bool> condition) => Testing.Wait.Until(() =>
    {
        if (condition())
            return true;
        _time.Advance(TimeSpan.FromSeconds(1));
        return false;
    });
}
