using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Audits of a resident agent, on a small store.</summary>
public sealed class AuditRunnerTests : IDisposable
{
    private readonly Store _store = new();
    private readonly List<AuditRunner> _runners = [];
    private int _changes;

    public void Dispose()
    {
        _runners.ForEach(r => r.Dispose());
        // A thread that was told to stop may still be in the store.
        _runners.ForEach(r => Wait.Until(() => r.Beat().Running is null).GetAwaiter().GetResult());
        _store.Dispose();
    }

    [Fact]
    public async Task An_audit_that_was_asked_for_reports_its_findings_and_survives_a_restart_of_the_agent()
    {
        Mailbox("alice", "one", "two");
        _store.Write("alice/2.", "TWO");
        var runner = Runner();
        var before = runner.Beat().Revision;

        var id = Guid.NewGuid();
        Assert.Null(runner.Start(new(id, _store.Path, Full: true, "anna")).Refusal);
        var end = await Ended(runner, id);

        Assert.Equal(("done", "anna", true, id), (end.Outcome, end.Asked, end.Full, end.ReportId));
        Assert.NotEqual(before, runner.Beat().Revision);
        Assert.True(Volatile.Read(ref _changes) >= 2);
        var report = runner.Report(new(_store.Path, id)).Report!;
        Assert.Equal(("damaged", "content", 2), (report.State, report.Damages[0].Check, report.Coverage.Messages));

        runner.Dispose();
        var again = Runner();
        Assert.Equal(end, Assert.Single(again.State().Last));
        Assert.Equal(report.Sentence, again.Report(new(_store.Path, id)).Report!.Sentence);
        Assert.Null(again.Report(new(_store.Path, Guid.NewGuid())).Report);
    }

    [Fact]
    public void A_directory_that_is_no_store_and_a_request_without_an_actor_are_refused()
    {
        var runner = Runner();

        Assert.Equal("not-a-root", runner.Start(new(Guid.NewGuid(), "/etc", Full: false, "anna")).Refusal!.Reason);
        Assert.Equal("malformed", runner.Start(new(Guid.NewGuid(), _store.Path, Full: false, "")).Refusal!.Reason);
        Assert.Equal("not-running", runner.Stop(new(Guid.NewGuid(), "anna")).Refusal!.Reason);
    }

    [Fact]
    public async Task One_runs_at_a_time_and_one_that_is_stopped_reports_nothing()
    {
        var slow = Slow();
        var runner = Runner(slow);
        var id = Guid.NewGuid();
        Assert.Null(runner.Start(new(id, _store.Path, Full: true, "anna")).Refusal);
        // The answer to the first was lost.
        Assert.Null(runner.Start(new(id, _store.Path, Full: true, "anna")).Refusal);
        Assert.Equal("audit-running", runner.Start(new(Guid.NewGuid(), _store.Path, Full: true, "anna")).Refusal!.Reason);

        Assert.Null(runner.Stop(new(id, "bob")).Refusal);
        var end = await Ended(runner, id);

        Assert.Equal(("stopped", null), (end.Outcome, end.ReportId));
        Assert.StartsWith("Stopped by bob.", end.Note, StringComparison.Ordinal);
        Assert.Null(runner.Report(new(_store.Path, id)).Report);
    }

    [Fact]
    public async Task Progress_counts_mailboxes_messages_and_bytes()
    {
        var runner = Runner(Slow());
        var id = Guid.NewGuid();
        runner.Start(new(id, _store.Path, Full: true, "anna"));

        StoreAuditProgress? seen = null;
        await Wait.Until(() => (seen = runner.Beat().Running) is { Messages: > 0 });

        Assert.Equal((id, _store.Path, "anna", "first-look", null), (seen!.Id, seen.Root, seen.Asked, seen.Phase, seen.RemainingSeconds));
    }

    [Fact]
    public async Task An_audit_that_the_end_of_the_agent_cut_off_is_begun_again_and_says_so()
    {
        var slow = Slow();
        var runner = Runner(slow);
        var id = Guid.NewGuid();
        runner.Start(new(id, _store.Path, Full: true, "anna"));
        await Wait.Until(() => runner.Beat().Running is { Messages: > 0 });
        runner.Dispose();
        await Wait.Until(() => runner.Beat().Running is null);
        Assert.Empty(runner.State().Last);

        var again = Runner(slow);

        var running = again.Beat().Running!;
        Assert.Equal((id, "anna", true), (running.Id, running.Asked, running.Full));
        Assert.Equal("Begun again from the first mailbox: the agent ended while it ran, once.", running.Note);
    }

