namespace Ops.Locks.Tests.Classify;

public sealed class StagingTests
{
    private const string Post = "/var/mail/alice.lock.mail1.6b016ba0.00001092";
    private const string Stage = "/spool/stage./4242-1795246035-0";

    private static Verdict Judge(FileFacts file, HostFacts? host = null, DirectoryFacts? directory = null, FileFacts[]? contents = null) =>
        ArtefactClassifier.Classify(Given.Artefact(file, directory: directory, contents: contents), host ?? Given.Host(), JudgingOptions.Default)!;

    [Fact]
    public void An_appliance_being_built_belongs_to_the_process_with_the_kernel_lock_of_the_cache()
    {
        // A supermin that was stopped for days, say with its terminal: the directory is old, its builder lives.
        var cache = Given.Directory("/var/tmp/.guestfs-61001", Modes.O755, 61001);
        var built = Given.File("/var/tmp/.guestfs-61001/appliance.d.abcd0123", uid: 61001, kind: FileKind.Directory, age: TimeSpan.FromDays(3), inode: 60);
        var lockFile = Given.File("/var/tmp/.guestfs-61001/lock", uid: 61001, mode: Modes.O644, inode: 61);
        var supermin = Given.Process(77, Given.Now.AddDays(-4), "supermin", uid: 61001);
        VerdictWord Look(HostFacts host, FileFacts? directory = null) => ArtefactClassifier.Classify(
            Given.Artefact(directory ?? built, directory: cache, contents: [], guards: [new GuardLook(lockFile.Path, Given.Artefact(lockFile, directory: cache), null)]), host, JudgingOptions.Default)!.Word;
        Assert.Equal(VerdictWord.Held, Look(Given.Host([supermin], [Given.Lock(lockFile, supermin)])));
        Assert.Equal(VerdictWord.Refused, Look(Given.Host([], [Given.Lock(lockFile)])));
        Assert.Equal(VerdictWord.Refused, Look(Given.Host([supermin], open: [Given.Open(lockFile, supermin)])));
        Assert.Equal(VerdictWord.Orphan, Look(Given.Host([supermin])));
        Assert.Equal(VerdictWord.Refused, Look(Given.Host(), built with { ModifiedAt = FileTime.From(Given.Now.AddMinutes(-9)) }));
    }

    [Fact]
    public void The_empty_directory_of_a_dead_sync_server_is_an_orphan()
    {
        var directory = Given.File("/var/spool/cyrus/mail/sync./4242", kind: FileKind.Directory, links: 2);
        Verdict? Look(FileFacts[]? contents, HostFacts? host = null) => ArtefactClassifier.Classify(Given.Artefact(directory, contents: contents), host ?? Given.Host(), JudgingOptions.Default);
        Assert.Equal((VerdictWord.Orphan, 4242), (Look([])!.Word, Look([])!.Owner.Pid));
        Assert.Equal([OperatorAction.Remove], Look([])!.Actions);
        Assert.Equal(VerdictWord.Held, Look([], Given.Host([Given.Process(4242, command: "sync_server")]))!.Word);
        // With something in it that is the find; unread it may be anything.
        Assert.Null(Look([Given.File("/var/spool/cyrus/mail/sync./4242/17.", "Subject: x")]));
        Assert.Null(Look(null));
    }

