using System.Collections.Concurrent;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>What the walk in the background makes of differences.</summary>
public sealed class VerifierTests : IDisposable
{
    private static readonly FilePath Name = FilePath.FromText("/mail/one.lock");
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly ConcurrentQueue<FilePath> _missed = new();
    private readonly ConcurrentQueue<FilePath> _looked = new();
    private readonly FakeCheck _check = new();
    private readonly Verifier _verifier;

    public VerifierTests() => _verifier = new Verifier(_time, () => _check, names =>
    {
        foreach (var name in names)
            _looked.Enqueue(name);
    }, _missed.Enqueue, static () => 1);

    [Fact]
    public async Task A_name_of_which_no_event_comes_is_looked_at_at_once_and_counted_later()
    {
        _check.IsUnknown = true;
        await Until(() => _looked.Contains(Name));
        Assert.Empty(_missed);
        await Until(() => _missed.Contains(Name));
    }

    [Fact]
    public async Task A_name_whose_event_was_on_its_way_is_not_counted()
    {
        _check.IsUnknown = true;
        await Until(() => _looked.Contains(Name));
        _check.IsUnknown = false;
        await Until(() => _check.WasAsked);
        Assert.Empty(_missed);
    }

    [Fact]
    public async Task A_walk_that_came_to_its_end_is_dated()
    {
        await Until(() => _verifier.WalkedAt >= Samples.Now);
    }

    public void Dispose() => _verifier.Dispose();

    private Task Until(Func<bool> condition) => Testing.Wait.Until(() =>
    {
        if (condition())
            return true;
        _time.Advance(TimeSpan.FromSeconds(1));
        return false;
    });

    private sealed class FakeCheck : IBookCheck
    {
        private volatile bool _isUnknown, _wasAsked;

        public bool IsUnknown
        {
            get => _isUnknown;
            set => _isUnknown = value;
        }

        public bool WasAsked => _wasAsked;

        public bool IsValid => true;

        public bool Step(out IReadOnlyList<FilePath> unknown)
        {
            unknown = _isUnknown ? [Name] : [];
            return false;
        }

        public bool IsMissed(FilePath name)
        {
            _wasAsked = true;
            return _isUnknown;
        }
    }
}
