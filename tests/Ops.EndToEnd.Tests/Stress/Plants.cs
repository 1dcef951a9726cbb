using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Ops.Testing;

/// <summary>A stale lock that the run put on a mailbox, in competition with all lock users.</summary>
/// <param name="Content">Names a pid that is nobody's any more; with the inode it tells this lock from a living one.</param>
public sealed record Plant(string Mailbox, DotLock Lock, string Content, DateTimeOffset At, bool IsSwept, bool IsAskedTwice);

/// <summary>The stale locks that are in the store right now, or were.</summary>
public sealed class Plants(StressStore store, StressOptions options)
{
    /// <summary>The grace period, and a little.</summary>
    private static readonly TimeSpan OldEnough = TimeSpan.FromSeconds(1.1);

    private readonly ConcurrentQueue<Plant> _waiting = new();
    private readonly ConcurrentDictionary<ulong, Plant> _inStore = new();
    private readonly ConcurrentDictionary<string, byte> _mailboxes = new();
    private readonly Random _random = new(1);
    private int _made;

    /// <summary>Mailboxes that no stale lock was put on: a lock there is a living one.</summary>
    public bool IsOn(string mailbox) => _mailboxes.ContainsKey(mailbox);

    /// <summary>Keeps the store supplied until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (_mailboxes.Count >= options.Pending || !TryMake(store.Mailboxes[_random.Next(store.Mailboxes.Count)]))
            {
                await Task.Delay(5, CancellationToken.None);
            }
        }
    }

    /// <summary>The next one that is old enough.</summary>
    public async Task<Plant?> NextAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (_waiting.TryDequeue(out var plant))
            {
                var wait = plant.At + OldEnough - DateTimeOffset.UtcNow;
                await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, CancellationToken.None);
                return plant;
            }

            await Task.Delay(5, CancellationToken.None);
        }

        return null;
    }

    public IReadOnlyList<Plant> Rest()
    {
        var rest = new List<Plant>();
        while (_waiting.TryDequeue(out var plant))
        {
            rest.Add(plant);
        }

        return rest;
    }

    /// <summary>Takes note that a file was removed. Null when it was a stale lock that was put there and not taken before; else what went wrong.</summary>
    public string? Taken(ulong inode, string? content) =>
        _inStore.TryRemove(inode, out var plant) && plant.Content == content ? null : $"the file that was removed, inode {inode} with \"{content}\", was no stale lock";

    /// <summary>The run itself cleans it up, as its own software might.</summary>
    public void Sweep(Plant plant)
    {
        _inStore.TryRemove(plant.Lock.Inode, out _);
        plant.Lock.Release();
    }

    /// <summary>Nothing is to be done about it any more.</summary>
    public void Done(Plant plant) => _mailboxes.TryRemove(plant.Mailbox, out _);

    private bool TryMake(string mailbox)
    {
        if (!_mailboxes.TryAdd(mailbox, 0))
        {
            return false;
        }

        var content = string.Create(CultureInfo.InvariantCulture, $"{MailStore.DeadPid()}\n");
        if (DotLock.TryTake(mailbox, Encoding.ASCII.GetBytes(content), attempts: 50, _random) is not { } taken)
        {
            _mailboxes.TryRemove(mailbox, out _);
            return false;
        }

        var number = ++_made;
        var plant = new Plant(mailbox, taken, content, DateTimeOffset.UtcNow, number % options.OneInSwept == 0, number % options.OneInAskedTwice == 1);
        _inStore[taken.Inode] = plant;
        _waiting.Enqueue(plant);
        return true;
    }
}
