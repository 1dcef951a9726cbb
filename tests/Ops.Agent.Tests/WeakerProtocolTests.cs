using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>A store on a FUSE file system, which the kernel calls neither local nor able to exchange names: what the policy may say about it, and what is done then.</summary>
public sealed class WeakerProtocolTests(FuseMount fuse) : IClassFixture<FuseMount>, IDisposable
{
    private readonly Store? _store = fuse.Mounted is { } mounted ? new Store(mounted) : null;

    [MountFact]
    public void A_shared_file_system_is_left_alone_until_the_policy_says_that_no_other_host_uses_it()
    {
        var store = _store!;
        var path = store.StaleLock("alice");

        var shared = store.Handler().Preview(Ask(path));
        Assert.True("shared-file-system" == shared.Refusal!.Reason, shared.Refusal.Sentence);

        var unshared = store.Handler(store.Settings(Said())).Preview(Ask(path));
        Assert.Equal("no-exchange", unshared.Refusal!.Reason);
        Assert.Contains(unshared.Finding!.Evidence, e => e is { Question: "local-file-system", Answer: "yes", Source: "policy" });
        Assert.Null(unshared.Finding.Weaker);
    }

    [MountFact]
    public void Without_the_policys_leave_a_lock_that_cannot_be_exchanged_is_refused_and_stays()
    {
        var store = _store!;
        var path = store.StaleLock("alice");

        var result = store.Handler(store.Settings(Said())).Execute(Break(path), _ => { });

        Assert.Equal(("refused", "no-exchange"), (result.Outcome, result.Refusal!.Reason));
        Assert.Contains("weakerProtocol", result.Summary, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
        Assert.Equal(["alice", "alice.lock"], store.Names());
    }

    [MountFact]
    public void With_leave_it_is_labelled_and_asks_for_a_second_person()
    {
        var store = _store!;
        var path = store.StaleLock("alice");
        var handler = store.Handler(store.Settings(Said(weaker: true)));

        var preview = handler.Preview(Ask(path));
        Assert.True(preview.Finding!.Weaker);
        Assert.Contains(preview.Steps, s => s.Contains("weaker protocol", StringComparison.Ordinal));

        var alone = handler.Execute(Break(path), _ => { });
        Assert.Equal(("refused", "needs-approval"), (alone.Outcome, alone.Refusal!.Reason));
        Assert.Contains("weaker protocol", alone.Summary, StringComparison.Ordinal);
        Assert.Equal("not-approved-by-another", handler.Execute(Break(path) with { Approvers = ["alice"] }, _ => { }).Refusal!.Reason);
        Assert.True(File.Exists(path));

        var done = handler.Execute(Break(path) with { Approvers = ["bob"] }, _ => { });
        Assert.Equal("done", done.Outcome);
        Assert.StartsWith("By the weaker protocol:", done.Summary, StringComparison.Ordinal);
        Assert.False(File.Exists(path));

        var undone = handler.Execute(Break(path) with { Action = "undo", UndoOf = done.OperationId }, _ => { });
        Assert.Equal("done", undone.Outcome);
        Assert.True(File.Exists(path));
    }

    [MountFact]
    public async Task On_the_command_line_break_glass_stands_in_for_the_second_person_and_is_loud()
    {
        var store = _store!;
        var path = store.StaleLock("alice");
        var policy = store.QuickPolicy($", \"unshared\": [\"{store.Path}\"], \"weakerProtocol\": [\"{store.Path}\"]");
        string[] command = ["break", path, "--reason", "stuck", "--root", store.Path, "--age-by", "mtime", "--state", store.State, "--policy", policy];

        var (code, _, _) = await Store.Ops(command);
        Assert.Equal(2, code);
        Assert.True(File.Exists(path));

        (code, var output, _) = await Store.Ops([.. command, "--break-glass", "nobody else is awake"]);
        Assert.Equal(0, code);
        Assert.Contains("Break-glass", output, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
        Assert.Contains("nobody else is awake", await File.ReadAllTextAsync(store.JournalFile), StringComparison.Ordinal);
    }

    [MountFact]
    public void One_person_is_enough_where_the_policy_needs_no_other()
    {
        var store = _store!;
        var path = store.StaleLock("alice");
        var policy = Said(weaker: true) with { Approvers = new Dictionary<string, int> { ["weaker"] = 0 } };
        Assert.Equal("done", store.Handler(store.Settings(policy)).Execute(Break(path), _ => { }).Outcome);
    }

    public void Dispose() => _store?.Dispose();

    private Policy Said(bool weaker = false) => new()
    {
        SettlePeriod = TimeSpan.Zero,
        Unshared = [_store!.Path],
        WeakerProtocolBelow = weaker ? [_store.Path] : [],
    };

    private static PreviewRequest Ask(string path) => new("break", "", path, null);

    private static ExecuteRequest Break(string path) => new(Guid.NewGuid(), "break", "", path, null, null, "alice", [], "a test");
}
