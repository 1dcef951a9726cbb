using Ops.Locks;

namespace Ops.Agent;

/// <summary>Reads the list of kernel locks between two looks, and calls for a look when it has changed. The kernel has no events for that.</summary>
/// <param name="read">Null: the list could not be read.</param>
internal sealed class LockWatch(TimeProvider clock, Func<LockListMark?> read, Action changed)
{
    private static readonly TimeSpan WhileSomethingWaits = TimeSpan.FromMilliseconds(100), Usually = TimeSpan.FromMilliseconds(200), WhileLong = TimeSpan.FromSeconds(2);

    /// <summary>Reading the list takes a lock in the kernel for as long as the list is long: a longer one is left to the looks, which have a pause that fits what they cost.</summary>
    public const int MostRows = 1_000;

    public static TimeSpan PauseAfter(LockListMark? mark) => mark switch
    {
        null or { Rows: > MostRows } => WhileLong,
        { HasWaiters: true } => WhileSomethingWaits,
        _ => Usually,
    };

    private volatile bool _isQuiet;

    /// <summary>Whether a change of the list would be seen at once, and nothing waits for a lock now.</summary>
    public bool IsQuiet => _isQuiet;

    /// <summary>Runs until stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var last = read();
        while (true)
        {
            await Task.Delay(PauseAfter(last), clock, stop);
            var now = read();
            if (now is { Rows: <= MostRows } && last is not null && now != last)
                changed();
            last = now;
            _isQuiet = now is { Rows: <= MostRows, HasWaiters: false };
        }
    }
}
