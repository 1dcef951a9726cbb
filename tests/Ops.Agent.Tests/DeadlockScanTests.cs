using System.Globalization;
using Ops.Contracts;
using static Ops.Agent.Tests.Looking;

namespace Ops.Agent.Tests;

/// <summary>Real processes that wait for each other over the two locks of one mailbox.</summary>
public sealed class DeadlockScanTests : IDisposable
{
    private readonly Store _store = new();
    private readonly string _box;

    public DeadlockScanTests() => _box = _store.Write("box", "From x\n\n");

    private string Lock => _box + ".lock";

    [Fact]
    public async Task A_dot_lock_against_fcntl_is_a_deadlock_in_scan_locks_explain_and_deltas()
    {
        using var first = DotLockThenFcntl();
        using var second = LockMaker.Start("posix", "write", _box);
        // What Exim makes beside a lock that it does not have yet.
        var post = _store.Write(string.Create(CultureInfo.InvariantCulture, $"box.lock.{Environment.MachineName}.{DateTimeOffset.UtcNow.ToUnixTimeSeconds():x8}.{second.Pid:x8}"));
        Go();
        var found = await Eventually(Deadlock);
        AssertCircle(found, first.Pid, second.Pid);
        Assert.DoesNotContain("very likely", found.Summary, StringComparison.Ordinal);
        GoldenScan.Check("deadlock.jsonl", _store.Path, [first.Pid, second.Pid], await _store.Scan());

        var (_, locks, _) = await Store.Ops("locks", "--json", "--root", _store.Path);
        Assert.Contains(locks.Split('\n'), l => l.Contains("\"relation\":\"deadlock\"", StringComparison.Ordinal) && l.Contains(_box, StringComparison.Ordinal));
        Assert.Contains("deadlock", (await Store.Ops("locks", "--root", _store.Path)).Output, StringComparison.Ordinal);
        foreach (var subject in new[] { _box, Lock, second.Pid.ToString(CultureInfo.InvariantCulture) })
            Assert.Contains(found.Summary, (await Store.Ops("explain", subject, "--root", _store.Path, "--age-by", "mtime")).Output, StringComparison.Ordinal);

        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        survey.LookAtStores(CancellationToken.None);
        AssertCircle(Assert.Single(survey.LookAtLocks(CancellationToken.None).Findings, f => f.Relation == "deadlock"), first.Pid, second.Pid);
        // Nobody waits for a lock that has gone.
        File.Delete(Lock);
        Assert.DoesNotContain(survey.LookAtLocks(CancellationToken.None).Findings, f => f.Relation == "deadlock");
        File.Delete(post);
    }

    [Fact]
    public async Task A_poller_by_bare_creation_closes_the_circle_by_its_sleep()
    {
        using var first = DotLockThenFcntl();
        using var second = LockMaker.Start("--wait", "posix", "write", _box, "--", "poll", Lock);
        await Eventually(async () => (await _store.Scan()).FirstOrDefault(f => f.Lock is not null && f.Owner?.Pid == second.Pid));
        Go();
        var found = await Eventually(Deadlock);
        AssertCircle(found, first.Pid, second.Pid);
        Assert.Contains("very likely", found.Summary, StringComparison.Ordinal);
        // The lock that it polls for is the first one's: nobody waits for himself.
        Assert.DoesNotContain(await _store.Scan(), f => f.Relation == "dot-lock-waiter" && f.BlockedBy.Contains(f.Owner!.Pid!.Value));
    }

    [Fact]
    public async Task A_holder_that_sleeps_once_for_long_is_waited_for_and_no_deadlock()
    {
        using var first = DotLockThenFcntl();
        using var second = LockMaker.Start("posix", "write", _box);
        Go();
        await Eventually(async () => (await _store.Scan()).FirstOrDefault(f => f is { Verdict: "waiting", Lock: not null }));
        Assert.Null(await Deadlock());
    }

    [Fact]
    public async Task Two_kernel_locks_taken_in_opposite_orders_are_a_deadlock()
    {
        var other = _store.Write("other", "From x\n\n");
        using var first = LockMaker.Start("--wait", "flock", "write", _box, "--", "await", _store.File("go"), "--", "flock", "write", other);
        await Eventually(async () => (await _store.Scan()).FirstOrDefault(f => f.Lock is not null && f.Owner?.Pid == first.Pid));
        using var second = LockMaker.Start("--wait", "flock", "write", other, "--", "flock", "write", _box);
        await Eventually(async () => (await _store.Scan()).FirstOrDefault(f => f.Verdict == "waiting"));
        Go();
        var found = await Eventually(Deadlock);
        Assert.Equal(new[] { first.Pid, second.Pid }.Order(), found.Cycle.Order());
        Assert.Contains("does not resolve by itself", found.Summary, StringComparison.Ordinal);
    }

    public void Dispose() => _store.Dispose();

    private LockMaker DotLockThenFcntl()
    {
        var first = LockMaker.Start("--wait", "dotlock", Lock, "{pid}\n", "--", "await", _store.File("go"), "--", "posix", "write", _box);
        for (var i = 0; i < 100 && !(File.Exists(Lock) && File.ReadAllText(Lock).Length > 1); i++)
            Task.Delay(50).Wait();
        return first;
    }

    private void Go() => _store.Write("go");

    private async Task<Finding?> Deadlock() => (await _store.Scan()).FirstOrDefault(f => f.Relation == "deadlock");

    private void AssertCircle(Finding found, int first, int second)
    {
        Assert.Equal(("waiting", "mailbox", _box, _box), (found.Verdict, found.Kind, found.Path, found.Mailbox));
        Assert.Equal(new[] { first, second }.Order(), found.Cycle.Order());
        Assert.All(new[] { first, second }, pid => Assert.Contains($"pid {pid} ", found.Summary, StringComparison.Ordinal));
        Assert.Empty(found.Actions);
    }
}
