using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;

namespace Ops.Agent.Tests;

public sealed class AgentEngineTests : IDisposable
{
    private readonly Scratch _directory = new();
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly FakeWatch _watch = new();
    private readonly Listener _console = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly AgentEngine _engine;

    public AgentEngineTests()
    {
        var settings = new AgentSettings { Policy = new Policy(), Roots = StoreRoots.Named([_directory.Path]), StateDirectory = _directory.File("state"), HostName = "mail1" };
        _engine = new AgentEngine(settings, _watch, new OperationHandler(settings, new HostSurvey(settings, _time), _time, NullLogger.Instance), _time);
    }

    [Fact]
    public async Task A_session_begins_with_hello_and_the_whole_state()
    {
        _watch.Locks = [Samples.Finding("l")];
        var run = _engine.RunAsync(_console, _stop.Token);
        var hello = await _console.Next<Hello>();
        Assert.Equal(("mail1", _engine.Epoch), (hello.HostName, hello.Epoch));
        Assert.Contains(hello.BlindSpots, b => b.Detail.Contains("first scan", StringComparison.Ordinal));
        var snapshot = await _console.Next<SnapshotChunk>();
        Assert.True(snapshot.Last);
        Assert.Equal(_engine.Epoch, snapshot.Epoch);
        await End(run);
    }

    [Fact]
    public async Task Changes_follow_the_snapshot_without_a_gap_and_heartbeats_name_the_last()
    {
        var run = _engine.RunAsync(_console, _stop.Token);
        var sequence = (await _console.Next<SnapshotChunk>()).Sequence;
        await _console.Next<Heartbeat>();
        for (var i = 1; i <= 3; i++)
        {
            _watch.Locks = [Samples.Finding("l" + i), .. _watch.Locks];
            _time.Advance(TimeSpan.FromSeconds(1));
            var delta = await _console.Next<Delta>(() => _time.Advance(TimeSpan.FromSeconds(1)));
            Assert.Equal(++sequence, delta.Sequence);
        }
        var beat = await _console.Next<Heartbeat>(() => _time.Advance(TimeSpan.FromSeconds(5)));
        Assert.Equal(sequence, beat.Sequence);
        await End(run);
    }

