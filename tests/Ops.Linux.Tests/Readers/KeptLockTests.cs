using System.Diagnostics;
using System.Globalization;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Looks at real locks that read only what has changed since the look before.</summary>
public sealed class KeptLockTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ProcReader _reader = new();
    private readonly string _path;

    public KeptLockTests() => _path = _scratch.Write("mbox", "From x\n");

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_of_which_nothing_has_changed_is_kept_and_a_whole_look_says_the_same(string kind)
    {
        using var maker = LockMaker.Start(kind, "write", _path);
        var before = Whole();

        var after = Next(before);

        Assert.Same(Only(before), Only(after));
        Assert.DoesNotContain(KeptLocks.Differences(after, Whole()), e => e.Path?.Text == _path);
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_that_was_released_is_gone_and_one_that_was_taken_is_there(string kind)
    {
        var other = _scratch.Write("other");
        LockTable before;
        using (LockMaker.Start(kind, "write", _path))
            before = Whole();
        using var maker = LockMaker.Start(kind, "write", other);

        var after = Next(before);

        Assert.Empty(after.OpenedAs(FilePath.FromText(_path)));
        Assert.Equal(maker.Pid, Assert.Single(Assert.Single(after.OpenedAs(FilePath.FromText(other))).Parties).Process.Pid);
        Assert.Contains(after.Released, e => e.Path?.Text == _path);
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_file_that_is_replaced_changes_its_lock_though_no_row_does(string kind)
    {
        using var maker = LockMaker.Start(kind, "write", _path);
        var before = Whole();
        File.Move(_scratch.Write("new"), _path, overwrite: true);

        Assert.Equal(PathState.Replaced, Only(Next(before)).PathState);
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_file_that_is_renamed_takes_its_lock_with_it_though_no_row_changes(string kind)
    {
        using var maker = LockMaker.Start(kind, "write", _path);
        var before = Whole();
        File.Move(_path, _path + ".new");

        Assert.Equal((_path + ".new", PathState.Current), Assert.Single(Next(before).On(Only(before).File!.Value)) is var entry ? (entry.Path!.Value.Text, entry.PathState) : default);
    }

    [Theory]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_holder_that_ends_leaves_the_lock_to_its_child_though_the_row_stays(string kind)
    {
        using var maker = LockMaker.Start("--fork", kind, "write", _path);
        var before = Whole();
        Assert.Equal(2, Only(before).Parties.Count);
        maker.Kill();

        var after = Next(before);

        Assert.Equal(Only(before).Key, Only(after).Key);
        Assert.NotEqual(maker.Pid, Assert.Single(Only(after).Parties).Process.Pid);
    }

    [Fact]
    public void A_child_that_is_made_later_shares_the_lock_though_the_row_stays()
    {
        using var shell = new Process
        {
            StartInfo = new("/bin/sh", ["-c", "exec 9<\"$1\"; flock 9; echo locked; read again; sleep 300 & echo $!; read end; kill $!", "sh", _path])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            },
        };
        shell.Start();
        Assert.Equal("locked", shell.StandardOutput.ReadLine());
        var before = Whole();
        Assert.Equal([shell.Id], PidsOf(before));
        shell.StandardInput.WriteLine();
        var child = int.Parse(shell.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);

        Assert.Equal([shell.Id, child], PidsOf(Next(before)));

        shell.StandardInput.WriteLine();
        shell.WaitForExit();
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void What_was_seen_of_an_earlier_process_of_the_same_number_is_not_kept(string kind)
    {
        using var maker = LockMaker.Start(kind, "write", _path);
        var before = Whole();
        var earlier = Only(before) with
        {
            Parties = [.. Only(before).Parties.Select(p => p with { Process = p.Process with { Identity = p.Process.Identity with { StartTicks = p.Process.Identity.StartTicks - 1 } } })],
        };

        var after = Next(before with { Entries = [.. before.Entries.Where(e => e != Only(before)), earlier] });

        Assert.Equal(Only(before).Parties[0].Process.Identity, Assert.Single(Only(after).Parties).Process.Identity);
    }

    [Fact]
    public void A_lock_that_a_descriptor_of_a_kept_process_no_longer_shows_is_looked_for_again()
    {
        using var maker = LockMaker.Start("flock", "write", _path);
        var before = Whole();
        var moved = Only(before) with { Parties = [Only(before).Parties[0] with { Descriptor = 0 }] };

        var after = Next(before with { Entries = [.. before.Entries.Where(e => e != Only(before)), moved] });

        Assert.Equal(Only(before).Parties[0].Descriptor, Assert.Single(Only(after).Parties).Descriptor);
    }

    [Fact]
    public void A_waiter_is_found_next_to_a_holder_that_is_kept()
    {
        using var holder = LockMaker.Start("posix", "write", _path);
        var before = Whole();
        using var waiter = LockMaker.Start("--wait", "posix", "write", _path);
        LockTable after;
        Assert.True(SpinWait.SpinUntil(() => (after = Next(before)).OpenedAs(FilePath.FromText(_path)).Any(e => e.Lock.IsWaiter && e.Parties is [var party] && party.Process.Pid == waiter.Pid), TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void A_look_that_keeps_nothing_reads_everything()
    {
        using var maker = LockMaker.Start("posix", "write", _path);
        var before = Whole();
        var wrong = Only(before) with { Path = FilePath.FromText("/nowhere") };

        var after = _reader.ReadLocks(_reader.ReadProcesses(), before with { Entries = [.. before.Entries.Where(e => e != Only(before)), wrong] });

        Assert.Equal(_path, Only(after).Path!.Value.Text);
        Assert.NotSame(Only(before), Only(after));
    }

    private LockTable Whole() => _reader.ReadLocks(_reader.ReadProcesses());

    private LockTable Next(LockTable before) => _reader.ReadLocks(_reader.ReadProcesses(), before, keep: true);

    private LockEntry Only(LockTable table) => Assert.Single(table.OpenedAs(FilePath.FromText(_path)));

    private List<int> PidsOf(LockTable table) => [.. Only(table).Parties.Select(p => p.Process.Pid).Order()];
}
