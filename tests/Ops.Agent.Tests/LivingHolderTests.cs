using Ops.Contracts;
using Ops.Linux;

namespace Ops.Agent.Tests;

/// <summary>The ladder with real processes that hold real locks.</summary>
public sealed class LivingHolderTests : IDisposable
{
    private static readonly Policy WithSignals = new() { Verbs = ["ask", "term", "kill"], SettlePeriod = TimeSpan.FromMilliseconds(500), EndWait = TimeSpan.FromSeconds(20) };
    private readonly Store _store = new();
    private readonly string _mailbox;

    public LivingHolderTests() => _mailbox = _store.Write("alice", "From x\n\n");

    [Fact]
    public void A_holder_that_listens_to_SIGTERM_ends_and_its_lock_is_free()
    {
        using var holder = LockMaker.Start("posix", "write", _mailbox);
        var result = Execute("term", holder.Pid);
        Assert.Equal("done", result.Outcome);
        Assert.Contains("the lock is free", result.Summary, StringComparison.Ordinal);
        Assert.Empty(result.Settle!.Sightings);
        Assert.Equal(result.Settle.Before!.Ino, result.Settle.After!.Ino);
        Assert.Equal([1, 2, 3, 4, 5], result.Steps.Select(s => s.Step));
        holder.WaitForExit();
    }

    [Fact]
    public void A_holder_that_does_not_listen_to_SIGTERM_keeps_its_lock_until_SIGKILL()
    {
        using var holder = LockMaker.Start("--ignore-term", "posix", "write", _mailbox);
        var handler = Handler(WithSignals with { EndWait = TimeSpan.FromSeconds(1) });
        var term = handler.Execute(Request("term", holder.Pid), _ => { });
        Assert.Equal("failed", term.Outcome);
        Assert.Contains("SIGKILL is the next rung", term.Summary, StringComparison.Ordinal);
        Assert.NotNull(new ProcReader().ReadProcess(holder.Pid));

        Assert.Equal("done", Execute("kill", holder.Pid).Outcome);
        holder.WaitForExit();
    }

    [Fact]
    public void The_result_says_who_got_the_lock_next()
    {
        using var holder = LockMaker.Start("posix", "write", _mailbox);
        using var waiter = LockMaker.Start("--wait", "posix", "write", _mailbox);
        WaitUntilWaiting(waiter.Pid);
        var preview = Handler().Preview(new PreviewRequest("kill", "", _mailbox, null, Ref(holder.Pid)));
        Assert.Null(preview.Refusal);
        Assert.Contains(preview.Victims, v => v.Contains($"pid {waiter.Pid}", StringComparison.Ordinal));

        var result = Handler().Execute(Request("kill", holder.Pid) with { Fingerprint = preview.Fingerprint }, _ => { });
        Assert.Equal("done", result.Outcome);
        Assert.Contains($"the lock passed to pid {waiter.Pid}", result.Summary, StringComparison.Ordinal);
        var next = Assert.Single(result.Settle!.Sightings);
        Assert.StartsWith($"pid {waiter.Pid} ", next.Who, StringComparison.Ordinal);
        Assert.True(next.StillThere);
    }

    [Fact]
    public void A_waiter_can_be_ended_too()
    {
        using var holder = LockMaker.Start("posix", "write", _mailbox);
        using var waiter = LockMaker.Start("--wait", "posix", "write", _mailbox);
        WaitUntilWaiting(waiter.Pid);
        Assert.Equal("done", Execute("kill", waiter.Pid).Outcome);
        Assert.NotNull(new ProcReader().ReadProcess(holder.Pid));
    }

