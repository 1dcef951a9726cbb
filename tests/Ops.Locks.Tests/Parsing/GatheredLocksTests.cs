namespace Ops.Locks.Tests.Parsing;

public sealed class GatheredLocksTests
{
    private static readonly Mount Disk = Parsed("25 1 8:2 / / rw - ext4 /dev/sda2 rw");
    private static readonly Mount Subvolumes = Parsed("26 1 0:31 / /srv rw - btrfs /dev/sdb1 rw");

    [Fact]
    public void A_row_that_the_second_reading_misses_asks_for_a_third()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: POSIX  ADVISORY  WRITE 41 08:02:77 0 EOF\n"), 1);
        locks.Merge(Rows(""), 2);
        Assert.True(locks.NeedsThirdReading);
    }

    [Fact]
    public void Two_readings_that_agree_ask_for_no_third()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: POSIX  ADVISORY  WRITE 41 08:02:77 0 EOF\n"), 1);
        locks.Merge(Rows("9: POSIX  ADVISORY  WRITE 41 08:02:77 0 EOF\n"), 2);
        Assert.False(locks.NeedsThirdReading);
        Assert.Single(locks.Locks);
    }

    [Fact]
    public void A_lock_of_the_look_before_that_is_missing_asks_for_a_third_reading()
    {
        var gone = new LockEntry(Rows("1: FLOCK  ADVISORY  WRITE 41 08:02:77 0 EOF\n").Rows[0], [], null, PathState.Unknown, null, []);
        var locks = Gathered(before: new LockTable([gone], []));
        locks.Merge(Rows(""), 1);
        locks.Merge(Rows(""), 2);
        Assert.True(locks.NeedsThirdReading);
        Assert.Equal(gone, Assert.Single(locks.Unseen()));
    }

    [Fact]
    public void A_row_of_one_reading_that_no_descriptor_shows_is_dropped_and_one_of_the_last_reading_stays()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: FLOCK  ADVISORY  WRITE 41 08:02:77 0 EOF\n"), 1);
        locks.Merge(Rows(""), 2);
        locks.Merge(Rows("1: FLOCK  ADVISORY  WRITE 42 08:02:78 0 EOF\n"), 3);
        locks.DropReleased();
        Assert.Equal(42, Assert.Single(locks.Locks).Row.Pid);
    }

    [Fact]
    public void The_same_text_read_twice_counts_as_two_readings()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: FLOCK  ADVISORY  WRITE 41 08:02:77 0 EOF\n"), 1);
        locks.MergeSame();
        Assert.False(locks.NeedsThirdReading);
        locks.DropReleased();
        Assert.Single(locks.Locks);
    }

    [Fact]
    public void A_list_that_is_read_once_asks_every_process_and_drops_no_row()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: POSIX  ADVISORY  WRITE 41 08:02:77 0 EOF\n2: POSIX  ADVISORY  WRITE 41 08:02:78 0 EOF\n"), 1);
        locks.AskEveryDescriptor();
        Assert.Equal([1, 41, 99], locks.Suspects([], [1, 41, 99]));
        Assert.Equal((2, 0), (locks.RowsOf(41), locks.RowsOf(99)));
        locks.DropReleased();
        Assert.Equal(2, locks.Locks.Count);
    }

    [Fact]
    public void Fdinfo_names_a_file_by_its_mount_except_where_numbers_are_not_unique()
    {
        var locks = Gathered();
        Assert.Equal(new FileIdentity(8, 2, 77), locks.FileOf(new ProcFdInfo(2, Disk.Id, 77, [], [])));
        Assert.Null(locks.FileOf(new ProcFdInfo(2, Subvolumes.Id, 77, [], [])));
        Assert.Null(locks.FileOf(new ProcFdInfo(2, 99, 77, [], [])));
        Assert.Null(locks.FileOf(new ProcFdInfo(2, Disk.Id, null, [], [])));
    }

    [Fact]
    public void Only_a_file_that_a_row_waits_for_needs_the_descriptors_of_who_waits()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: FLOCK  ADVISORY  WRITE 41 08:02:77 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 42 08:02:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 41 08:02:78 0 EOF\n"), 1);
        Assert.True(locks.IsWaitedFor(77));
        Assert.False(locks.IsWaitedFor(78));
    }

    [Fact]
    public void Record_locks_of_processes_on_a_disk_ask_only_those_processes_and_no_fdinfo()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: POSIX  ADVISORY  WRITE 41 08:02:77 0 EOF\n"), 1);
        locks.Merge(Rows("1: POSIX  ADVISORY  WRITE 41 08:02:77 0 EOF\n"), 2);
        Assert.Equal([41], locks.Suspects([], [1, 41, 99]));
        Assert.True(locks.MayBeOn(77, out var needsDetails));
        Assert.False(needsDetails);
        Assert.Single(locks.OwnedBy(new FileIdentity(8, 2, 77), 41));
    }

    [Fact]
    public void A_lock_that_processes_may_share_asks_all_of_them_for_fdinfo()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: FLOCK  ADVISORY  WRITE 41 08:02:77 0 EOF\n"), 1);
        Assert.Equal([1, 41, 99], locks.Suspects([], [1, 41, 99]));
        Assert.True(locks.MayBeOn(77, out var needsDetails));
        Assert.True(needsDetails);
    }

    [Fact]
    public void A_waiter_is_on_the_file_of_what_it_waits_for()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: FLOCK  ADVISORY  WRITE 41 08:02:77 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 42 08:02:77 0 EOF\n"), 1);
        var file = new FileIdentity(8, 2, 77);
        locks.Locks.First(l => !l.Row.IsWaiter).Place(file, FilePath.FromText("/var/mail/anna"), PathState.Current);
        locks.ShareFilesWithWaiters();
        var waiter = locks.ToTable([]).Entries.Single(e => e.Lock.IsWaiter);
        Assert.Equal((file, "/var/mail/anna", PathState.Current), (waiter.File, waiter.Path?.Text, waiter.PathState));
    }

    [Fact]
    public void A_row_that_no_descriptor_placed_is_on_its_inode_on_a_disk_and_a_gap_where_numbers_repeat()
    {
        var locks = Gathered();
        locks.Merge(Rows("1: FLOCK  ADVISORY  WRITE 41 08:02:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 41 00:1f:78 0 EOF\n"), 1);
        locks.PlaceUnresolved([]);
        var table = locks.ToTable([]);
        Assert.Equal([new FileIdentity(8, 2, 77), null], table.Entries.Select(e => e.File));
        Assert.Contains("btrfs", Assert.Single(table.Gaps), StringComparison.Ordinal);
    }

    private static GatheredLocks Gathered(LockTable? before = null) => new([Disk, Subvolumes], before ?? LockTable.Empty);

    private static ParsedLocks Rows(string text) => ProcLocks.Parse(System.Text.Encoding.ASCII.GetBytes(text));

    private static Mount Parsed(string line) => Assert.Single(MountInfo.Parse(System.Text.Encoding.ASCII.GetBytes(line + "\n")).Mounts);
}
