using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>Acts of a real process that is killed in the middle, or whose disk refuses to flush: what the journal says afterwards is what can be seen on the disk.</summary>
public sealed class CutOffActTests : IDisposable
{
    private readonly Store _store = new();

    public static TheoryData<int, string> StepsOfABreak => Steps(9);

    public static TheoryData<int, string> StepsOfARemoval => Steps(6);

    [RootTheory]
    [MemberData(nameof(StepsOfABreak))]
    public void A_break_killed_at_any_step_is_recorded_as_what_it_did(int step, string state)
    {
        var path = _store.StaleLock("alice");
        var inode = InodeOf(path);
        var request = Request("break", path);
        Assert.Null(ActProgram.Run(_store, request, "kill", step, state));
        AssertTold(request, path, inode);
    }

    [RootTheory]
    [MemberData(nameof(StepsOfARemoval))]
    public void A_removal_killed_at_any_step_is_recorded_as_what_it_did(int step, string state)
    {
        var path = Leftover();
        var inode = InodeOf(path);
        var request = Request("remove", path);
        Assert.Null(ActProgram.Run(_store, request, "kill", step, state));
        AssertTold(request, path, inode);
    }

    [RootTheory]
    [InlineData("undo", "running")]
    [InlineData("undo", "done")]
    [InlineData("purge", "running")]
    [InlineData("purge", "done")]
    public void An_undo_or_purge_killed_before_or_after_its_only_step_is_recorded_as_what_it_did(string action, string state)
    {
        var path = Leftover();
        var inode = InodeOf(path);
        var removal = Request("remove", path);
        Assert.Equal("done", _store.Handler().Execute(removal, _ => { }).Outcome);
        var request = Request(action, "") with { UndoOf = removal.OperationId };
        Assert.Null(ActProgram.Run(_store, request, "kill", 1, state));

        var result = Recovered(request);
        Assert.Equal(state == "done" ? "done" : "interrupted", result.Outcome);
        Assert.Equal(state == "done" && action == "undo", File.Exists(path) && InodeOf(path) == inode);
        Assert.Equal(state == "done" ? 0 : 1, _store.Handler().Quarantined().Items.Count);
    }

    [RootFact]
    public void An_act_whose_end_is_not_recorded_is_never_done_a_second_time_under_its_id()
    {
        var request = Request("break", _store.StaleLock("alice"));
        Assert.Null(ActProgram.Run(_store, request, "kill", 9, "done"));
        var fresh = _store.StaleLock("alice");
        var answer = _store.Handler().Execute(request, _ => Assert.Fail("nothing may be done"));
        Assert.Equal("done", answer.Outcome);
        Assert.NotNull(answer.JournalHead);
        Assert.True(File.Exists(fresh));
    }

    [RootFact]
    public void What_an_interrupted_act_took_is_recorded_with_its_content_before_the_quarantine_is_emptied()
    {
        var path = _store.StaleLock("alice");
        var content = Convert.ToBase64String(File.ReadAllBytes(path));
        var request = Request("break", path);
        Assert.Null(ActProgram.Run(_store, request, "kill", 9, "done"));
        // An agent that starts after the retention time.
        var settings = _store.Settings(new Policy { SettlePeriod = TimeSpan.Zero, QuarantineRetention = TimeSpan.FromTicks(1) });
        _store.Handler(settings).Recover();
        var result = Journal().FindResult(request.OperationId)!;
        Assert.Equal(("done", content), (result.Outcome, result.Removed?.Content));
        Assert.Empty(_store.Handler().Quarantined().Items);
    }

    [RootFact]
    public void Nothing_is_touched_when_the_intent_cannot_be_flushed_to_the_disk()
    {
        var path = _store.StaleLock("alice");
        var names = _store.Names();
        _store.Handler().Execute(Request("break", _store.File("nothing.lock")), _ => { }); // so that the journal is there already
        var request = Request("break", path);
        var result = ActProgram.Run(_store, request, "eio", 0, "")!;

        Assert.Equal(("refused", "system"), (result.Outcome, result.Refusal!.Reason));
        Assert.Contains("Nothing was done", result.Summary, StringComparison.Ordinal);
        Assert.Equal(names, _store.Names());
        Assert.Null(Journal().FindIntent(request.OperationId));
        Assert.IsType<AuditVerification.Intact>(Ops.Agent.Journal.Verify(_store.JournalFile));
        Assert.Equal("done", _store.Handler().Execute(request, _ => { }).Outcome);
    }

    [RootFact]
    public void A_break_whose_record_cannot_be_flushed_touches_nothing()
    {
        var path = _store.StaleLock("alice");
        var names = _store.Names();
        var result = ActProgram.Run(_store, Request("break", path), "eio", 1, "running")!;
        Assert.Equal(("refused", "system"), (result.Outcome, result.Refusal!.Reason));
        Assert.Equal(names, _store.Names());
        Assert.False(Directory.Exists(_store.File(".ops-quarantine")));
    }

