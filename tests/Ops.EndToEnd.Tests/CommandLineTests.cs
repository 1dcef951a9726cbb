using System.Text.Json;
using Ops.Testing;

namespace Ops.EndToEnd.Tests;

/// <summary>The <c>ops</c> command line as an administrator uses it over SSH: its exit codes, its output, and what it does to real files.</summary>
public sealed class CommandLineTests : IDisposable
{
    private const int Done = 0, Refused = 2, Changed = 3, Gone = 4, ChainBroken = 5, Usage = 64, Configuration = 78;
    private readonly MailStore _store = new("store", "alice", "bob");

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Scan_lists_stale_held_and_orphan_one_finding_a_line()
    {
        var stale = _store.AddStaleLock("alice");
        var held = _store.AddHeldLock("bob");
        var orphan = _store.AddOrphan();
        var scan = await RunAsync(Done, "scan", "--json");
        var verdicts = scan.Json.ToDictionary(f => f.GetProperty("path").GetString()!, f => f.GetProperty("verdict").GetString());
        Assert.Equal("stale", verdicts[stale]);
        Assert.Equal("held", verdicts[held]);
        Assert.Equal("orphan", verdicts[orphan]);
        Assert.Equal(3, verdicts.Count);

        // For people, but piped: tab-separated, a line each, the verdict first.
        var plain = await RunAsync(Done, "scan");
        Assert.Equal(3, plain.Lines.Count);
        Assert.Contains(plain.Lines, l => l.StartsWith("stale\tdot-lock\t", StringComparison.Ordinal) && l.EndsWith("\t" + stale, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Locks_lists_holders_and_waiters_of_real_processes()
    {
        using var holder = LockMaker.Start("flock", "write", _store.PathOf("alice"));
        using var waiter = LockMaker.Start("--wait", "flock", "write", _store.PathOf("alice"));
        await WaitUntilQueuedAsync(waiter.Pid);
        var locks = (await RunAsync(Done, "locks", "--json")).Json.Where(f => f.GetProperty("path").GetString() == _store.PathOf("alice")).ToList();
        var held = Assert.Single(locks, f => f.GetProperty("verdict").GetString() == "held");
        var waiting = Assert.Single(locks, f => f.GetProperty("verdict").GetString() == "waiting");
        Assert.Equal(holder.Pid, held.GetProperty("owner").GetProperty("pid").GetInt32());
        Assert.Equal(waiter.Pid, waiting.GetProperty("owner").GetProperty("pid").GetInt32());
        Assert.Equal(holder.Pid, Assert.Single(waiting.GetProperty("lock").GetProperty("blockedBy").EnumerateArray()).GetInt32());

        // And in words, from either end.
        var chain = await RunAsync(Done, "explain", _store.PathOf("alice"));
        Assert.Contains($"{holder.Pid}", chain.Output, StringComparison.Ordinal);
        Assert.Contains($"{waiter.Pid}", chain.Output, StringComparison.Ordinal);
        Assert.Contains(_store.PathOf("alice"), (await RunAsync(Done, "explain", $"{waiter.Pid}")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Break_undo_and_break_again_with_a_journal_that_verifies()
    {
        var path = _store.AddStaleLock("alice");
        var content = await File.ReadAllTextAsync(path);
        await Task.Delay(1100); // the grace period
        var dry = await RunAsync(Done, "break", path, "--dry-run");
        Assert.Contains("Exchange both names", dry.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(path));

        var done = Assert.Single((await RunAsync(Done, "break", path, "--reason", "crashed", "--json")).Json);
        Assert.Equal("done", done.GetProperty("outcome").GetString());
        Assert.False(File.Exists(path));
        Assert.Equal(content, await File.ReadAllTextAsync(done.GetProperty("quarantinePath").GetString()!));
        await RunAsync(Gone, "break", path, "--reason", "once more");

        var operation = done.GetProperty("operationId").GetString()!;
        await RunAsync(Done, "undo", operation, "--reason", "look at it again");
        Assert.Equal(content, await File.ReadAllTextAsync(path));
        await RunAsync(Changed, "undo", operation, "--reason", "twice");
        await Task.Delay(1100);
        await RunAsync(Done, "break", path, "--reason", "crashed");

        await OpsExpect(Done, "verify-audit", "--state", _store.State);
        var journal = Path.Join(_store.State, "journal.jsonl");
        Assert.Contains("look at it again", await File.ReadAllTextAsync(journal), StringComparison.Ordinal);
        await File.WriteAllTextAsync(journal, (await File.ReadAllTextAsync(journal)).Replace("look at it again", "look at it later", StringComparison.Ordinal));
        var verdict = await OpsExpect(ChainBroken, "verify-audit", journal);
        Assert.Contains("entry", verdict.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_lock_is_refused_with_a_sentence_and_stays()
    {
        var path = _store.AddHeldLock("bob");
        await Task.Delay(1100);
        var refused = await RunAsync(Refused, "break", path, "--reason", "in the way");
        Assert.Contains($"pid {Environment.ProcessId}", refused.Output, StringComparison.Ordinal);
        await RunAsync(Refused, "remove", path, "--reason", "in the way");
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_lock_outside_the_roots_of_the_policy_is_refused()
    {
        using var other = new MailStore("elsewhere", "carol");
        var path = other.AddStaleLock("carol");
        await Task.Delay(1100);
        Assert.Contains("outside", (await RunAsync(Refused, "break", path, "--reason", "not mine")).Output, StringComparison.Ordinal);
        await OpsExpect(Configuration, "break", path, "--reason", "not mine", "--root", other.Root, "--policy", _store.Policy);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_fingerprint_that_differs_from_a_fresh_look_is_refused_as_changed()
    {
        var path = _store.AddStaleLock("alice");
        await Task.Delay(1100);
        var seen = Assert.Single((await RunAsync(Done, "scan", "--json")).Json).GetProperty("fingerprint").GetString()!;
        File.Delete(path);
        _store.AddStaleLock("alice");
        await Task.Delay(1100);
        await RunAsync(Changed, "break", path, "--reason", "what I saw", "--fingerprint", seen);
        Assert.True(File.Exists(path));
        var now = Assert.Single((await RunAsync(Done, "scan", "--json")).Json).GetProperty("fingerprint").GetString()!;
        await RunAsync(Done, "break", path, "--reason", "what I see", "--fingerprint", now);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_leftover_goes_to_quarantine_and_a_lock_cannot_go_that_way()
    {
        var orphan = _store.AddOrphan();
        var stale = _store.AddStaleLock("alice");
        await Task.Delay(1100);
        await RunAsync(Refused, "break", orphan, "--reason", "wrong verb");
        await RunAsync(Refused, "remove", stale, "--reason", "wrong verb");
        var done = Assert.Single((await RunAsync(Done, "remove", orphan, "--reason", "half a message", "--json")).Json);
        Assert.False(File.Exists(orphan));
        Assert.StartsWith(_store.Quarantine, done.GetProperty("quarantinePath").GetString(), StringComparison.Ordinal);
        Assert.True(File.Exists(stale));
    }

    [Fact]
    public async Task What_cannot_be_understood_does_nothing_and_says_which_word_it_was()
    {
        var path = _store.AddStaleLock("alice");
        Assert.Contains("--reason", (await RunAsync(Usage, "break", path)).Errors, StringComparison.Ordinal);
        await OpsExpect(Usage, "destroy", path);
        var policy = _store.OutsideFile("odd.json", JsonSerializer.Serialize(new { roots = new[] { _store.Root }, graceperiod = "00:00:00" }));
        Assert.Contains("graceperiod", (await OpsExpect(Configuration, "scan", "--policy", policy)).Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    private Task<OpsCommand> RunAsync(int expected, params string[] arguments) => OpsExpect(expected, [.. arguments, "--policy", _store.Policy]);

    private static async Task<OpsCommand> OpsExpect(int expected, params string[] arguments)
    {
        var run = await OpsCommand.RunAsync(arguments);
        Assert.True(expected == run.ExitCode, $"ops {string.Join(' ', arguments)}: {run}");
        return run;
    }

    // LockMaker says that it is about to wait; in the kernel's list it is a moment later.
    private static async Task WaitUntilQueuedAsync(int pid)
    {
        for (var look = 0; look < 500; look++)
        {
            if ((await File.ReadAllLinesAsync("/proc/locks")).Any(l => l.Contains("->", StringComparison.Ordinal) && l.Contains($" {pid} ", StringComparison.Ordinal)))
            {
                return;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"pid {pid} never waited for a lock");
    }
}
