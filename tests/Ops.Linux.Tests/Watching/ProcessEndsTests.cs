using System.Collections.Concurrent;
using System.Diagnostics;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Real processes whose end is known by their descriptors.</summary>
public sealed class ProcessEndsTests : IDisposable
{
    private readonly ConcurrentQueue<ProcessIdentity> _ended = new();
    private readonly ProcessEnds _ends;

    public ProcessEndsTests() => _ends = new ProcessEnds(_ended.Enqueue);

    [Fact]
    public async Task The_end_of_a_process_is_reported_once_though_it_is_followed_on()
    {
        using var process = Process.Start("sleep", "300");
        using var other = Process.Start("sleep", "300");
        var (one, two) = (IdentityOf(process), IdentityOf(other));
        _ends.Follow([one]);
        process.Kill();
        await Testing.Wait.Until(() => _ended.Contains(one));
        // As long as a finding names it, the engine asks for it.
        _ends.Follow([one, two]);
        other.Kill();
        await Testing.Wait.Until(() => _ended.Contains(two));
        Assert.Equal([one, two], _ended);
    }

    [Fact]
    public async Task A_process_that_has_ended_or_whose_number_is_another_ones_is_reported_at_once()
    {
        using var process = Process.Start("sleep", "300");
        var living = IdentityOf(process);
        var before = living with { StartTicks = living.StartTicks - 1 };
        var never = living with { Pid = int.MaxValue };
        _ends.Follow([before, never, living]);
        await Testing.Wait.Until(() => _ended.Count == 2);
        process.Kill();
        await Testing.Wait.Until(() => _ended.Count == 3);
        Assert.Equal(living, _ended.Last());
        Assert.Equal([before, never], _ended.Take(2).OrderBy(p => p.Pid));
    }

    [Fact]
    public async Task A_process_that_is_no_longer_followed_is_not_reported()
    {
        using var dropped = Process.Start("sleep", "300");
        using var kept = Process.Start("sleep", "300");
        _ends.Follow([IdentityOf(dropped)]);
        _ends.Follow([IdentityOf(kept)]);
        _ends.Leave([IdentityOf(dropped)]);
        var last = IdentityOf(kept);
        kept.Kill();
        await Testing.Wait.Until(() => _ended.Contains(last));
        dropped.Kill();
        dropped.WaitForExit();
        Assert.Equal([last], _ended);
    }

    [Fact]
    public async Task A_process_beyond_the_limit_is_followed_as_soon_as_there_is_room()
    {
        using var process = Process.Start("sleep", "300");
        using var first = Process.Start("sleep", "300");
        // Every process of this test under a number of its own would be many: what counts is how many are asked for.
        var others = Enumerable.Range(0, ProcessEnds.Limit - 1).Select(_ => Process.Start("sleep", "300")).ToList();
        try
        {
            _ends.Follow([IdentityOf(first), .. others.Select(IdentityOf)]);
            _ends.Follow([IdentityOf(process)]);
            await Testing.Wait.Until(() => _ends.Unfollowed == 1);
            process.Kill();
            process.WaitForExit();
            Assert.Empty(_ended);
            var identity = IdentityOf(first);
            _ends.Leave([identity]);
            await Testing.Wait.Until(() => !_ended.IsEmpty);
            Assert.Equal(process.Id, _ended.Single().Pid);
            Assert.Equal(0, _ends.Unfollowed);
        }
        finally
        {
            foreach (var other in others.Append(first))
            {
                other.Kill();
                other.Dispose();
            }
        }
    }

    public void Dispose() => _ends.Dispose();

    private static ProcessIdentity IdentityOf(Process process) => new ProcReader().ReadProcess(process.Id)!.Identity;
}