    [RootFact]
    public void A_removal_that_cannot_be_flushed_says_so()
    {
        var result = ActProgram.Run(_store, Request("remove", Leftover()), "eio", 5, "running")!;
        Assert.Equal("done", result.Outcome);
        Assert.Contains("could not be written to the disk", result.Summary, StringComparison.Ordinal);
    }

    [RootFact]
    public void An_outcome_that_cannot_be_flushed_is_not_taken_for_recorded()
    {
        var request = Request("break", _store.StaleLock("alice"));
        var result = ActProgram.Run(_store, request, "eio", 9, "running")!;
        Assert.Equal("done", result.Outcome);
        Assert.Null(result.JournalHead);
        Assert.Contains("could not be written to the journal", result.Summary, StringComparison.Ordinal);
        Assert.Null(Journal().FindResult(request.OperationId));
        Assert.Equal("done", Recovered(request).Outcome);
    }

    [MountFact]
    public void An_outcome_that_the_journal_could_not_take_is_recorded_once_it_can()
    {
        var disk = new LoopMount(megabytes: 4);
        using (disk)
        {
            var settings = _store.Settings() with { StateDirectory = Path.Join(disk.Path, "state") };
            var handler = _store.Handler(settings);
            handler.Recover();
            handler.Execute(Request("break", _store.File("nothing.lock")), _ => { });
            var request = Request("break", _store.StaleLock("alice"));
            var result = handler.Execute(request, p =>
            {
                if (p is { Step: 9, State: "running" })
                    disk.Fill(0);
            });
            Assert.Equal(("done", null), (result.Outcome, result.JournalHead));
            Assert.True(handler.IsUnsettled);
            // The next act is refused in one sentence, and changes nothing.
            var next = _store.StaleLock("bob");
            var refused = handler.Execute(Request("break", next), _ => Assert.Fail("nothing may be done"));
            Assert.Equal(("refused", "system"), (refused.Outcome, refused.Refusal!.Reason));
            Assert.True(File.Exists(next));

            File.Delete(Path.Join(disk.Path, "ballast"));
            handler.Recover();
            Assert.False(handler.IsUnsettled);
            var recorded = handler.Execute(request, _ => Assert.Fail("nothing may be done"));
            Assert.Equal(("done", result.Summary.Split(" The outcome", 2)[0]), (recorded.Outcome, recorded.Summary));
            Assert.NotNull(recorded.JournalHead);
            Assert.Equal(result.Steps.Count, recorded.Steps.Count);
            Assert.Equal("done", handler.Execute(Request("break", next), _ => { }).Outcome);
            Assert.IsType<AuditVerification.Intact>(Ops.Agent.Journal.Verify(Path.Join(settings.StateDirectory, Ops.Agent.Journal.FileName)));
        }
    }

    public void Dispose() => _store.Dispose();

    private static TheoryData<int, string> Steps(int count)
    {
        var data = new TheoryData<int, string>();
        for (var step = 1; step <= count; step++)
        {
            data.Add(step, "running");
            data.Add(step, "done");
        }
        return data;
    }

    private static ExecuteRequest Request(string action, string path) => new(Guid.NewGuid(), action, "", path, null, null, "alice", [], "a test");

    private string Leftover() => _store.Write($"cyrus/sync./{Store.DeadPid()}/0123456789abcdef0123456789abcdef01234567", "x", TimeSpan.FromDays(2));

    private static ulong InodeOf(string path) => ArtefactReader.Stat(FilePath.FromText(path)).TryGet(out var file) ? file.Identity.Inode : 0;

    private Journal Journal() => new(_store.State, Environment.MachineName, TimeProvider.System);

    private OperationResult Recovered(ExecuteRequest request)
    {
        var handler = _store.Handler();
        handler.Recover();
        Assert.Empty(handler.BlindSpots);
        Assert.False(handler.IsUnsettled);
        return Journal().FindResult(request.OperationId)!;
    }

    private void AssertTold(ExecuteRequest request, string path, ulong inode)
    {
        var result = Recovered(request);
        var isTaken = InodeOf(path) != inode;
        Assert.Equal(isTaken ? "done" : "interrupted", result.Outcome);
        Assert.Contains(isTaken ? "taken to quarantine" : "The agent ended in the middle of it.", result.Summary, StringComparison.Ordinal);
        Assert.Equal(isTaken, result.QuarantinePath is { } kept && File.Exists(kept));
        Assert.Equal(isTaken, result.Removed?.Identity.Ino == inode);
        Assert.False(isTaken && File.Exists(path));
        Assert.IsType<AuditVerification.Intact>(Ops.Agent.Journal.Verify(_store.JournalFile));
    }
}
