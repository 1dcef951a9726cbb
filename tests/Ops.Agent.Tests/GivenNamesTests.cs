using System.Collections.Concurrent;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>What is said at once of names that were just given, and when they get their whole look.</summary>
public sealed class GivenNamesTests : IDisposable
{
    private static readonly FilePath One = FilePath.FromText("/var/mail/alice.lock");
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _looks = new();
    private readonly NameLoop _loop;
    private volatile bool _isThere = true;
    private volatile bool _isSaidAtOnce = true;

    public GivenNamesTests() => _loop = new NameLoop(_time, static () => TimeSpan.Zero);

    [Theory]
    [InlineData(1000, 100)]
    [InlineData(500, 100)]
    [InlineData(250, 550)]
    [InlineData(0, 1000)]
    [InlineData(-5000, 1000)]
    public void The_whole_look_comes_later_the_more_was_spent(int credit, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), NameLoop.LookAfter(TimeSpan.FromMilliseconds(credit)));

    [Fact]
    public async Task A_name_is_reported_at_once_and_looked_at_wholly_a_little_later()
    {
        Run();
        _loop.Take(Given());
        await Until(() => _looks.Count == 2);
        Assert.Equal(["at once", "whole"], _looks);
    }

    [Fact]
    public async Task A_name_that_has_gone_costs_no_whole_look()
    {
        _isThere = false;
        Run();
        _loop.Take(Given());
        await Until(() => _looks.Count == 1);
        _isThere = true;
        _loop.Take(Given(FilePath.FromText("/var/mail/bob.lock")));
        await Until(() => _looks.Count == 3);
        Assert.Equal(["at once", "at once", "whole"], _looks);
    }

    [Fact]
    public async Task A_name_of_which_nothing_can_be_said_at_once_is_looked_at_wholly()
    {
        _isSaidAtOnce = false;
        Run();
        _loop.Take(Given());
        await Until(() => _looks.Count == 2);
        Assert.Equal(["at once", "whole"], _looks);
    }

    [Fact]
    public async Task A_file_that_is_being_written_is_read_when_it_is_closed_or_a_moment_later()
    {
        Run();
        var made = _time.GetUtcNow();
        _loop.Take(Given() with { Unwritten = new HashSet<FilePath> { One } });
        await Until(() => !_looks.IsEmpty);
        Assert.True(_time.GetUtcNow() - made >= TimeSpan.FromMilliseconds(15));
    }

    [Fact]
    public async Task A_name_that_was_known_before_gets_a_whole_look()
    {
        Run();
        _loop.Take(new StoreChanges([One], null));
        await Until(() => !_looks.IsEmpty);
        Assert.Equal(["whole"], _looks);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private static StoreChanges Given(FilePath? name = null) => new([name ?? One], null) { Given = new HashSet<FilePath> { name ?? One } };

    private void Run() => _ = _loop.RunAsync(
        (names, _) =>
        {
            _looks.Enqueue("whole");
            return NamesLook.Nothing with { Names = names };
        },
        _ => Task.CompletedTask, e => Assert.Fail(e.Message), _stop.Token,
        (names, _) =>
        {
            _looks.Enqueue("at once");
            return !_isSaidAtOnce ? NamesLook.Nothing
                : NamesLook.Nothing with { Names = names, Findings = _isThere ? [.. names.Select(n => Samples.Finding(n.Text, path: n.Text))] : [] };
        });

    /// <summary>Moves the clock on, a millisecond at a time, until it is so.</summary>
    private Task Until(Func<bool> condition) => Testing.Wait.Until(() =>
    {
        if (condition())
            return true;
        _time.Advance(TimeSpan.FromMilliseconds(1));
        return false;
    });
}
