using System.Globalization;
using System.Text.Json.Nodes;
using static Ops.Agent.Tests.Looking;

namespace Ops.Agent.Tests;

/// <summary><c>ops why</c> and <c>ops top</c> on real locks and real processes.</summary>
public sealed class WhyCommandTests : IDisposable
{
    private readonly Store _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_stale_lock_is_the_cause_and_breaking_it_the_next_step()
    {
        var path = _store.StaleLock("alice");

        foreach (var text in new[] { _store.File("alice"), path, $"procmail: Lock failure on \"{path}\"", "alice.lock" })
        {
            var (code, output, _) = await Ask("why", text);
            Assert.Equal(ExitCode.StaleLock, code);
            Assert.StartsWith($"{_store.File("alice")} is stuck. {path} is stale: its owner, pid ", output, StringComparison.Ordinal);
            // Without root nothing is proven about the processes of others, and nothing is proposed.
            Assert.Equal(Environment.IsPrivilegedProcess, output.Contains($"ops break '{path}' --reason TEXT", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_stopped_holder_with_a_waiter_is_continued_first()
    {
        var mailbox = _store.Write("bob", "From x\n\n");
        using var holder = LockMaker.Start("posix", "write", mailbox);
        using var waiter = LockMaker.Start("--wait", "posix", "write", mailbox);
        Mono.Unix.Native.Syscall.kill(holder.Pid, Mono.Unix.Native.Signum.SIGSTOP);
        await Eventually(async () => (await Ask("why", mailbox)).Output.Contains("and is stopped; 1 process waits", StringComparison.Ordinal));

        var (code, output, _) = await Ask("why", Text(waiter.Pid));
        Assert.Equal(ExitCode.Blocked, code);
        Assert.Contains($"kill -CONT {Text(holder.Pid)}\n", output, StringComparison.Ordinal);

        var (_, json, _) = await Ask("why", mailbox, "--json");
        var box = JsonNode.Parse(json)!["mailboxes"]!.AsArray()[0]!;
        Assert.Equal("stuck", box["state"]!.GetValue<string>());
        Assert.Equal(holder.Pid, box["rootPid"]!.GetValue<int>());
        Assert.Equal(waiter.Pid, Assert.Single(box["victims"]!.AsArray())!.GetValue<int>());

        var (attention, top, _) = await Ask("top");
        Assert.Equal(ExitCode.Failed, attention);
        Assert.StartsWith("1 mailbox is stuck. 1 process waits.\n", top, StringComparison.Ordinal);
        Assert.Contains($"Stuck\t{mailbox}\t", top, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_file_of_an_unknown_owner_is_in_the_way_and_never_proposed_for_removal()
    {
        _store.Write("carol", "From x\n\n");
        var path = _store.Write("carol.lock", "", TimeSpan.FromMinutes(10));

        var (code, output, _) = await Ask("why", "carol.lock");

        Assert.Equal(ExitCode.Blocked, code);
        Assert.Contains($"{path} is in the way, and it is not proven that its owner is gone.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("ops break", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mailbox_in_use_and_a_calm_store_need_nothing()
    {
        var mailbox = _store.Write("dave", "From x\n\n");
        using var holder = LockMaker.Start("flock", "write", mailbox);

        var (code, output, _) = await Ask("why", mailbox);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("no process waits.", output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await Ask("top")).Code);
    }

    [Fact]
    public async Task What_is_unknown_names_what_was_searched_and_ends_with_13()
    {
        _store.StaleLock("alice");

        var (code, output, _) = await Ask("why", "no-such-user");

        Assert.Equal(ExitCode.Unknown, code);
        Assert.Contains("Nothing that is known now matches \"no-such-user\".", output, StringComparison.Ordinal);
        Assert.Contains("Searched ", output, StringComparison.Ordinal);
        Assert.EndsWith(", as they are now.\n", output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> Ask(params string[] arguments) => _store.OpsHere([.. arguments, "--policy", _store.QuickPolicy(", \"gracePeriod\": \"00:00:01\"")]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