    [Fact]
    public void A_lock_that_a_child_shares_is_not_said_to_be_free()
    {
        using var holder = LockMaker.Start("--fork", "flock", "write", _mailbox);
        var result = Execute("kill", holder.Pid);
        Assert.Equal("failed", result.Outcome);
        Assert.Contains($"pid {holder.Child}", result.Summary, StringComparison.Ordinal);
        Assert.Contains("shares the open file", result.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_holder_is_continued_so_that_it_takes_SIGTERM()
    {
        using var holder = LockMaker.Start("posix", "write", _mailbox);
        Mono.Unix.Native.Syscall.kill(holder.Pid, Mono.Unix.Native.Signum.SIGSTOP);
        while (new ProcReader().ReadProcess(holder.Pid) is { State: not 'T' })
            Thread.Sleep(10);
        Assert.Equal("done", Execute("term", holder.Pid).Outcome);
        holder.WaitForExit();
    }

    [Fact]
    public void Another_run_under_the_same_pid_is_never_signalled()
    {
        using var holder = LockMaker.Start("posix", "write", _mailbox);
        var us = Ref(holder.Pid);
        foreach (var other in new[] { us with { StartTicks = us.StartTicks - 1 }, us with { BootId = Guid.NewGuid() } })
        {
            var result = Handler().Execute(Request("kill", holder.Pid) with { Process = other }, _ => { });
            Assert.Equal(("changed", "process-changed"), (result.Outcome, result.Refusal!.Reason));
        }
        Assert.True(new ProcReader().ReadProcess(holder.Pid) is { IsAlive: true });
    }

    [Fact]
    public void Process_1_this_process_and_its_ancestors_are_refused()
    {
        using var ours = new FileStream(_mailbox, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var reader = new ProcReader();
        int[] those = [1, Environment.ProcessId, reader.ReadProcess(Environment.ProcessId)!.ParentPid];
        Assert.All(those, pid => Assert.Equal("protected-process", Execute("kill", pid).Refusal!.Reason));
        var survey = new HostSurvey(_store.Settings(WithSignals), TimeProvider.System);
        Assert.Empty(Assert.Single(survey.SurveyLocks(CancellationToken.None).Findings, f => f.Path == _mailbox).Actions);
    }

    [Fact]
    public void A_holder_of_another_lock_than_the_named_one_is_refused()
    {
        var bob = _store.Write("bob", "From x\n\n");
        using var holder = LockMaker.Start("posix", "write", bob);
        Assert.Equal("process-changed", Execute("kill", holder.Pid).Refusal!.Reason);
        var finding = new HostSurvey(_store.Settings(WithSignals), TimeProvider.System).SurveyLocks(CancellationToken.None).Findings.Single(f => f.Path == bob);
        Assert.Equal("process-changed", Handler().Execute(Request("kill", holder.Pid) with { FindingKey = finding.Key }, _ => { }).Refusal!.Reason);
        Assert.True(new ProcReader().ReadProcess(holder.Pid) is { IsAlive: true });
    }

    [Fact]
    public void A_holder_outside_the_roots_is_neither_offered_nor_ended()
    {
        var outside = Path.Join(Path.GetDirectoryName(_store.Path), "outside");
        using var holder = LockMaker.Start("posix", "write", outside);
        Assert.Equal("policy", Handler().Execute(Request("kill", holder.Pid) with { Path = outside }, _ => { }).Refusal!.Reason);
        var finding = new HostSurvey(_store.Settings(WithSignals), TimeProvider.System).SurveyLocks(CancellationToken.None).Findings.Single(f => f.Path == outside);
        Assert.Empty(finding.Actions);
    }

    [Fact]
    public void A_held_lock_below_the_roots_offers_signals_and_the_default_policy_refuses_them()
    {
        using var holder = LockMaker.Start("posix", "write", _mailbox);
        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        Assert.Equal(["term", "kill"], survey.SurveyLocks(CancellationToken.None).Findings.Single(f => f.Path == _mailbox).Actions);
        Assert.Equal("policy", _store.Handler().Execute(Request("term", holder.Pid), _ => { }).Refusal!.Reason);
        Assert.Equal("policy", _store.Handler().Execute(Request("kill", holder.Pid), _ => { }).Refusal!.Reason);
        Assert.True(new ProcReader().ReadProcess(holder.Pid) is { IsAlive: true });
    }

    [Fact]
    public void A_process_that_had_ended_is_gone()
    {
        var dead = Store.DeadPid();
        var result = Handler().Execute(Request("kill", dead) with { Process = new ProcessRef(dead, 1, Guid.Empty) }, _ => { });
        Assert.Equal("gone", result.Outcome);
    }

    [Fact]
    public void Only_a_Dovecot_session_can_be_asked()
    {
        using var holder = LockMaker.Start("posix", "write", _mailbox);
        Assert.Equal("not-offered", Execute("ask", holder.Pid).Refusal!.Reason);
    }

    [Fact]
    public async Task The_command_line_ends_a_holder_and_says_who_has_the_lock_next()
    {
        using var holder = LockMaker.Start("posix", "write", _mailbox);
        var policy = _store.QuickPolicy(", \"verbs\": [\"kill\"]");
        string[] end = ["end", $"{holder.Pid}", "--lock", _mailbox, "--signal", "kill", "--root", _store.Path, "--policy", policy, "--state", _store.State];
        Assert.Equal(ExitCode.Usage, (await Store.Ops(end)).Code);
        var (code, output, _) = await Store.Ops([.. end, "--dry-run"]);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("SIGKILL", output, StringComparison.Ordinal);
        Assert.True(new ProcReader().ReadProcess(holder.Pid) is { IsAlive: true });

        (code, output, _) = await Store.Ops([.. end, "--reason", "a test"]);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("the lock is free", output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Gone, (await Store.Ops([.. end, "--reason", "again"])).Code);
    }

    public void Dispose() => _store.Dispose();

    private static void WaitUntilWaiting(int pid)
    {
        var reader = new ProcReader();
        for (var look = 0; look < 200 && !reader.ReadLocks(reader.ReadProcesses()).Entries.Any(e => e.Lock.IsWaiter && e.Lock.Pid == pid); look++)
            Thread.Sleep(20);
    }

    private static ProcessRef Ref(int pid) => new ProcReader().ReadProcess(pid)!.Identity is var identity ? new(identity.Pid, identity.StartTicks, identity.BootId) : throw new InvalidOperationException();

    private OperationHandler Handler(Policy? policy = null) => _store.Handler(_store.Settings(policy ?? WithSignals));

    private OperationResult Execute(string action, int pid) => Handler().Execute(Request(action, pid), _ => { });

    private ExecuteRequest Request(string action, int pid) =>
        new(Guid.NewGuid(), action, "", _mailbox, null, null, "alice", [], "a test", Process: new ProcReader().ReadProcess(pid) is null ? null : Ref(pid));
}
