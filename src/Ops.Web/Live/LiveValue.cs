using System.Runtime.CompilerServices;

namespace Ops.Web.Live;

/// <summary>One value that never changes itself but is replaced, and its followers. A follower that falls behind finds the latest one when it comes back.</summary>
public sealed class LiveValue<T>(T initial)
    where T : class
{
    private readonly Lock _writing = new();
    private volatile T _current = initial;
    private volatile TaskCompletionSource _changed = NewSignal();

    public T Current => _current;

    public void Update(Func<T, T> change)
    {
        TaskCompletionSource signal;
        lock (_writing)
        {
            var next = change(_current);
            if (ReferenceEquals(next, _current))
                return;
            _current = next;
            signal = Interlocked.Exchange(ref _changed, NewSignal());
        }
        signal.SetResult();
    }

    /// <summary>The value now, and every later one until <paramref name="stop"/>.</summary>
    public StateSubscription<T> Follow(CancellationToken stop = default) => Follow(isLast: null, stop);

    /// <summary>The same, up to a value after which no other comes.</summary>
    /// <param name="isLast">Null: there is always a next.</param>
    public StateSubscription<T> Follow(Predicate<T>? isLast, CancellationToken stop = default)
    {
        var now = _current;
        return new(now, After(now, isLast, stop));
    }

    private async IAsyncEnumerable<T> After(
        T seen, Predicate<T>? isLast, CancellationToken subscription, [EnumeratorCancellation] CancellationToken enumeration = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(subscription, enumeration);
        while (isLast?.Invoke(seen) != true)
        {
            var signal = _changed; // taken before the look at the value: a change in between completes this very signal
            var latest = _current;
            if (ReferenceEquals(latest, seen))
                await signal.Task.WaitAsync(either.Token);
            else
                yield return seen = latest;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
