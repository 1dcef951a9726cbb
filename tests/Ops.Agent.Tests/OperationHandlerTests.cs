using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>Break, remove and undo as a console asks for them, on real files.</summary>
public sealed class OperationHandlerTests : IDisposable
{
    private readonly Store _store = new();

    private static bool CanProve => Environment.IsPrivilegedProcess;

    [Fact]
    public void A_preview_shows_evidence_steps_and_the_fingerprint_that_the_act_must_carry()
    {
        var path = _store.StaleLock("alice");
        var preview = _store.Handler().Preview(new PreviewRequest("break", "", path, null));
        Assert.NotEmpty(preview.Finding!.Evidence);
        Assert.StartsWith("sha256:", preview.Fingerprint, StringComparison.Ordinal);
        Assert.Equal(CanProve ? 9 : 0, preview.Steps.Count);
        Assert.Equal(CanProve, preview.Refusal is null);
    }

    [Fact]
    public void The_same_operation_again_gives_the_recorded_result_and_does_nothing()
    {
        var path = _store.StaleLock("alice");
        var request = Request("break", path);
        var first = _store.Handler().Execute(request, _ => { });
        Assert.Equal(CanProve ? "done" : "refused", first.Outcome);
        Assert.NotNull(first.JournalHead);

        var again = _store.StaleLock("alice");
        var second = _store.Handler().Execute(request, _ => Assert.Fail("nothing may be done"));
        Assert.Equivalent(first, second, strict: true);
        Assert.True(File.Exists(again));
    }

    [Fact]
    public void Progress_is_reported_step_by_step_and_kept_in_the_result()
    {
        var told = new List<OperationProgress>();
        var result = _store.Handler().Execute(Request("break", _store.StaleLock("alice")), told.Add);
        Assert.Equal(Enumerable.Range(1, CanProve ? 9 : 0), result.Steps.Select(s => s.Step));
        Assert.All(result.Steps, s => Assert.Equal("done", s.State));
        Assert.Equal(CanProve, told.Exists(s => s is { Step: 5, State: "running" }));
    }

