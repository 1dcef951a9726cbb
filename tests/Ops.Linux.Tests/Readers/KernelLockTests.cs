using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Real locks of every kind, as a host shows them whose list is short enough to be read again.</summary>
public sealed class ShortListKernelLockTests() : KernelLockTests(new ReaderOptions { LongList = int.MaxValue });

/// <summary>The same as on a host with so many that the list is read once and every descriptor is asked instead.</summary>
public sealed class LongListKernelLockTests() : KernelLockTests(new ReaderOptions { LongList = -1 });

/// <summary>Real locks of every kind, taken by another process on files of a scratch directory.</summary>
public abstract class KernelLockTests(ReaderOptions options) : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ProcReader _reader = new(options);

    public void Dispose()
    {
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("posix", "write", LockClass.Posix, LockMode.Write)]
    [InlineData("posix", "read", LockClass.Posix, LockMode.Read)]
    [InlineData("flock", "write", LockClass.Flock, LockMode.Write)]
    [InlineData("flock", "read", LockClass.Flock, LockMode.Read)]
    [InlineData("ofd", "write", LockClass.Ofd, LockMode.Write)]
    [InlineData("ofd", "read", LockClass.Ofd, LockMode.Read)]
    public void A_lock_shows_its_holder_its_descriptor_its_path_and_its_file(string kind, string mode, LockClass lockClass, LockMode lockMode)
    {
        var path = _scratch.Write("mbox", "From x\n");
        using var maker = LockMaker.Start(kind, mode, path);

        var entry = Assert.Single(LocksOn(path));

        Assert.Equal((lockClass, lockMode, false), (entry.Lock.Class, entry.Lock.Mode, entry.Lock.IsWaiter));
        var party = Assert.Single(entry.Parties);
        Assert.Equal(maker.Pid, party.Process.Pid);
        Assert.NotNull(party.Descriptor);
        Assert.Equal((path, PathState.Current), (entry.Path!.Value.Text, entry.PathState));
        Assert.Equal(IdentityOf(path), entry.File);
        Assert.Equal(0ul, entry.Lock.Start);
        Assert.Null(entry.Lock.End);
    }

    [Fact]
    public void Two_ranges_of_one_process_are_two_locks()
    {
        var path = _scratch.Write("mbox", "From x\n");
        using var maker = LockMaker.Start("posix", "write", path, "0", "10", "--", "posix", "read", path, "40", "5");

        var entries = LocksOn(path).OrderBy(e => e.Lock.Start).ToList();

        Assert.Equal(["0-9", "40-44"], entries.Select(e => e.Lock.Range));
        Assert.All(entries, e => Assert.Equal(maker.Pid, Assert.Single(e.Parties).Process.Pid));
    }

    [Fact]
    public void A_lease_is_listed_as_one()
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start("lease", "read", path);

        var entry = Assert.Single(LocksOn(path));

        Assert.Equal((LockClass.Lease, maker.Pid), (entry.Lock.Class, Assert.Single(entry.Parties).Process.Pid));
    }

    [Theory]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_that_a_child_inherited_is_held_by_both(string kind)
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start("--fork", kind, "write", path);

        var entry = Assert.Single(LocksOn(path));

        Assert.Equal(
            new SortedSet<int> { maker.Pid, maker.Child!.Value }, new SortedSet<int>(entry.Parties.Select(p => p.Process.Pid)));
    }

    [Fact]
    public void A_record_lock_is_not_inherited_by_a_child()
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start("--fork", "posix", "write", path);

        Assert.Equal(maker.Pid, Assert.Single(Assert.Single(LocksOn(path)).Parties).Process.Pid);
    }

    [Theory]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_whose_locker_is_dead_is_held_by_the_child_that_inherited_it(string kind)
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start("--orphan", kind, "write", path);
        maker.WaitForExit();

        var entry = Assert.Single(LocksOn(path));

        Assert.Equal(maker.Child, Assert.Single(entry.Parties).Process.Pid);
        Assert.Equal(kind == "ofd" ? -1 : maker.Pid, entry.Lock.Pid);
    }

    [Theory]
    [InlineData("flock")]
    [InlineData("posix")]
    public void A_lock_of_a_process_whose_first_thread_has_ended_is_found_in_its_other_threads(string kind)
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start("--zombie-leader", kind, "write", path);
        Eventually(() => _reader.ReadProcess(maker.Pid) is { State: 'Z' });

        var entry = Assert.Single(LocksOn(path));

        var party = Assert.Single(entry.Parties);
        Assert.Equal(('Z', true), (party.Process.State, party.Process.IsAlive));
        Assert.NotNull(party.Descriptor);
        Assert.Equal(path, entry.Path!.Value.Text);
    }

    [Fact]
    public void A_lock_whose_descriptor_is_closed_but_whose_file_is_still_mapped_is_held_by_who_maps_it()
    {
        var path = _scratch.Write("mbox", new string('x', 4096));
        using var maker = LockMaker.Start("mapped", "write", path);

        var entry = Assert.Single(LocksOn(path));

        Assert.Equal((maker.Pid, null), (Assert.Single(entry.Parties).Process.Pid, entry.Parties[0].Descriptor));
        Assert.Equal((path, PathState.Current), (entry.Path!.Value.Text, entry.PathState));
    }

    [Theory]
    [InlineData("posix", LockClass.Posix)]
    [InlineData("flock", LockClass.Flock)]
    [InlineData("ofd", LockClass.Ofd)]
    public void A_waiter_is_named_with_the_lock_it_waits_for(string kind, LockClass lockClass)
    {
        var path = _scratch.Write("mbox");
        using var holder = LockMaker.Start(kind, "write", path);
        using var waiter = LockMaker.Start("--wait", kind, "write", path);
        Eventually(() => LocksOn(path) is { Count: 2 } entries && entries.All(e => e.Parties.Count == 1));

        var entries = LocksOn(path);
        var held = Assert.Single(entries, e => !e.Lock.IsWaiter);
        var waiting = Assert.Single(entries, e => e.Lock.IsWaiter);

        Assert.Equal((lockClass, holder.Pid), (held.Lock.Class, Assert.Single(held.Parties).Process.Pid));
        Assert.Equal((lockClass, waiter.Pid), (waiting.Lock.Class, Assert.Single(waiting.Parties).Process.Pid));
        Assert.Equal(held.Lock.Device, Assert.Single(waiting.Blockers).Device);
        Assert.False(waiting.Blockers[0].IsWaiter);
        Assert.Equal((path, IdentityOf(path)), (waiting.Path!.Value.Text, waiting.File));
    }

    [Fact]
    public void A_second_waiter_waits_for_the_first_and_for_the_holder()
    {
        var path = _scratch.Write("mbox");
        using var holder = LockMaker.Start("posix", "write", path, "0", "10");
        using var first = LockMaker.Start("--wait", "posix", "write", path, "0", "10");
        Eventually(() => LocksOn(path).Count == 2);
        using var second = LockMaker.Start("--wait", "posix", "write", path, "5", "1");
        Eventually(() => LocksOn(path).Count == 3);

        var waiting = Assert.Single(LocksOn(path), e => e.Lock.Start == 5);

        Assert.Equal([first.Pid, holder.Pid], waiting.Blockers.Select(b => b.Pid));
        Assert.Equal(second.Pid, Assert.Single(waiting.Parties).Process.Pid);
    }

    [Fact]
    public void Two_readers_through_ofd_locks_are_one_entry_with_two_holders()
    {
        var path = _scratch.Write("mbox");
        using var first = LockMaker.Start("ofd", "read", path);
        using var second = LockMaker.Start("ofd", "read", path);

        var entry = Assert.Single(LocksOn(path));

        Assert.Equal(new SortedSet<int> { first.Pid, second.Pid }, new SortedSet<int>(entry.Parties.Select(p => p.Process.Pid)));
    }

    [Fact]
    public void A_lock_on_a_removed_file_says_so()
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start("posix", "write", path);
        var identity = IdentityOf(path);
        File.Delete(path);

        var entry = Assert.Single(LocksOn(identity));

        Assert.Equal((path, PathState.Deleted), (entry.Path!.Value.Text, entry.PathState));
    }

    [Fact]
    public void A_lock_on_a_file_that_was_replaced_by_a_rename_is_a_ghost()
    {
        var path = _scratch.Write("mbox", "old");
        using var maker = LockMaker.Start("flock", "write", path);
        var identity = IdentityOf(path);
        File.Move(_scratch.Write("mbox.new", "new"), path, overwrite: true);

        var entry = Assert.Single(LocksOn(identity));

        Assert.Equal((path, PathState.Replaced), (entry.Path!.Value.Text, entry.PathState));
        Assert.Empty(LocksOn(path));
    }

    [Fact]
    public void A_file_that_is_really_named_deleted_is_not_taken_for_a_removed_one()
    {
        var path = _scratch.Write("mbox (deleted)");
        using var maker = LockMaker.Start("posix", "write", path);

        var entry = Assert.Single(LocksOn(path));

        Assert.Equal((path, PathState.Current), (entry.Path!.Value.Text, entry.PathState));
    }

    [Fact]
    public void A_released_lock_is_gone_at_the_next_look()
    {
        var path = _scratch.Write("mbox");
        var maker = LockMaker.Start("flock", "write", path);
        Assert.Single(LocksOn(path));
        maker.Dispose();

        Assert.Empty(LocksOn(path));
    }

    [Fact]
    public void Hundreds_of_locks_of_one_process_are_all_found_with_their_paths()
    {
        using var maker = LockMaker.Start("many", "300", _scratch.Path);

        var entries = Read().Entries.Where(e => e.Path is { } p && p.Text.StartsWith(_scratch.Path, StringComparison.Ordinal)).ToList();

        Assert.Equal(300, entries.Select(e => e.Path!.Value.Text).Distinct().Count());
        Assert.All(entries, e => Assert.Equal((maker.Pid, PathState.Current), (Assert.Single(e.Parties).Process.Pid, e.PathState)));
    }

    [Fact]
    public void A_holder_that_cannot_be_found_leaves_a_lock_that_still_counts_as_on_its_file()
    {
        using var proc = new Scratch();
        var path = _scratch.Write("mbox");
        var file = IdentityOf(path);
        proc.Write("locks", $"1: FLOCK  ADVISORY  WRITE 4194000 {file} 0 EOF\n");
        proc.Write("self/mountinfo", File.ReadAllText("/proc/self/mountinfo"));

        var table = new ProcReader(options with { ProcRoot = proc.Path }).ReadLocks(ProcessTable.Empty);

        var entry = Assert.Single(table.On(file));
        Assert.Empty(entry.Parties);
        Assert.Equal((null, PathState.Unknown), (entry.Path, entry.PathState));
        Assert.Empty(table.Gaps);
    }

    [Fact]
    public void A_row_without_holder_on_a_file_system_with_ambiguous_numbers_is_a_gap()
    {
        using var proc = new Scratch();
        proc.Write("locks", "1: FLOCK  ADVISORY  WRITE 4194000 00:30:257 0 EOF\n");
        proc.Write("self/mountinfo", "61 27 0:48 /@mail /var/mail rw,relatime - btrfs /dev/vdb rw,subvolid=256\n");

        var table = new ProcReader(options with { ProcRoot = proc.Path }).ReadLocks(ProcessTable.Empty);

        Assert.Null(Assert.Single(table.Entries).File);
        Assert.Contains("btrfs", Assert.Single(table.Gaps), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_not_understood_is_a_gap_and_costs_no_other_lock()
    {
        using var proc = new Scratch();
        proc.Write("locks", "1: POSIX  ADVISORY  WRITE 4194000 <none>:0 0 EOF\n2: strange\n");

        var table = new ProcReader(options with { ProcRoot = proc.Path }).ReadLocks(ProcessTable.Empty);

        Assert.Null(Assert.Single(table.Entries).Lock.Device);
        Assert.Contains(table.Gaps, g => g.Contains("2: strange", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_that_cannot_be_read_is_a_gap_and_not_an_empty_list()
    {
        using var proc = new Scratch();

        var table = new ProcReader(options with { ProcRoot = proc.Path }).ReadLocks(ProcessTable.Empty);

        Assert.Empty(table.Entries);
        Assert.NotEmpty(table.Gaps);
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_that_the_list_leaves_out_is_held_as_long_as_its_descriptor_shows_it(string kind)
    {
        using var proc = new CapturedLock(options, kind, _scratch.Write("mbox"));
        var before = proc.Look();

        proc.LeaveOutOfTheList();
        var after = proc.Look(before);

        var (then, now) = (Assert.Single(before.Entries), Assert.Single(after.Entries));
        Assert.Equal((then.Key, then.Path, then.File), (now.Key, now.Path, now.File));
        var (held, stillHeld) = (Assert.Single(then.Parties), Assert.Single(now.Parties));
        Assert.Equal((held.Process.Identity, held.Descriptor), (stillHeld.Process.Identity, stillHeld.Descriptor));
        Assert.Empty(after.Released);
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_that_neither_the_list_nor_its_descriptor_shows_is_released_for_certain(string kind)
    {
        using var proc = new CapturedLock(options, kind, _scratch.Write("mbox"));
        var before = proc.Look();

        proc.LeaveOutOfTheList();
        proc.LeaveOutOfTheDescriptor();
        var after = proc.Look(before);

        Assert.Empty(after.Entries);
        Assert.Equal(Assert.Single(before.Entries).Key, Assert.Single(after.Released).Key);
        Assert.Empty(proc.Look(after).Released);
    }

    [Fact]
    public void A_lock_without_a_holder_is_not_called_released_because_the_list_leaves_it_out_once()
    {
        using var proc = new CapturedLock(options, "flock", _scratch.Write("mbox"));
        proc.LeaveOutOfTheDescriptor();
        var before = proc.Look();
        Assert.Empty(Assert.Single(before.Entries).Parties);

        proc.LeaveOutOfTheList();

        Assert.Empty(proc.Look(before).Released);
    }

    [Fact]
    public void A_waiter_that_is_not_listed_any_more_is_gone_for_certain_when_it_has_the_lock_or_has_ended()
    {
        var path = _scratch.Write("mbox");
        LockTable before;
        using (LockMaker.Start("flock", "write", path))
        {
            using var luckless = LockMaker.Start("--wait", "flock", "write", path);
            Eventually(() => LocksOn(path).Count == 2);
            luckless.Kill();
            using var waiter = LockMaker.Start("--wait", "flock", "write", path);
            Eventually(() => LocksOn(path).Count(e => e.Lock.IsWaiter) == 1);
            before = Read();
        }

        var after = _reader.ReadLocks(_reader.ReadProcesses(), before);

        Assert.Empty(after.On(IdentityOf(path)));
        Assert.Equal([false, true], after.Released.Where(e => e.File == IdentityOf(path)).Select(e => e.Lock.IsWaiter).Order());
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("flock")]
    [InlineData("ofd")]
    public void A_lock_that_is_released_after_the_list_was_read_is_no_lock_without_a_path(string kind)
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start(kind, "write", path);
        var before = Read();
        var reader = new ProcReader(options with
        {
            After = part =>
            {
                if (part == LockLookPart.List)
                    maker.Release();
            },
        });

        var after = reader.ReadLocks(reader.ReadProcesses(), before);

        Assert.Empty(after.On(IdentityOf(path)));
        Assert.Equal(Assert.Single(before.On(IdentityOf(path))).Key, Assert.Single(after.Released, e => e.File == IdentityOf(path)).Key);
    }

    [Fact]
    public void A_lock_that_is_taken_again_while_the_descriptors_are_read_has_its_path()
    {
        var path = _scratch.Write("mbox", "From x\n");
        FileStream? mailbox = null;
        void Take()
        {
            mailbox = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            mailbox.Lock(0, 5);
        }

        Take();
        var reader = new ProcReader(options with
        {
            After = part =>
            {
                if (part == LockLookPart.List)
                    mailbox!.Dispose();
                else
                    Take();
            },
        });

        var entries = reader.ReadLocks(reader.ReadProcesses()).On(IdentityOf(path)).ToList();

        mailbox!.Dispose();
        // .NET takes flock when it opens a file, Lock() takes fcntl.
        Assert.Equal([LockClass.Posix, LockClass.Flock], entries.Select(e => e.Lock.Class).Order());
        Assert.All(entries, e => Assert.Equal((path, PathState.Current), (e.Path?.Text, e.PathState)));
        Assert.All(entries, e => Assert.NotNull(Assert.Single(e.Parties).Descriptor));
    }

    private LockTable Read() => _reader.ReadLocks(_reader.ReadProcesses());

    private List<LockEntry> LocksOn(string path) => LocksOn(IdentityOf(path));

    private List<LockEntry> LocksOn(FileIdentity file) => [.. Read().On(file)];

    private static FileIdentity IdentityOf(string path) => FileDescriptor.IdentityAt(System.Text.Encoding.UTF8.GetBytes(path)).Value.Identity;

    /// <summary>Another process needs a moment to fall asleep in a call; ten seconds is given up on.</summary>
    private static void Eventually(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            if (condition())
            {
                return;
            }

            Thread.Sleep(20);
        }

        Assert.Fail("did not come to be so");
    }

    /// <summary>A real lock as the kernel tells of it, copied, so that a part of the story can be left out as a reading does when rows move meanwhile.</summary>
    private sealed class CapturedLock : IDisposable
    {
        private readonly Scratch _proc = new();
        private readonly ProcReader _reader;
        private readonly LockMaker _maker;
        private readonly int _descriptor;

        public CapturedLock(ReaderOptions options, string kind, string path)
        {
            _maker = LockMaker.Start(kind, "write", path);
            var entry = Assert.Single(new ProcReader().ReadLocks(new ProcReader().ReadProcesses()).On(IdentityOf(path)));
            _descriptor = Assert.Single(entry.Parties).Descriptor!.Value;
            foreach (var name in (string[])["self/mountinfo", "sys/kernel/random/boot_id", $"{_maker.Pid}/stat", $"{_maker.Pid}/status", Details])
            {
                _proc.Write(name, File.ReadAllText("/proc/" + name));
            }

            Directory.CreateDirectory(Path.Join(_proc.Path, $"{_maker.Pid}/fd"));
            File.CreateSymbolicLink(Path.Join(_proc.Path, $"{_maker.Pid}/fd/{_descriptor}"), path);
            _proc.Write("locks", File.ReadLines("/proc/locks").Single(l => l.Contains($" {entry.Lock.Device} ", StringComparison.Ordinal)) + "\n");
            _reader = new ProcReader(options with { ProcRoot = _proc.Path });
        }

        private string Details => $"{_maker.Pid}/fdinfo/{_descriptor}";

        public LockTable Look(LockTable? before = null) => _reader.ReadLocks(_reader.ReadProcesses(), before);

        public void LeaveOutOfTheList() => _proc.Write("locks");

        public void LeaveOutOfTheDescriptor() =>
            _proc.Write(Details, string.Concat(File.ReadLines(Path.Join(_proc.Path, Details)).Where(l => !l.StartsWith("lock:", StringComparison.Ordinal)).Select(l => l + "\n")));

        public void Dispose()
        {
            _maker.Dispose();
            _proc.Dispose();
        }
    }
}
