using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Ways around what the policy says about stores that cannot exchange names.</summary>
public sealed class WeakerProtocolLimitTests(FuseMount fuse) : IClassFixture<FuseMount>, IDisposable
{
    private readonly Store? _store = fuse.Mounted is { } mounted ? new Store(mounted) : null;

    // Somebody agreed to a break when nothing of the weaker protocol stood there; the policy came to allow it in between (the agent was restarted).
    [MountFact]
    public void What_was_agreed_to_without_the_label_is_not_done_by_the_weaker_protocol()
    {
        var store = _store!;
        var path = store.StaleLock("alice");
        var seen = store.Handler(store.Settings(Said())).Preview(Ask(path));
        Assert.Null(seen.Finding!.Weaker);

        var result = store.Handler(store.Settings(Said(weaker: true))).Execute(Break(path) with { Fingerprint = seen.Fingerprint, Approvers = ["bob"] }, _ => { });

        Assert.True(result.Outcome != "done", result.Summary);
        Assert.True(File.Exists(path));
    }

    // Two holders were possible; later the second one releases, and recovery, in the minute's round, puts the first one's lock back.
    [MountFact]
    public void What_recovery_puts_back_later_is_written_down()
    {
        var store = _store!;
        var path = store.StaleLock("alice");
        var settings = store.Settings(Said(weaker: true));
        var handler = store.Handler(settings);
        var done = handler.Execute(Break(path) with { Approvers = ["bob"] }, _ => { });
        Assert.Equal("done", done.Outcome);
        // As the act leaves it that ended with TWO HOLDERS ARE POSSIBLE: another file than the judged one in quarantine.
        var item = Directory.EnumerateFiles(Path.Join(store.Path, ".ops-quarantine"), "item", SearchOption.AllDirectories).Single();
        File.Delete(item);
        File.WriteAllText(item, "first owner");
        File.Delete(Path.Join(Path.GetDirectoryName(item), "done.json"));
        var before = File.ReadAllText(store.JournalFile);

        var again = store.Handler(settings);
        again.Recover();

        Assert.True(File.Exists(path));
        Assert.True(File.ReadAllText(store.JournalFile) != before || again.BlindSpots.Count > 0, "a lock came back, and neither journal nor blind spot says so");
    }

    // "Directories on a network or FUSE file system": this one is on the disk, and another file system happens to be mounted somewhere below.
    [MountTheory, InlineData("/"), InlineData(null)]
    public void What_is_said_of_a_directory_is_not_said_of_other_file_systems_mounted_below_it(string? said)
    {
        var store = _store!;
        var path = store.StaleLock("alice");
        said ??= Path.GetDirectoryName(fuse.Mounted)!;

        var answer = store.Handler(store.Settings(Said() with { Unshared = [said] })).Preview(Ask(path));

        Assert.Equal("shared-file-system", answer.Refusal?.Reason);
    }

    // A program that has the mailbox open which was replaced under it: on a local disk it counts as being on the mailbox.
    [Theory, InlineData(false), InlineData(true)]
    public void A_holder_of_the_mailbox_that_was_replaced_counts_on_unshared_file_systems_too(bool onFuse)
    {
        if (_store is not { } there)
            return;
        using var disk = new Store();
        var store = onFuse ? there : disk;
        var path = store.StaleLock("alice");
        using var holder = LockMaker.Start("posix", "write", store.File("alice"));
        var copy = store.Write("alice.new", File.ReadAllText(store.File("alice")), TimeSpan.FromHours(2));
        File.Move(copy, store.File("alice"), overwrite: true);

        var policy = new Policy { SettlePeriod = TimeSpan.Zero, Unshared = [there.Path], WeakerProtocolBelow = [there.Path] };
        var result = store.Handler(store.Settings(policy)).Execute(Break(path) with { Approvers = ["bob"] }, _ => { });

        Assert.True(result.Outcome == "refused", $"{result.Outcome}: {result.Summary}");
        Assert.True(File.Exists(path));
    }

    [MountTheory, InlineData("/.."), InlineData("x"), InlineData("/alice")]
    public void Names_that_only_begin_alike_are_not_meant(string more)
    {
        var store = _store!;
        var path = store.StaleLock("alice");
        var answer = store.Handler(store.Settings(Said() with { Unshared = [store.Path + more] })).Preview(Ask(path));
        Assert.Equal("shared-file-system", answer.Refusal?.Reason);
    }

    [MountFact]
    public void A_store_reached_through_a_symbolic_link_is_refused()
    {
        var store = _store!;
        store.StaleLock("alice");
        using var disk = new Store();
        Directory.CreateSymbolicLink(disk.File("link"), store.Path);
        var answer = disk.Handler(disk.Settings(Said() with { Unshared = [disk.Path, store.Path], WeakerProtocolBelow = [disk.Path] })).Preview(Ask(disk.File("link/alice.lock")));
        Assert.NotNull(answer.Refusal);
    }

    [MountFact]
    public void Break_glass_is_needed_where_no_person_approved_and_may_be_forbidden()
    {
        var store = _store!;
        var path = store.StaleLock("alice");
        var result = store.Handler(store.Settings(Said(weaker: true) with { BreakGlass = false })).Execute(Break(path) with { BreakGlass = "now" }, _ => { });
        Assert.Equal("refused", result.Outcome);
        Assert.Equal("refused", store.Handler(store.Settings(Said(weaker: true))).Execute(Break(path) with { BreakGlass = " " }, _ => { }).Outcome);
        Assert.True(File.Exists(path));
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