    [RootTheory]
    [InlineData("break")]
    [InlineData("remove")]
    public void What_the_agent_holds_for_an_act_is_no_evidence_in_its_own_scans(string action)
    {
        var path = action == "break" ? _store.StaleLock("alice") : _store.Write($"cyrus/sync./{Store.DeadPid()}/0123456789abcdef0123456789abcdef01234567", "x", TimeSpan.FromDays(2));
        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        var seen = new List<(string Step, string Key, string Verdict, string Summary)>();
        void Look(string step) => seen.AddRange(survey.LookAtStores(CancellationToken.None).Findings.Where(f => f.Path == path).Select(f => (step, f.Key, f.Verdict, f.Summary)));

        Look("before");
        var before = Assert.Single(seen);
        var handler = new OperationHandler(_store.Settings(), survey, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var result = handler.Execute(Request(action, path), step => Look($"{step.Step} {step.State}"));

        Assert.Equal("done", result.Outcome);
        Assert.True(seen.Count(s => s.Key == before.Key) > 2, string.Join('\n', seen));
        Assert.All(seen.Where(s => s.Key == before.Key), s => Assert.Equal((before.Verdict, before.Summary), (s.Verdict, s.Summary)));
    }

    [Fact]
    public void A_lock_that_was_written_to_after_the_preview_is_refused_as_changed()
    {
        var path = _store.StaleLock("alice");
        var handler = _store.Handler();
        var preview = handler.Preview(new PreviewRequest("break", "", path, null));
        _store.StaleLock("alice", Store.DeadPid());
        var result = handler.Execute(Request("break", path) with { Fingerprint = preview.Fingerprint }, _ => { });
        Assert.Equal(CanProve ? "changed" : "refused", result.Outcome);
        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData("remove")]
    [InlineData("kill")]
    public void An_act_that_the_evidence_does_not_offer_is_refused_and_recorded(string action)
    {
        var path = _store.StaleLock("alice");
        var result = _store.Handler().Execute(Request(action, path), _ => { });
        Assert.Equal("refused", result.Outcome);
        Assert.True(File.Exists(path));
        Assert.Equal(2, File.ReadAllLines(_store.JournalFile).Length);
    }

    [Fact]
    public void What_the_policy_forbids_is_refused()
    {
        var path = _store.StaleLock("alice");
        var handler = _store.Handler(_store.Settings(new Policy { Verbs = ["remove"] }));
        Assert.Equal("policy", handler.Preview(new PreviewRequest("break", "", path, null)).Refusal!.Reason);
        Assert.Equal("policy", handler.Execute(Request("break", path), _ => { }).Refusal!.Reason);
        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("relative.lock")]
    [InlineData("")]
    public void A_path_outside_the_roots_is_refused(string path)
    {
        Assert.Equal("policy", _store.Handler().Preview(new PreviewRequest("break", "", path, null)).Refusal!.Reason);
        Assert.Equal("policy", _store.Handler().Execute(Request("break", path), _ => { }).Refusal!.Reason);
    }

    [Fact]
    public void A_path_that_climbs_out_of_the_root_is_refused()
    {
        var outside = Path.Join(Path.GetDirectoryName(_store.Path), "outside.lock");
        File.WriteAllText(outside, Store.DeadPid() + "\n");
        File.SetLastWriteTimeUtc(outside, DateTime.UtcNow.AddHours(-2));
        var result = _store.Handler().Execute(Request("break", _store.Path + "/../outside.lock"), _ => { });
        Assert.Equal("refused", result.Outcome);
        Assert.True(File.Exists(outside));
    }

    [Fact]
    public void In_a_directory_shared_with_other_programs_only_the_wanted_kinds_are_seen_or_touched()
    {
        var path = _store.StaleLock("alice");
        _store.Write("daemon.pid", Store.DeadPid() + "\n", TimeSpan.FromHours(2));
        var settings = _store.Settings();
        settings = settings with { Roots = [settings.Roots[0] with { TopLevelOnly = true, Kinds = [ArtefactKind.PidFile] }] };
        var survey = new HostSurvey(settings, TimeProvider.System).SurveyStores(CancellationToken.None);
        Assert.Equal(_store.File("daemon.pid"), Assert.Single(survey.Findings).Path);
        Assert.Equal("gone", _store.Handler(settings).Execute(Request("break", path), _ => { }).Outcome);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Without_a_journal_nothing_is_done()
    {
        var path = _store.StaleLock("alice");
        File.WriteAllText(_store.State, "in the way of the directory");
        var result = _store.Handler().Execute(Request("break", path), _ => { });
        Assert.Equal(("refused", "system"), (result.Outcome, result.Refusal!.Reason));
        Assert.Contains("Nothing was done", result.Summary, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void An_intent_whose_process_is_gone_is_concluded_as_interrupted()
    {
        var request = Request("break", _store.File("alice.lock"));
        Journal().Intend(new JournalIntent(request, Store.DeadPid(), 1, Guid.Empty, _store.Path));
        var handler = _store.Handler();
        handler.Recover();
        Assert.Empty(handler.BlindSpots);
        Assert.Equal("interrupted", Journal().FindResult(request.OperationId)!.Outcome);
        Assert.Empty(Journal().OpenIntents());
    }

    [Fact]
    public void An_intent_of_a_living_process_is_left_alone()
    {
        var request = Request("break", _store.File("alice.lock"));
        using var other = LockMaker.Start("open", "read", "/dev/null");
        var they = new ProcReader().ReadProcess(other.Pid)!.Identity;
        Journal().Intend(new JournalIntent(request, they.Pid, they.StartTicks, they.BootId, _store.Path));
        _store.Handler().Recover();
        Assert.Null(Journal().FindResult(request.OperationId));
        Assert.Throws<OutcomeUnknownException>(() => _store.Handler().Execute(request, _ => { }));
    }

    [Fact]
    public void A_journal_that_was_tampered_with_is_a_blind_spot_and_stops_every_act()
    {
        var path = _store.StaleLock("alice");
        _store.Handler().Execute(Request("kill", path), _ => { });
        File.WriteAllText(_store.JournalFile, File.ReadAllText(_store.JournalFile).Replace("\"kill\"", "\"hush\"", StringComparison.Ordinal));
        var handler = _store.Handler();
        handler.Recover();
        Assert.Contains(handler.BlindSpots, b => b.Area == "journal");
        Assert.Equal("system", handler.Execute(Request("break", path), _ => { }).Refusal!.Reason);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void What_recovery_could_not_put_right_is_tried_again()
    {
        // A record of which nothing can be read: somebody's disk had a bad moment.
        var id = Guid.NewGuid();
        var folder = Directory.CreateDirectory(Path.Join(_store.Path, ".ops-quarantine", id.ToString("N"))).FullName;
        File.SetUnixFileMode(Path.GetDirectoryName(folder)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.Join(folder, "manifest.json"));
        var handler = _store.Handler();
        handler.Recover();
        Assert.True(handler.IsUnsettled);
        Assert.Contains(handler.BlindSpots, b => b.Area == "recovery" && b.Detail.Contains("every minute", StringComparison.Ordinal));

        Directory.Delete(folder, recursive: true);
        handler.Recover();
        Assert.False(handler.IsUnsettled);
        Assert.Empty(handler.BlindSpots);
    }

    [RootFact]
    public void An_act_that_is_no_longer_wanted_is_not_started_also_when_its_first_request_comes_late()
    {
        var removed = Request("break", _store.StaleLock("alice"));
        Assert.Equal("done", _store.Handler().Execute(removed, _ => { }).Outcome);
        var stale = _store.StaleLock("bob");
        foreach (var first in (ExecuteRequest[])[Request("break", stale), Request("undo", "") with { UndoOf = removed.OperationId }, Request("purge", "") with { UndoOf = removed.OperationId }])
        {
            var answer = _store.Handler().Execute(first with { Fingerprint = ExecuteRequest.NoLongerWanted }, _ => Assert.Fail("nothing may be done"));
            Assert.Equal(("refused", "not-offered"), (answer.Outcome, answer.Refusal!.Reason));
            Assert.NotNull(answer.JournalHead);
            Assert.Equivalent(answer, _store.Handler().Execute(first, _ => Assert.Fail("nothing may be done")), strict: true);
        }
        Assert.True(File.Exists(stale));
        Assert.False(File.Exists(removed.Path));
        Assert.Null(Assert.Single(_store.Handler().Quarantined().Items).NoUndo);
    }

    [Fact]
    public void An_undo_of_something_unknown_is_gone() =>
        Assert.Equal("gone", _store.Handler().Execute(Request("undo", "") with { UndoOf = Guid.NewGuid() }, _ => { }).Outcome);

    public void Dispose() => _store.Dispose();

    private static ExecuteRequest Request(string action, string path) => new(Guid.NewGuid(), action, "", path, null, null, "alice", [], "a test");

    private Journal Journal() => new(_store.State, Environment.MachineName, TimeProvider.System);
}
