using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>What was removed: listed, put back, removed for good, as a console asks for it.</summary>
public sealed class QuarantineOperationTests : IDisposable
{
    private readonly Store _store = new();

    [RootFact]
    public void The_quarantine_list_gives_what_when_who_why_and_until_when()
    {
        var taken = Break("alice");
        var answer = _store.Handler().Quarantined();

        Assert.Empty(answer.Problems);
        var item = Assert.Single(answer.Items);
        Assert.Equal((taken.OperationId, "break", _store.File("alice.lock"), "alice", "a test"), (item.OperationId, item.Action, item.Path, item.Actor, item.Reason));
        Assert.Equal(taken.QuarantinePath, item.QuarantinePath);
        Assert.Equal(taken.Removed!.Identity.Ino, item.Identity.Ino);
        Assert.Equal(item.TakenAt + Quarantine.DefaultRetention, item.PurgeAfter);
        Assert.Null(item.NoUndo);
    }

    [RootFact]
    public void A_break_keeps_before_and_after()
    {
        var taken = Break("alice");
        Assert.Equal(taken.Removed!.Identity.Ino, taken.Settle!.Before!.Ino);
        Assert.Null(taken.Settle.After);
        Assert.Empty(taken.Settle.Sightings);
    }

    [RootFact]
    public void What_cannot_be_put_back_says_why_in_the_list_and_when_it_is_tried()
    {
        var taken = Break("alice");
        File.WriteAllText(_store.File("alice.lock"), "");
        Assert.Contains("in use again", NoUndo(), StringComparison.Ordinal);
        File.Delete(_store.File("alice.lock"));
        Assert.Null(Assert.Single(_store.Handler().Quarantined().Items).NoUndo);

        File.AppendAllText(_store.File("alice"), "From c@d Sat Nov 21 08:00:00 2026\n\nA new one\n\n");
        Assert.Contains("another process has had the lock", NoUndo(), StringComparison.Ordinal);
        var undone = _store.Handler().Execute(Request("undo", taken.OperationId), _ => { });
        Assert.Equal(("changed", false), (undone.Outcome, File.Exists(_store.File("alice.lock"))));
    }

    [RootFact]
    public void What_was_put_back_or_removed_for_good_is_no_longer_listed()
    {
        var (first, second) = (Break("alice"), Break("bob"));
        Assert.Equal("done", _store.Handler().Execute(Request("undo", first.OperationId), _ => { }).Outcome);
        var purged = _store.Handler().Execute(Request("purge", second.OperationId), _ => { });
        Assert.Equal("done", purged.Outcome);
        Assert.Equal(_store.File("bob.lock"), new Journal(_store.State, Environment.MachineName, TimeProvider.System).FindIntent(purged.OperationId)!.Request.Path);
        Assert.False(File.Exists(second.QuarantinePath));
        Assert.Empty(_store.Handler().Quarantined().Items);
        Assert.Empty(_store.Handler().Quarantined().Problems);
        Assert.Equal("gone", _store.Handler().Execute(Request("purge", second.OperationId), _ => { }).Outcome);
    }

    [RootFact]
    public void Only_one_of_two_people_who_purge_and_put_back_the_same_file_succeeds()
    {
        for (var i = 0; i < 5; i++)
        {
            var taken = Break($"user{i}");
            // Two agents, each with its own gate; the journal and the folder are shared.
            var results = new[] { "undo", "purge" }.AsParallel().WithDegreeOfParallelism(2)
                .Select(verb => _store.Handler().Execute(Request(verb, taken.OperationId), _ => { })).ToList();
            Assert.Single(results, r => r.Outcome == "done");
            Assert.Equal(results.Single(r => r.Action == "undo").Outcome == "done", File.Exists(_store.File($"user{i}.lock")));
        }
    }

    [Fact]
    public void What_another_installation_took_can_be_put_back_too()
    {
        var facts = ArtefactReader.Stat(FilePath.FromText(_store.Write("leftover", "x"))).Value;
        var plan = new QuarantinePlan
        {
            Root = FilePath.FromText(_store.Path),
            Expected = facts,
            OperationId = Guid.NewGuid(),
            Actor = "earlier",
            Reason = "test",
            HostName = "host",
        };
        Assert.IsType<ActOutcome.Quarantined>(new Quarantine().Remove(plan, () => null));
        Assert.Equal("done", _store.Handler().Execute(Request("undo", plan.OperationId), _ => { }).Outcome);
        Assert.Equal("x", File.ReadAllText(_store.File("leftover")));
    }

    [RootFact]
    public async Task The_command_line_lists_and_purges()
    {
        var taken = Break("alice");
        var (code, output, _) = await Store.Ops("quarantine", "--root", _store.Path, "--state", _store.State, "--policy", _store.QuickPolicy());
        Assert.Equal(0, code);
        Assert.Contains(taken.OperationId.ToString(), output, StringComparison.Ordinal);
        Assert.Contains(_store.File("alice.lock"), output, StringComparison.Ordinal);

        (code, output, _) = await Store.Ops("purge", taken.OperationId.ToString(), "--reason", "space", "--root", _store.Path, "--state", _store.State, "--policy", _store.QuickPolicy());
        Assert.Equal(0, code);
        Assert.Contains("permanently", output, StringComparison.Ordinal);
        (_, output, _) = await Store.Ops("quarantine", "--json", "--root", _store.Path, "--state", _store.State, "--policy", _store.QuickPolicy());
        Assert.Equal("", output);
    }

    public void Dispose() => _store.Dispose();

    private string NoUndo() => Assert.Single(_store.Handler().Quarantined().Items).NoUndo!.Sentence;

    private OperationResult Break(string mailbox)
    {
        var result = _store.Handler().Execute(Request("break", null) with { Path = _store.StaleLock(mailbox) }, _ => { });
        Assert.Equal("done", result.Outcome);
        return result;
    }

    private static ExecuteRequest Request(string action, Guid? about) => new(Guid.NewGuid(), action, "", "", null, null, "alice", [], "a test", about);
}