    [Theory]
    [InlineData("17.")]
    [InlineData("da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    public void What_a_dead_sync_server_staged_is_a_leftover_whatever_its_version(string name)
    {
        // 2.3 numbers what it stages, as mailboxes number their messages; the pid is the name of the directory.
        var file = Given.File("/var/spool/cyrus/mail/sync./4242/" + name, "Subject: x\n");
        Assert.Equal((VerdictWord.Orphan, 4242), (Judge(file).Word, Judge(file).Owner.Pid));
        Assert.Equal(VerdictWord.OrphanLinked, Judge(file with { LinkCount = 2 }).Word);
        Assert.Equal(VerdictWord.Held, Judge(file, Given.Host([Given.Process(4242, command: "sync_server")])).Word);
        Assert.Equal(VerdictWord.NotALock, Judge(Given.File("/var/spool/cyrus/mail/u/user/fred/17.", "Subject: x\n")).Word);
    }

    [Fact]
    public void A_hitching_post_of_a_dead_process_is_an_orphan()
    {
        var verdict = Judge(Given.File(Post));
        Assert.Equal(VerdictWord.Orphan, verdict.Word);
        Assert.Equal([OperatorAction.Remove], verdict.Actions);
        Assert.Equal(0x1092, verdict.Owner.Pid);
    }

    [Fact]
    public void A_hitching_post_of_a_living_process_is_in_use()
    {
        Assert.Equal(VerdictWord.Held, Judge(Given.File(Post), Given.Host([Given.Process(0x1092)])).Word);
    }

    [Fact]
    public void A_process_younger_than_the_time_in_the_name_is_another_one()
    {
        // 6b016ba0 is 10:00 of that day; later links moved the ctime past the start of the new process.
        var file = Given.File(Post, age: TimeSpan.FromHours(1));
        Assert.Equal(VerdictWord.Orphan, Judge(file, Given.Host([Given.Process(0x1092, Given.Now.AddMinutes(-90))])).Word);
    }

    [Fact]
    public void An_exim_post_with_a_configured_host_name_is_judged_here_on_a_local_disk_only()
    {
        var file = Given.File("/var/mail/alice.lock.mx1.lab.example.6b016ba0.00001092");
        Assert.Equal(VerdictWord.Orphan, Judge(file).Word);
        Assert.Equal(VerdictWord.Refused, Judge(file, Given.Host(shares: "an NFS server runs here")).Word);
    }

    [Fact]
    public void A_stage_file_with_other_names_is_orphan_linked()
    {
        var verdict = Judge(Given.File(Stage, "Subject: x\n", links: 3));
        Assert.Equal(VerdictWord.OrphanLinked, verdict.Word);
        Assert.Contains("nothing may ever write to it", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_open_through_an_overlay_may_be_another_file_and_names_no_writer()
    {
        var file = Given.File("/var/spool/postfix/incoming/1234.4242", "");
        var inside = Given.Process(77, Given.Now.AddMinutes(-1));
        var verdict = ArtefactClassifier.Classify(Given.Artefact(file), Given.Host([inside], open: [Given.Open(file, inside) with { IsThroughLayer = true }]), JudgingOptions.Default)!;
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.NotEqual(77, verdict.Owner.Process?.Pid);
        Assert.Contains("as far as can be seen through an overlay", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stage_file_open_in_some_process_is_refused()
    {
        var file = Given.File(Stage, "Subject: x\n");
        var other = Given.Process(77);
        Assert.Equal(VerdictWord.Refused, Judge(file, Given.Host([other], open: [Given.Open(file, other, false)])).Word);
    }

    [Fact]
    public void Who_writes_into_a_linked_stage_file_that_it_did_not_make_overwrites_a_message()
    {
        // 2007: a sync_server died, its pid came round again, and the next one opened the leftover name for writing. Its writes move the ctime.
        var file = Given.File("/var/spool/cyrus/mail/sync./4242/17.", "Subject: x\n", age: TimeSpan.FromMinutes(1), links: 2, born: Given.Now.AddHours(-2));
        var next = Given.Process(4242, Given.Now.AddHours(-1), "sync_server");
        var verdict = Judge(file, Given.Host([next], open: [Given.Open(file, next)]));
        Assert.Equal((VerdictWord.GhostWrite, ArtefactKind.StagingFile, 4242), (verdict.Word, verdict.Kind, verdict.Owner.Pid));
        Assert.Empty(verdict.Actions);
        Assert.DoesNotContain(OperatorAction.Rescue, Ladder.Offers(verdict, new ProtectedProcesses(new HashSet<int>(), true), canAsk: false));
        // Under any other number it does the same harm.
        var other = Given.Process(77, Given.Now.AddHours(-1));
        Assert.Equal(VerdictWord.GhostWrite, Judge(file, Given.Host([other], open: [Given.Open(file, other)])).Word);
        // Who only reads, or has a file to itself, does none.
        Assert.Equal(VerdictWord.Refused, Judge(file, Given.Host([other], open: [Given.Open(file, other, forWriting: false)])).Word);
        Assert.Equal(VerdictWord.Held, Judge(file with { LinkCount = 1 }, Given.Host([other], open: [Given.Open(file, other)])).Word);
    }

    [Fact]
    public void The_maker_of_a_stage_file_may_write_on_when_it_has_linked_it()
    {
        var file = Given.File(Stage, "Subject: x\n", age: TimeSpan.FromMinutes(1), links: 3, born: Given.Now.AddHours(-1));
        var lmtpd = Given.Process(4242, Given.Now.AddHours(-2), "lmtpd");
        Assert.Equal(VerdictWord.Held, Judge(file, Given.Host([lmtpd], open: [Given.Open(file, lmtpd)])).Word);
        var child = Given.Process(77, Given.Now.AddMinutes(-59));
        Assert.Equal(VerdictWord.Held, Judge(file, Given.Host([lmtpd, child], open: [Given.Open(file, child), Given.Open(file, lmtpd)])).Word);
        // No clock tells who was first: the file system keeps no time of creation, or the wall clock was set forward in between.
        var next = Given.Process(4242, Given.Now.AddMinutes(-59), "lmtpd");
        Assert.Equal(VerdictWord.Held, Judge(file with { BornAt = null }, Given.Host([next], open: [Given.Open(file, next)])).Word);
        Assert.NotEqual(VerdictWord.GhostWrite, Judge(file, Given.Host([next], open: [Given.Open(file, next)]) with { ClockSetForward = TimeSpan.FromMinutes(2) }).Word);
    }

    [Fact]
    public void A_fresh_stage_file_of_a_dead_process_waits_for_the_grace_period()
    {
        var verdict = Judge(Given.File(Stage, "x", age: TimeSpan.FromSeconds(1)));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.NotNull(verdict.Recheck);
    }

    private static DirectoryFacts Guestfs(uint mode = Modes.O755, uint uid = 61001, string name = ".guestfs-61001") => Given.Directory("/var/tmp/" + name, mode, uid);

    [Theory]
    [InlineData("kernel")]
    [InlineData("initrd")]
    [InlineData("root")]
    public void A_link_of_a_dead_process_in_its_own_cache_is_an_orphan(string name)
    {
        var file = Given.File($"/var/tmp/.guestfs-61001/{name}.4242", kind: name == "kernel" ? FileKind.SymbolicLink : FileKind.Regular, uid: 61001, links: 3);
        Assert.Equal(VerdictWord.OrphanLinked, Judge(file, directory: Guestfs()).Word);
    }

    [Fact]
    public void A_process_of_another_user_with_the_number_cannot_be_the_owner_and_proves_nothing_either()
    {
        var file = Given.File("/var/tmp/.guestfs-61001/root.4242", "x", uid: 61001, links: 3);
        Assert.Equal(VerdictWord.Refused, Judge(file, Given.Host([Given.Process(4242, uid: 0)]), Guestfs()).Word);
        Assert.Equal(VerdictWord.Held, Judge(file, Given.Host([Given.Process(4242, uid: 61001)]), Guestfs()).Word);
    }

    [Theory]
    [InlineData("kernel.4242.bak")]
    [InlineData("root.4242x")]
    [InlineData("root.-1")]
    [InlineData("initrd.0")]
    [InlineData("kernel.99999999999999999999")]
    [InlineData("rootfs.4242")]
    [InlineData("root.")]
    [InlineData("root.0042")]
    public void Names_that_only_resemble_a_pid_link_are_refused(string name)
    {
        var verdict = Judge(Given.File("/var/tmp/.guestfs-61001/" + name, "x", uid: 61001), directory: Guestfs());
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Empty(verdict.Actions);
    }

    [Theory]
    [InlineData("/spool/stage./junk")]
    [InlineData("/var/spool/exim4/db/retry.lockfile")]
    [InlineData("/var/spool/exim4/input/1r5Abc-0007RJ-2x-J")]
    public void A_summary_that_is_a_warning_ends_with_one_full_stop(string path) => Assert.Matches(@"[^.]\.\z", Judge(Given.File(path)).Summary);

    [Fact]
    public void A_cache_directory_of_another_user_is_refused()
    {
        var file = Given.File("/var/tmp/.guestfs-61001/root.4242", "x", uid: 61009);
        Assert.Equal(VerdictWord.Refused, Judge(file, directory: Guestfs(uid: 61009)).Word);
    }

    [Fact]
    public void A_cache_directory_that_the_group_can_write_is_refused()
    {
        var file = Given.File("/var/tmp/.guestfs-61001/root.4242", "x", uid: 61001);
        Assert.Equal(VerdictWord.Refused, Judge(file, directory: Guestfs(mode: Modes.O775)).Word);
    }

    [Fact]
    public void A_cache_directory_reached_by_a_link_is_refused()
    {
        var file = Given.File("/var/tmp/.guestfs-61001/root.4242", "x", uid: 61001);
        var linked = Guestfs() with { ReachedThrough = FilePath.FromText("/var/tmp/.guestfs-61001"), RealPath = FilePath.FromText("/elsewhere") };
        Assert.Equal(VerdictWord.Refused, Judge(file, directory: linked).Word);
    }

    [Fact]
    public void A_build_directory_is_an_orphan_by_age_when_nothing_inside_is_open()
    {
        var directory = Given.File("/var/tmp/guestfs.q7Xk2P", kind: FileKind.Directory, age: TimeSpan.FromDays(3), links: 2);
        var inside = Given.File("/var/tmp/guestfs.q7Xk2P/root", "x", age: TimeSpan.FromDays(3), inode: 900);
        Assert.Equal(VerdictWord.Orphan, Judge(directory, directory: Given.Directory("/var/tmp", Modes.O1777), contents: [inside]).Word);
        var qemu = Given.Process(77);
        Assert.Equal(VerdictWord.Refused, Judge(directory, Given.Host([qemu], open: [Given.Open(inside, qemu, forWriting: false)]), Given.Directory("/var/tmp", Modes.O1777), [inside]).Word);
        Assert.Equal(VerdictWord.Held, Judge(directory, Given.Host([qemu], open: [Given.Open(inside, qemu)]), Given.Directory("/var/tmp", Modes.O1777), [inside]).Word);
    }

    [Fact]
    public void A_maildir_tmp_file_of_a_dead_process_waits_36_hours_by_every_clock()
    {
        const string name = "/home/a/Maildir/tmp/1795000000.M5P4242.mail1";
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(name, "x", age: TimeSpan.FromHours(35))).Word);
        Assert.Equal(VerdictWord.Orphan, Judge(Given.File(name, "x", age: TimeSpan.FromHours(37))).Word);
    }

    [Fact]
    public void A_new_maildirsize_of_exim_names_the_host_that_its_configuration_says()
    {
        var file = Given.File("/home/a/Maildir/tmp/1795000000.H5P4242.mx1.lab.example", "x", age: TimeSpan.FromHours(37));
        Assert.Equal(VerdictWord.Orphan, Judge(file).Word);
        Assert.Equal(VerdictWord.Refused, Judge(file, Given.Host(shares: "an NFS server runs here")).Word);
    }

    [Fact]
    public void A_maildir_tmp_file_of_another_host_is_refused()
    {
        Assert.Equal(VerdictWord.Refused, Judge(Given.File("/home/a/Maildir/tmp/1795000000.M5P4242.mx9.lab.example", "x", age: TimeSpan.FromDays(9))).Word);
    }

    [Theory]
    [InlineData("dovecot.index.tmp", "dovecot.index.log")]
    [InlineData("dovecot.list.index.backup.tmp", "dovecot.list.index.log")]
    public void The_next_version_of_an_index_belongs_to_the_process_that_has_its_log_locked(string name, string log)
    {
        // An imap that was stopped between writing and renaming it: closed, hours old, and alive.
        var path = FilePath.FromText("/home/a/Maildir").Join(log);
        var logFile = Given.Artefact(Given.File(path.Text, "log", inode: 61));
        var imap = Given.Process(77);
        VerdictWord Look(HostFacts host, ArtefactFacts? guard) => ArtefactClassifier.Classify(
            Given.Artefact(Given.File("/home/a/Maildir/" + name, "index"), guards: [new GuardLook(path, guard, null)]), host, JudgingOptions.Default)!.Word;
        var file = Given.Artefact(Given.File("/home/a/Maildir/" + name, "index"));
        Assert.Equal(log, Assert.IsType<StagingFile>(Assert.Single(file.Matches).Convention).Guard(file.Matches[0].Match));
        Assert.Equal(VerdictWord.Held, Look(Given.Host([imap], [Given.Lock(logFile.File, imap)]), logFile));
        Assert.Equal(VerdictWord.Refused, Look(Given.Host([], [Given.Lock(logFile.File)]), logFile));
        Assert.Equal(VerdictWord.Orphan, Look(Given.Host([imap]), logFile));
        Assert.Equal(VerdictWord.Orphan, Look(Given.Host(), null));
    }

    private const string UidListTmp = "/var/mail/u/dovecot-uidlist.tmp";

    private static ArtefactFacts Guarded(params GuardLook[] guards) => Given.Artefact(Given.File(UidListTmp, "3 V1\n"), guards: guards);

    private static GuardLook Guard(string? text, string? unread = null) => new(FilePath.FromText("/var/mail/u/dovecot-uidlist.lock"),
        text is null ? null : Given.Artefact(Given.File("/var/mail/u/dovecot-uidlist.lock", text, inode: 101), directory: Given.Directory("/var/mail/u", Modes.O700, 8)), unread);

    [Theory]
    [InlineData(null, null, VerdictWord.Orphan)]                  // no lock: nobody is writing it
    [InlineData("4242:mail1", null, VerdictWord.Orphan)]          // the lock's owner is gone
    [InlineData("77:mail1", null, VerdictWord.Held)]              // and alive
    [InlineData("4242:mail2", null, VerdictWord.Refused)]         // on another host
    [InlineData(null, "permission denied", VerdictWord.Refused)]  // "could not read" is not "absent"
    public void A_temporary_file_that_only_the_holder_of_a_lock_writes_is_judged_by_that_lock(string? text, string? unread, VerdictWord expected)
    {
        var verdict = ArtefactClassifier.Classify(Guarded(Guard(text, unread)), Given.Host([Given.Process(77)]), JudgingOptions.Default)!;
        Assert.Equal(expected, verdict.Word);
        Assert.Equal(expected == VerdictWord.Orphan, verdict.Actions.Contains(OperatorAction.Remove));
    }

    [Fact]
    public void An_orphan_named_after_a_pid_says_when_the_pid_is_reused()
    {
        var host = Given.Host() with { ForksPerSecond = 10, PidMax = 36_000 };
        Assert.Contains("10 new processes a second the 36000 pids are used up in about 60 min", Judge(Given.File(Stage, "x", links: 2), host).Of(Questions.PidReturns)!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delivery_that_was_read_yesterday_is_not_36_hours_old_by_every_clock()
    {
        var file = Given.File("/home/u/Maildir/tmp/1795000000.4242.mail1", "x", age: TimeSpan.FromDays(3));
        Assert.Equal(VerdictWord.Orphan, Judge(file).Word);
        Assert.Equal(VerdictWord.Refused, Judge(file with { AccessedAt = FileTime.From(Given.Now.AddHours(-20)) }).Word);
    }

    [Theory]
    [InlineData("/home/a/Maildir/tmp/1795246035.M1P4242.mail1")]
    [InlineData("/home/a/Maildir/tmp/1795246035.4242.mail1")]
    [InlineData("/var/spool/cyrus/stage./4242-1795246035-0")]
    public void A_staging_file_that_a_living_process_writes_is_held_by_it_whatever_its_name_says(string path)
    {
        var file = Given.File(path, "half", age: TimeSpan.FromDays(3));
        var writer = Given.Process(700, Given.Now.AddDays(-4), command: "local");
        foreach (var claimed in (ProcessFacts[][])[[], [Given.Process(4242, state: 'Z')], [Given.Process(4242, Given.Now.AddDays(-1))]])
        {
            var verdict = Judge(file, Given.Host([writer, .. claimed], open: [Given.Open(file, writer)]));
            Assert.Contains("its name gives pid 4242", verdict.Summary, StringComparison.Ordinal);
            Assert.Equal((VerdictWord.Held, 700, 0), (verdict.Word, verdict.Owner.Pid, verdict.Actions.Count));
        }
        Assert.Equal(VerdictWord.Refused, Judge(file, Given.Host([writer], open: [Given.Open(file, writer, forWriting: false)])).Word);
    }

    [Fact]
    public void A_message_that_is_being_received_is_held_by_its_writer()
    {
        var file = Given.File("/var/spool/exim4/input/1r5Abc-0007RJ-2x-D", "half");
        var exim = Given.Process(700, command: "exim4");
        Assert.Equal((VerdictWord.Held, 700), Judge(file, Given.Host([exim], open: [Given.Open(file, exim)])) is var held ? (held.Word, held.Owner.Pid) : default);
        Assert.Equal(VerdictWord.NotALock, Judge(file, Given.Host([exim], open: [Given.Open(file, exim, forWriting: false)])).Word);
    }
}
