using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>Which living processes findings name, kept by difference.</summary>
public sealed class OwnerBookTests
{
    private readonly FindingBook _book = new(Guid.NewGuid());

    [Fact]
    public void An_owner_is_new_with_its_first_file_and_gone_with_its_last()
    {
        Stores(Held("a", 7, "/m/a.lock"), Held("b", 7, "/m/b.lock"));
        Assert.Equal([7], Changes().New);
        Assert.Equal(["/m/a.lock", "/m/b.lock"], Files(7));
        Stores(Held("b", 7, "/m/b.lock"));
        Assert.Equal((0, 0), (Changes().New.Length, Changes().Gone.Length));
        Assert.Equal(["/m/b.lock"], Files(7));
        Stores();
        Assert.Equal([7], Changes().Gone);
        Assert.Empty(Files(7));
    }

    [Fact]
    public void A_finding_that_changes_its_owner_changes_both()
    {
        Stores(Held("a", 7, "/m/a.lock"));
        Changes();
        Stores(Held("a", 8, "/m/a.lock"));
        var (fresh, gone) = Changes();
        Assert.Equal([8], fresh);
        Assert.Equal([7], gone);
    }

    [Fact]
    public void An_owner_that_is_known_to_be_dead_is_none()
    {
        Stores(Held("a", 7, "/m/a.lock"));
        Changes();
        Stores(Held("a", 7, "/m/a.lock") with { OwnerAlive = false, Verdict = "stale" });
        Assert.Equal([7], Changes().Gone);
    }

    [Fact]
    public void An_owner_that_came_and_went_between_two_questions_is_no_change()
    {
        Stores(Held("a", 7, "/m/a.lock"));
        Stores();
        Assert.Equal((0, 0), (Changes().New.Length, Changes().Gone.Length));
    }

    [Fact]
    public void Owners_of_kernel_locks_and_of_relations_are_not_followed()
    {
        _book.Apply(ScanArea.KernelLocks, [Held("k", 7, "/m/a")], Samples.Now);
        Stores(Held("r", 8, "/m/a") with { Relation = "deadlock" });
        Assert.Empty(Changes().New);
    }

    [Fact]
    public void One_who_begins_to_follow_is_given_all_owners_and_then_only_changes()
    {
        Stores(Held("a", 7, "/m/a.lock"));
        Assert.Equal([7], _book.Owners.TakeAll().Select(p => p.Pid));
        Stores(Held("a", 7, "/m/a.lock"), Held("b", 8, "/m/b.lock"));
        Assert.Equal([8], Changes().New);
    }

    private static Finding Held(string key, int pid, string path) =>
        Samples.Finding(key, "held", path: path) with { OwnerAlive = true, Process = new FindingProcess(pid, 1, Samples.Boot, 1, "imapd", "imapd", null, 8, "mail", null, "S", Samples.Now, [pid]) };

    private void Stores(params Finding[] findings) => _book.Apply(ScanArea.Stores, findings, Samples.Now);

    private (int[] New, int[] Gone) Changes()
    {
        var (fresh, gone) = _book.Owners.TakeChanges();
        return ([.. fresh.Select(p => p.Pid)], [.. gone.Select(p => p.Pid)]);
    }

    private IEnumerable<string> Files(int pid) => _book.Owners.FilesOf(new ProcessIdentity(Samples.Boot, pid, 1)).Select(f => f.Text).Order();
}
