using System.Diagnostics;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>A file system that held a store, or is called unshared, and whose server is gone now.</summary>
public sealed class DeadMountRecordTests : IDisposable
{
    private readonly Store _store = new();
    private readonly string _dead;
    private DeadMount? _mount;

    public DeadMountRecordTests()
    {
        _dead = Directory.CreateDirectory(_store.File("dead")).FullName;
    }

    // The record lies in the root, the file that was taken on the mount below that does not answer any more.
    [RootTheory, InlineData("recover"), InlineData("list")]
    public async Task A_record_of_a_mount_that_does_not_answer_blocks_no_act(string what)
    {
        Run("mount", "-t", "tmpfs", "alive", _dead);
        var result = _store.Handler().Execute(new ExecuteRequest(Guid.NewGuid(), "break", "", _store.StaleLock("dead/alice"), null, null, "alice", [], "a test"), _ => { });
        Run("umount", _dead);
        Assert.Equal("done", result.Outcome);
        Assert.Contains(Path.Join("dead", ".ops-quarantine"), result.QuarantinePath, StringComparison.Ordinal);
        Die();

        var handler = _store.Handler();
        var work = Task.Run(() =>
        {
            if (what == "recover")
                handler.Recover();
            else
                _ = handler.Quarantined();
        });

        Assert.True(await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(20))) == work, "it waits for the dead mount");
    }

    // Each table that is read waits for the mount that does not answer, several times a look; an act reads it while it holds the lock and the mailbox.
    [RootTheory, InlineData("locks"), InlineData("one name"), InlineData("while the lock is held")]
    public async Task A_dead_unshared_mount_does_not_slow_down_each_look(string what)
    {
        Die();
        var path = Locks.FilePath.FromText(_store.StaleLock("alice"));
        var without = new HostSurvey(_store.Settings(), TimeProvider.System);
        var with = new HostSurvey(_store.Settings(new Policy { SettlePeriod = TimeSpan.Zero, Unshared = [_dead] }), TimeProvider.System);
        var mailbox = without.LookAt(path)!.Artefact.Subject;
        TimeSpan Time(HostSurvey survey)
        {
            var started = Stopwatch.GetTimestamp();
            if (what == "locks")
                survey.LookAtLocks(CancellationToken.None);
            else if (what == "one name")
                survey.LookAt(path);
            else
                survey.ForeignActivityOn(mailbox);
            return Stopwatch.GetElapsedTime(started);
        }

        var (first, second) = await Task.Run(() =>
        {
            Time(without);
            Time(with); // it may wait once
            return (Time(without), Time(with));
        }).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.True(second < first + TimeSpan.FromSeconds(1), $"{first.TotalSeconds:0.0} s without, {second.TotalSeconds:0.0} s with the word in the policy");
    }

    public void Dispose()
    {
        _mount?.Dispose();
        _store.Dispose();
    }

    private void Die() => _mount = new DeadMount(_dead);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