    [Fact]
    public async Task A_lock_that_was_not_seen_is_looked_for_again_at_once_and_then_closed()
    {
        _watch.Locks = [Samples.Finding("l")];
        var run = _engine.RunAsync(_console, _stop.Token);
        await _console.ToldOf("l");
        _watch.Locks = [];
        var looks = _watch.LooksAtLocks;
        while (_watch.LooksAtLocks == looks)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(10);
        }
        var missedAt = _time.GetUtcNow();
        Assert.Equal(["l"], (await _console.Next<Delta>(() => _time.Advance(TimeSpan.FromMilliseconds(50)))).Closed);
        Assert.InRange(_time.GetUtcNow() - missedAt, TimeSpan.Zero, TimeSpan.FromMilliseconds(950)); // an ordinary look comes after 1 s
        await End(run);
    }

    [Fact]
    public async Task A_console_that_lost_track_gets_the_whole_state_again()
    {
        _watch.Stores = [Samples.Finding("s")];
        var run = _engine.RunAsync(_console, _stop.Token);
        await _console.Next<SnapshotChunk>();
        await _engine.Resync();
        Assert.True((await _console.Next<SnapshotChunk>()).Last);
        await End(run);
    }

    [Fact]
    public async Task The_next_session_continues_the_count_in_the_same_epoch()
    {
        using var first = new CancellationTokenSource();
        _watch.Locks = [Samples.Finding("a")];
        var run = _engine.RunAsync(_console, first.Token);
        await _console.ToldOf("a");
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        _watch.Locks = [Samples.Finding("a"), Samples.Finding("b")];
        var again = new Listener();
        run = _engine.RunAsync(again, _stop.Token);
        Assert.Equal(_engine.Epoch, (await again.Next<Hello>()).Epoch);
        Assert.True((await again.Next<SnapshotChunk>()).Sequence >= 1);
        await End(run);
    }

    [Fact]
    public async Task A_look_that_fails_is_a_blind_spot_and_not_the_end()
    {
        var run = _engine.RunAsync(_console, _stop.Token);
        await _console.Next<SnapshotChunk>();
        _watch.Failure = "no /proc today";
        Heartbeat beat;
        do
            beat = await _console.Next<Heartbeat>(() => _time.Advance(TimeSpan.FromSeconds(5)));
        while (!beat.BlindSpots.Any(b => b.Detail.Contains("no /proc today", StringComparison.Ordinal)));

        _watch.Failure = null;
        do
            beat = await _console.Next<Heartbeat>(() => _time.Advance(TimeSpan.FromSeconds(5)));
        while (beat.BlindSpots.Any(b => b.Detail.Contains("no /proc today", StringComparison.Ordinal)));
        await End(run);
    }

    [Fact]
    public async Task A_console_that_fails_ends_the_session_and_not_the_engine()
    {
        _console.FailsFrom = typeof(Hello);
        await Assert.ThrowsAsync<IOException>(() => _engine.RunAsync(_console, _stop.Token));
        var again = new Listener();
        var run = _engine.RunAsync(again, _stop.Token);
        await again.Next<SnapshotChunk>();
        await End(run);
    }

    [Fact]
    public async Task A_console_that_is_lost_in_the_middle_of_a_message_ends_the_session_at_once()
    {
        _watch.Locks = [Samples.Finding("l")];
        _console.FailsFrom = typeof(SnapshotChunk);
        await Assert.ThrowsAsync<IOException>(() => _engine.RunAsync(_console, _stop.Token).WaitAsync(TimeSpan.FromSeconds(30)));
        var again = new Listener();
        var run = _engine.RunAsync(again, _stop.Token);
        Assert.NotNull(await again.Next<SnapshotChunk>());
        await End(run);
    }

    [Fact]
    public async Task One_engine_serves_one_console_at_a_time()
    {
        var run = _engine.RunAsync(_console, _stop.Token);
        await _console.Next<Hello>();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _engine.RunAsync(new Listener(), _stop.Token));
        await End(run);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _directory.Dispose();
    }

    private async Task End(Task run)
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private sealed class FakeWatch : IHostWatch
    {
        public void KeepBootTime()
        {
        }

        public volatile IReadOnlyList<Finding> Locks = [];
        public volatile IReadOnlyList<Finding> Stores = [];
        public volatile string? Failure;

        public Guid BootId => Samples.Boot;

        public IReadOnlyList<BlindSpot> Standing => [];

        private int _looksAtLocks;

        public int LooksAtLocks => Volatile.Read(ref _looksAtLocks);

        public AreaScan LookAtLocks(CancellationToken stop)
        {
            Interlocked.Increment(ref _looksAtLocks);
            return Look(ScanArea.KernelLocks, Locks);
        }

        public AreaScan LookAtStores(CancellationToken stop) => Look(ScanArea.Stores, Stores);

        public ExplainAnswer Explain(string subject, Func<string, DateTimeOffset?> since) => new(subject, [], []);

        private AreaScan Look(ScanArea area, IReadOnlyList<Finding> findings) =>
            Failure is { } why ? throw new InvalidDataException(why) : new AreaScan(area, findings, [], [], TimeSpan.FromMilliseconds(1));
    }

    /// <summary>A console that keeps what it was told, in order.</summary>
    private sealed class Listener : IAgentHub
    {
        private readonly Channel<object> _told = Channel.CreateUnbounded<object>();

        /// <summary>The kind of message at which the connection breaks.</summary>
        public Type? FailsFrom { get; set; }

        /// <summary>The next message of this kind; others are passed over. Pokes the clock while it waits.</summary>
        public async Task<T> Next<T>(Action? poke = null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (true)
            {
                poke?.Invoke();
                using var moment = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                if (poke is not null)
                    moment.CancelAfter(50);
                try
                {
                    while (true)
                    {
                        if (await _told.Reader.ReadAsync(moment.Token) is T wanted)
                            return wanted;
                    }
                }
                catch (OperationCanceledException) when (!limit.IsCancellationRequested)
                {
                    // Nothing yet: move the clock on.
                }
            }
        }

        /// <summary>Until a finding is known. The state is told when either area has been looked at, so it may come later.</summary>
        public async Task ToldOf(string key)
        {
            for (var findings = (await Next<SnapshotChunk>()).Findings; !findings.Any(f => f.Key == key);)
                findings = (await Next<Delta>()).Opened;
        }

        public Task Hello(Hello hello) => Tell(hello);

        public Task Snapshot(SnapshotChunk chunk) => Tell(chunk);

        public Task Delta(Delta delta) => Tell(delta);

        public Task Heartbeat(Heartbeat heartbeat) => Tell(heartbeat);

        public Task Progress(OperationProgress progress) => Tell(progress);

        private Task Tell(object message)
        {
            _told.Writer.TryWrite(message);
            return FailsFrom == message.GetType() ? Task.FromException(new IOException("gone")) : Task.CompletedTask;
        }
    }
}
