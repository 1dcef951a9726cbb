namespace Ops.Locks.Tests.BetweenFindings;

public sealed class SplitBrainTests
{
    private static readonly ProcessFacts Exim = Given.Process(10, command: "exim4") with { ParentPid = 100 };
    private static readonly ProcessFacts Imapd = Given.Process(11, command: "imapd") with { ParentPid = 200 };

    private static LockEntry Mbx(ProcessFacts holder, ulong inode, PathState state) => Held("/tmp/.fe00.32", holder, inode, state, LockClass.Flock);

    private static LockEntry Held(string path, ProcessFacts holder, ulong inode, PathState state, LockClass kind = LockClass.Posix, LockMode mode = LockMode.Write) =>
        Given.Lock(Given.File(path, inode: inode), kind, mode, state, holder);

    private static List<Relation> Find(params LockEntry[] locks) => [.. SplitBrain.Find(Given.Host([Exim, Imapd], locks))];

    [Fact]
    public void Two_living_holders_of_one_mbx_lock_name_on_two_inodes_are_named_with_their_inodes()
    {
        var found = Assert.Single(Find(Mbx(Exim, 7, PathState.Current), Mbx(Imapd, 6, PathState.Deleted)));
        Assert.Equal(VerdictWord.SplitBrain, found.Verdict.Word);
        Assert.Equal(ArtefactKind.MbxLock, found.Verdict.Kind);
        Assert.Contains("pid 10 (exim4) and pid 11 (imapd)", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Equal(["pid 10 (exim4) holds inode 7, the file that the name leads to", "pid 11 (imapd) holds inode 6, a file that the name no longer leads to"], found.Verdict.Evidence.Select(e => e.Detail));
        Assert.Empty(found.Verdict.Actions);
    }

    [Fact]
    public void Two_private_tmp_directories_make_two_holders_of_one_mbx_lock_as_well() =>
        Assert.Single(Find(Mbx(Exim, 7, PathState.Current), Mbx(Imapd, 6, PathState.Current)));

    [Fact]
    public void Two_private_tmp_directories_are_named_as_the_cause_with_the_unit_that_has_one()
    {
        var tmp = new Mount(900, 0xfe, 0, FilePath.FromText("/tmp/systemd-private-0123456789abcdef0123456789abcdef-dovecot.service-AbC123/tmp"), FilePath.FromText("/tmp"), "ext4", "/dev/vda", false);
        var view = new ForeignView(FilePath.FromText("/tmp/.fe00.32"), tmp, tmp.Root.Join(".fe00.32"));
        var found = Assert.Single(Find(Mbx(Exim, 7, PathState.Current), Mbx(Imapd, 6, PathState.Current) with { Foreign = view }));
        Assert.Contains("Each has a /tmp of its own: pid 11 (imapd) by its mount namespace (unit dovecot.service has PrivateTmp). Give both one /tmp", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("removed", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Contains(found.Verdict.Evidence, e => e.Detail.Contains("in its own mount namespace, on this host /tmp/systemd-private-", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_mount_at_tmp_is_named_by_its_kind_and_a_removed_name_stays_one()
    {
        var view = new ForeignView(FilePath.FromText("/tmp/.fe00.32"), new Mount(900, 0, 50, FilePath.Root, FilePath.FromText("/tmp"), "tmpfs", "tmpfs", false), null);
        Assert.Contains("(tmpfs mounted at /tmp)", Assert.Single(Find(Mbx(Exim, 7, PathState.Current), Mbx(Imapd, 6, PathState.Current) with { Foreign = view })).Verdict.Summary, StringComparison.Ordinal);
        Assert.Contains("The name was removed", Assert.Single(Find(Mbx(Exim, 7, PathState.Current), Mbx(Imapd, 6, PathState.Deleted) with { Foreign = view })).Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void One_inode_has_one_lock() => Assert.Empty(Find(Mbx(Exim, 7, PathState.Current), Mbx(Imapd, 7, PathState.Current)));

    [Fact]
    public void One_process_that_replaced_its_own_lock_file_is_alone() => Assert.Empty(Find(Mbx(Exim, 7, PathState.Current), Mbx(Exim, 6, PathState.Deleted)));

    [Fact]
    public void A_waiter_on_the_removed_file_is_no_second_holder() =>
        Assert.Empty(Find(Mbx(Exim, 7, PathState.Current), Given.Waiter(Given.File("/tmp/.fe00.32", inode: 6), Imapd, PathState.Deleted)));

    [Fact]
    public void A_cyrus_name_lock_that_was_removed_while_held_has_two_holders() =>
        Assert.Equal("cyrus", Assert.Single(Find(
            Held("/var/lib/cyrus/lock/u/user/a.lock", Exim, 7, PathState.Current), Held("/var/lib/cyrus/lock/u/user/a.lock", Imapd, 6, PathState.Deleted))).Verdict.System);

    [Fact]
    public void Files_of_one_name_in_two_mount_namespaces_are_two_files() =>
        Assert.Empty(Find(Held("/var/lib/cyrus/lock/u/user/a.lock", Exim, 7, PathState.Current), Held("/var/lib/cyrus/lock/u/user/a.lock", Imapd, 6, PathState.Current)));

    [Fact]
    public void A_replaced_mailbox_is_reported_as_a_ghost_write() =>
        Assert.Empty(Find(Held("/var/mail/alice", Exim, 7, PathState.Current), Held("/var/mail/alice", Imapd, 6, PathState.Replaced)));

    [Fact]
    public void Flock_and_fcntl_on_one_mailbox_do_not_see_each_other_and_both_programs_are_named()
    {
        var found = Assert.Single(Find(Held("/var/mail/alice", Exim, 7, PathState.Current), Held("/var/mail/alice", Imapd, 7, PathState.Current, LockClass.Flock)));
        Assert.Equal((VerdictWord.SplitBrain, ArtefactKind.Mailbox), (found.Verdict.Word, found.Verdict.Kind));
        Assert.Contains("pid 11 (imapd) locks by flock, pid 10 (exim4) by fcntl", found.Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_readers_by_different_calls_do_no_harm() => Assert.Empty(Find(
        Held("/var/mail/alice", Exim, 7, PathState.Current, mode: LockMode.Read), Held("/var/mail/alice", Imapd, 7, PathState.Current, LockClass.Flock, LockMode.Read)));

    [Fact]
    public void A_program_that_takes_both_kinds_is_seen_by_everybody() => Assert.Empty(Find(
        Held("/var/mail/alice", Exim, 7, PathState.Current), Held("/var/mail/alice", Exim, 7, PathState.Current, LockClass.Flock)));

    [Fact]
    public void A_program_and_the_child_it_locks_for_work_together()
    {
        var child = Imapd with { ParentPid = Exim.Pid };
        Assert.Empty(Find(Held("/var/mail/alice", Exim, 7, PathState.Current, LockClass.Flock), Held("/var/mail/alice", child, 7, PathState.Current)));
    }
}

public sealed class NamedFileTests
{
    [Theory]
    [InlineData("/tmp/.fe00.32", 0xfe, 0, 0x32)]
    [InlineData("/tmp/.801.12f", 8, 1, 0x12f)]
    [InlineData("/tmp/.100008fe.a", 8, 0x100fe, 10)]   // st_dev packs what is above 255 of the minor into the upper bits
    public void The_name_of_an_mbx_lock_gives_device_and_inode_of_the_mailbox(string path, int major, int minor, int inode) =>
        Assert.Equal(new FileIdentity((uint)major, (uint)minor, (ulong)inode), NamedFile.MailboxOfMbxLock(FilePath.FromText(path)));

    [Theory]
    [InlineData("/var/mail/.fe00.32")]
    [InlineData("/tmp/.X11-unix")]
    [InlineData("/tmp/.fe00.zz")]
    public void Other_names_give_no_device_and_inode(string path) => Assert.Null(NamedFile.MailboxOfMbxLock(FilePath.FromText(path)));
}