    [Fact]
    public void One_that_was_cut_off_too_often_is_given_up()
    {
        var id = Guid.NewGuid();
        new AuditShelf(_store.State).PutRunning(new(id, _store.Path, null, Full: false, DateTimeOffset.UtcNow, AuditRunner.MostRestarts));

        var runner = Runner();

        Assert.Null(runner.Beat().Running);
        var end = Assert.Single(runner.State().Last);
        Assert.Equal((id, "cut-off"), (end.Id, end.Outcome));
        Assert.Null(new AuditShelf(_store.State).Running());
    }

    [Fact]
    public async Task The_schedule_begins_one_when_it_is_due_and_not_before()
    {
        Mailbox("alice", "one");
        var settings = _store.Settings(new Policy { AuditEvery = TimeSpan.FromDays(1), AuditRate = 0 });
        var shelf = new AuditShelf(_store.State);
        shelf.Put(new(new(Guid.NewGuid(), _store.Path, "anna", Full: false, "stopped", null, DateTimeOffset.UtcNow.AddHours(-23), DateTimeOffset.UtcNow.AddHours(-23), null), null));
        var early = Runner(settings);
        early.Tick();
        Assert.Null(early.Beat().Running);

        shelf.Put(new(new(Guid.NewGuid(), _store.Path, "anna", Full: false, "stopped", null, DateTimeOffset.UtcNow.AddHours(-25), DateTimeOffset.UtcNow.AddHours(-25), null), null));
        var due = Runner(settings);
        due.Tick();
        await Wait.Until(() => due.State().Last is [{ Outcome: "done" }]);

        Assert.Null(due.State().Last[0].Asked);
        due.Tick();
        Assert.Null(due.Beat().Running);
    }

    [Fact]
    public async Task A_state_directory_that_cannot_be_written_does_not_keep_an_audit_from_running()
    {
        Mailbox("alice", "one");
        File.WriteAllText(_store.State, "in the way");
        var runner = Runner();
        var id = Guid.NewGuid();

        Assert.Null(runner.Start(new(id, _store.Path, Full: true, "anna")).Refusal);

        Assert.Equal("done", (await Ended(runner, id)).Outcome);
        File.Delete(_store.State);
    }

    [Fact]
    public async Task The_files_of_the_store_are_as_before()
    {
        Mailbox("alice", "one", "two");
        string[] Look() => [.. Directory.EnumerateFiles(_store.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O} {File.GetLastAccessTimeUtc(f):O} {Convert.ToBase64String(Encoding.UTF8.GetBytes(f))}")];
        var before = Look();
        var runner = Runner();
        var id = Guid.NewGuid();
        runner.Start(new(id, _store.Path, Full: true, "anna"));

        await Ended(runner, id);

        Assert.Equal(before, Look());
    }

    private AuditRunner Runner(AgentSettings? settings = null)
    {
        var runner = new AuditRunner(
            settings ?? _store.Settings(new Policy { AuditRate = 0 }), TimeProvider.System, NullLogger.Instance, () => Interlocked.Increment(ref _changes), TimeSpan.FromMilliseconds(20));
        _runners.Add(runner);
        return runner;
    }

    // At one megabyte a second this takes minutes; every test stops it.
    private AgentSettings Slow()
    {
        Mailbox("alice", "one");
        using (var hole = File.OpenWrite(_store.File("alice/1.")))
            hole.SetLength(300_000_000);
        var index = new CyrusIndexBytes(17).Add(1, 300_000_000, CyrusIndexBytes.Sha1([]));
        File.WriteAllBytes(_store.File("alice/cyrus.index"), index.ToArray());
        return _store.Settings(new Policy { AuditRate = 1 });
    }

    private static async Task<StoreAuditEnd> Ended(AuditRunner runner, Guid id)
    {
        StoreAuditEnd? end = null;
        await Wait.Until(() => (end = runner.State().Last.FirstOrDefault(l => l.Id == id)) is not null && runner.Beat().Running is null);
        return end!;
    }

    private void Mailbox(string name, params string[] messages)
    {
        var index = new CyrusIndexBytes(17);
        for (var i = 0; i < messages.Length; i++)
        {
            _store.Write($"{name}/{i + 1}.", messages[i]);
            index.Add((uint)i + 1, (ulong)messages[i].Length, CyrusIndexBytes.Sha1(Encoding.ASCII.GetBytes(messages[i])));
        }
        File.WriteAllBytes(_store.File($"{name}/cyrus.index"), index.ToArray());
    }
}
