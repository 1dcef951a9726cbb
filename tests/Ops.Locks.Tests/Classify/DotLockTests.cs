namespace Ops.Locks.Tests.Classify;

public sealed class DotLockTests
{
    private const string Path = "/var/mail/alice.lock";
    private static readonly JudgingOptions Options = JudgingOptions.Default;

    private static Verdict Judge(FileFacts file, HostFacts? host = null, FileFacts? mailbox = null, DirectoryFacts? directory = null, Mount? mount = null, FilePath[]? twins = null) =>
        ArtefactClassifier.Classify(Given.Artefact(file, mailbox ?? Given.Mailbox(), directory, mount, twins), host ?? Given.Host(), Options)!;

    [Fact]
    public void A_lock_naming_a_live_pid_that_is_older_than_it_is_held()
    {
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644), Given.Host([Given.Process(4242)]));
        Assert.Equal(VerdictWord.Held, verdict.Word);
        Assert.Equal(4242, verdict.Owner.Process!.Pid);
        Assert.Empty(verdict.Actions);
    }

    [Fact]
    public void A_lock_naming_a_dead_pid_on_an_idle_mailbox_is_stale_and_may_be_broken()
    {
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644));
        Assert.Equal(VerdictWord.Stale, verdict.Word);
        Assert.Equal(Answer.No, verdict.Owner.IsAlive);
        Assert.Equal([OperatorAction.Break], verdict.Actions);
        Assert.DoesNotContain(verdict.Evidence, e => e.Blocks);
    }

    [Fact]
    public void After_a_step_of_the_clock_a_process_that_only_seems_younger_than_its_lock_is_not_called_another_one()
    {
        var file = Given.File(Path, "4242\n", Modes.O644, age: TimeSpan.FromHours(1));
        var host = Given.Host([Given.Process(4242, Given.Now.AddMinutes(-59))]);
        Assert.Equal(VerdictWord.Refused, Judge(file, host with { ClockSetForward = TimeSpan.FromMinutes(5) }).Word);
        Assert.Equal(VerdictWord.Stale, Judge(file, host with { ClockSetForward = TimeSpan.FromSeconds(50) }).Word);
    }

    [Fact]
    public void After_a_step_of_the_clock_a_lock_that_only_seems_older_than_the_boot_is_not_called_so()
    {
        var host = Given.Host([Given.Process(4242, Given.Now.AddMinutes(-50))]) with { BootedAt = Given.Now.AddMinutes(-55) };
        var file = Given.File(Path, "4242\n", Modes.O644, age: TimeSpan.FromHours(1));
        Assert.Equal(VerdictWord.Stale, Judge(file, host).Word);
        Assert.Equal(VerdictWord.Refused, Judge(file, host with { ClockSetForward = TimeSpan.FromHours(1) }).Word);
    }

    [Fact]
    public void After_a_step_of_the_clock_a_nameless_lock_counts_as_younger_by_that()
    {
        var file = Given.File(Path, "0", Modes.O444, age: TimeSpan.FromMinutes(40));
        Assert.Equal(VerdictWord.Stale, Judge(file).Word);
        Assert.NotEqual(VerdictWord.Stale, Judge(file, Given.Host() with { ClockSetForward = TimeSpan.FromMinutes(20) }).Word);
    }

    [Fact]
    public void A_lock_whose_pid_was_given_to_a_younger_process_is_stale()
    {
        var file = Given.File(Path, "4242\n", Modes.O644, age: TimeSpan.FromHours(1));
        var verdict = Judge(file, Given.Host([Given.Process(4242, Given.Now.AddMinutes(-59))]));
        Assert.Equal(VerdictWord.Stale, verdict.Word);
        Assert.Equal(Answer.No, verdict.Of(Questions.SameProcess)!.Answer);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.9)]
    public void In_the_grey_zone_between_ctime_and_start_nothing_is_proven(double seconds)
    {
        var file = Given.File(Path, "4242\n", Modes.O644, age: TimeSpan.FromHours(1));
        var verdict = Judge(file, Given.Host([Given.Process(4242, Given.Now.AddHours(-1).AddSeconds(seconds))]));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Answer.Unknown, verdict.Owner.IsAlive);
        Assert.Contains("too close to decide", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zombie_without_living_threads_can_release_nothing()
    {
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path, "4242\n", Modes.O644), Given.Host([Given.Process(4242, state: 'Z')])).Word);
    }

    [Fact]
    public void A_zombie_leader_with_living_threads_holds_its_lock()
    {
        Assert.Equal(VerdictWord.Held, Judge(Given.File(Path, "4242\n", Modes.O644), Given.Host([Given.Process(4242, state: 'Z', liveTasks: 3)])).Word);
    }

    [Fact]
    public void A_pid_is_looked_for_in_every_pid_namespace()
    {
        // Inside its container the process is number 17; outside, 90017.
        var verdict = Judge(Given.File(Path, "17\n", Modes.O644), Given.Host([Given.Process(90017, nspids: [90017, 17])]));
        Assert.Equal(VerdictWord.Held, verdict.Word);
        Assert.Equal(90017, verdict.Owner.Process!.Pid);
    }

    [Fact]
    public void A_container_that_recycles_the_number_does_not_hide_the_living_owner()
    {
        var host = Given.Host([Given.Process(17, Given.Now.AddMinutes(-1)), Given.Process(90017, nspids: [90017, 17])]);
        Assert.Equal(VerdictWord.Held, Judge(Given.File(Path, "17\n", Modes.O644), host).Word);
    }

    [Fact]
    public void A_lock_naming_another_host_is_refused_not_stale()
    {
        var verdict = Judge(Given.File(Path, "4242:mx2.lab.example", Modes.O600));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Contains("ask that host's agent", verdict.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mail")]
    [InlineData("mail1.example.org")]
    [InlineData("mail10")]
    public void A_host_with_a_similar_name_is_another_host(string name)
    {
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path, $"4242:{name}", Modes.O600)).Word);
    }

    [Fact]
    public void An_alias_from_the_policy_means_this_host()
    {
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path, "4242:mx1.example.org", Modes.O600), Given.Host(aliases: ["mx1.example.org"])).Word);
    }

    [Fact]
    public void A_dead_owners_lock_is_not_stale_while_a_process_has_a_kernel_lock_on_the_mailbox()
    {
        var mailbox = Given.Mailbox();
        var other = Given.Process(77);
        var verdict = Judge(Given.File(Path, "4242:mail1", Modes.O600), Given.Host([other], [Given.Lock(mailbox, other)]), mailbox);
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Contains("its owner is gone, but", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_holder_on_the_mailbox_s_former_inode_is_still_in_the_mailbox()
    {
        var mailbox = Given.Mailbox();
        var replaced = mailbox with { Identity = mailbox.Identity with { Inode = 49 } };
        var ghost = Given.Process(77);
        var verdict = Judge(Given.File(Path, "4242:mail1", Modes.O600),
            Given.Host([ghost], [Given.Lock(replaced, LockClass.Posix, LockMode.Write, PathState.Replaced, ghost)]), mailbox);
        Assert.Equal(VerdictWord.Refused, verdict.Word);
    }

    [Fact]
    public void A_reader_of_the_mailbox_is_enough_to_refuse()
    {
        var mailbox = Given.Mailbox();
        var reader = Given.Process(77);
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path, "4242\n", Modes.O644), Given.Host([reader], open: [Given.Open(mailbox, reader, forWriting: false)]), mailbox).Word);
    }

    [Fact]
    public void A_process_that_could_not_be_looked_into_may_have_the_mailbox_open()
    {
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644), Given.Host(unreadable: [9]));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Answer.Unknown, verdict.Of(Questions.FileOpen)!.Answer);
    }

    [Theory]
    [InlineData("systemd", VerdictWord.Stale)]
    [InlineData("supervisor", VerdictWord.Stale)]
    [InlineData("dovecot", VerdictWord.Refused)]
    [InlineData("python3.13", VerdictWord.Refused)]
    [InlineData("bash", VerdictWord.Refused)]
    public void A_hidden_first_process_matters_only_when_it_may_be_a_mail_program(string command, VerdictWord expected)
    {
        var host = Given.Host([Given.Process(1, command: command)], unreadable: [1]);
        Assert.Equal(expected, Judge(Given.File(Path, "4242\n", Modes.O644), host).Word);
    }

    [Fact]
    public void Where_processes_are_hidden_a_pid_not_seen_is_not_gone()
    {
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644), Given.Host(allProcesses: false));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Answer.Unknown, verdict.Owner.IsAlive);
    }

    [Fact]
    public void Exims_empty_lock_is_held_by_the_process_with_the_kernel_lock_on_the_mailbox()
    {
        var mailbox = Given.Mailbox();
        var exim = Given.Process(500, command: "exim4");
        var verdict = Judge(Given.File(Path), Given.Host([exim], [Given.Lock(mailbox, exim)]), mailbox);
        Assert.Equal(VerdictWord.Held, verdict.Word);
        Assert.Equal(500, verdict.Owner.Pid);
    }

    [Fact]
    public void A_ghost_on_the_former_inode_does_not_hide_who_holds_the_mailbox_now()
    {
        var mailbox = Given.Mailbox();
        var ghost = Given.Process(499, command: "exim4");
        var python = Given.Process(500, command: "python3");
        var replaced = mailbox with { Identity = mailbox.Identity with { Inode = 49 } };
        var verdict = Judge(Given.File(Path), Given.Host([ghost, python],
            [Given.Lock(replaced, LockClass.Posix, LockMode.Write, PathState.Replaced, ghost), Given.Lock(mailbox, python)]), mailbox);
        Assert.Equal(VerdictWord.Held, verdict.Word);
        Assert.Equal(500, verdict.Owner.Pid);
    }

    [Fact]
    public void An_ownerless_lock_is_held_by_the_one_who_writes_the_mailbox_and_was_there_first()
    {
        var mailbox = Given.Mailbox();
        var script = Given.Process(600, command: "sh");
        var verdict = Judge(Given.File(Path, "0", Modes.O444), Given.Host([script], open: [Given.Open(mailbox, script)]), mailbox);
        Assert.Equal(VerdictWord.Held, verdict.Word);
        Assert.Equal(600, verdict.Owner.Pid);
    }

    [Fact]
    public void A_writer_that_started_with_the_ownerless_lock_holds_it_as_owner_or_for_him()
    {
        var mailbox = Given.Mailbox();
        var file = Given.File(Path, "0", Modes.O444);
        var script = Given.Process(600, file.BornAt!.Value.ToDateTimeOffset().AddMilliseconds(-3), "sh");
        var verdict = Judge(file, Given.Host([script], open: [Given.Open(mailbox, script)]), mailbox);
        Assert.Equal(VerdictWord.Held, verdict.Word);
        Assert.Null(verdict.Owner.Pid);
        Assert.Empty(verdict.Actions);
    }

    [Fact]
    public void A_writer_younger_than_the_ownerless_lock_is_a_user_but_not_its_owner()
    {
        var mailbox = Given.Mailbox();
        var child = Given.Process(600, Given.Now.AddHours(-1), "sleep");
        var verdict = Judge(Given.File(Path, "0", Modes.O444), Given.Host([child], open: [Given.Open(mailbox, child)]), mailbox);
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Null(verdict.Owner.Pid);
    }

    [Fact]
    public void An_ownerless_lock_is_stale_once_all_who_make_such_a_one_would_take_it_and_no_process_is_on_the_mailbox()
    {
        var verdict = Judge(Given.File(Path, age: TimeSpan.FromMinutes(31)));
        Assert.Equal(VerdictWord.Stale, verdict.Word);
        Assert.Null(verdict.Owner.Pid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0\n")]
    public void An_ownerless_lock_younger_than_the_slowest_mailer_is_refused(string text)
    {
        var verdict = Judge(Given.File(Path, text, text == "0" ? 0x124u : 0x180u, age: TimeSpan.FromMinutes(29)));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Contains("names no owner", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void The_younger_of_ctime_and_mtime_counts()
    {
        var touched = Given.File(Path, age: TimeSpan.FromMinutes(1), mtimeAge: TimeSpan.FromHours(3));
        Assert.Equal(VerdictWord.Refused, Judge(touched).Word);
        Assert.Equal(VerdictWord.Stale, ArtefactClassifier.Classify(
            Given.Artefact(touched, Given.Mailbox()), Given.Host(), Options with { AgeBy = AgeClock.Modified })!.Word);
    }

    [Fact]
    public void Within_the_grace_period_even_a_dead_owner_s_lock_is_refused_and_says_when_to_look_again()
    {
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644, age: TimeSpan.FromSeconds(2)));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Given.Now.AddSeconds(3), verdict.Recheck);
    }

    [Fact]
    public void A_lock_from_the_future_is_never_old()
    {
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path, "4242\n", Modes.O644, age: TimeSpan.FromDays(-1))).Word);
    }

    [Fact]
    public void A_lock_older_than_the_boot_has_no_living_owner_even_if_its_number_runs()
    {
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644, age: TimeSpan.FromDays(11)), Given.Host([Given.Process(4242)]));
        Assert.Equal(VerdictWord.Stale, verdict.Word);
        Assert.Equal(Answer.No, verdict.Of(Questions.AfterBoot)!.Answer);
    }

    [Fact]
    public void On_a_shared_file_system_the_boot_of_this_host_proves_nothing()
    {
        var file = Given.File(Path, "4242\n", Modes.O644, age: TimeSpan.FromDays(11), mount: Given.Nfs);
        Assert.Equal(VerdictWord.Refused, Judge(file, mount: Given.Nfs).Word);
    }

    [Fact]
    public void On_a_shared_file_system_even_our_own_host_s_dead_pid_is_refused()
    {
        var verdict = Judge(Given.File(Path, "4242:mail1", Modes.O600, mount: Given.Nfs), mount: Given.Nfs);
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Contains("nfs4", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_local_disk_that_this_host_exports_is_shared()
    {
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path, "4242\n", Modes.O644), Given.Host(shares: "an NFS server runs here")).Word);
    }

    [Theory]
    [InlineData(FileKind.SymbolicLink)]
    [InlineData(FileKind.Fifo)]
    [InlineData(FileKind.Socket)]
    [InlineData(FileKind.BlockDevice)]
    public void What_is_not_a_regular_file_is_refused(FileKind kind)
    {
        var verdict = Judge(Given.File(Path, kind: kind));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Questions.RegularFile, verdict.Evidence.First(e => e.Blocks).Question);
    }

    [Theory]
    [InlineData("-1\n")]
    [InlineData("99999999999999999999\n")]
    [InlineData("4242 \n")]
    [InlineData("noise that no program writes")]
    public void Text_that_no_program_writes_is_refused(string text)
    {
        var verdict = Judge(Given.File(Path, text, Modes.O644));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Questions.Convention, verdict.Evidence.First(e => e.Blocks).Question);
    }

    [Fact]
    public void Init_s_number_proves_nothing()
    {
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path, "1\n", Modes.O644), Given.Host([Given.Process(1)])).Word);
    }

    [Fact]
    public void A_kernel_thread_s_number_comes_from_a_container()
    {
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path, "12\n", Modes.O644), Given.Host([Given.Process(12, kernel: true)])).Word);
    }

    [Fact]
    public void A_second_name_that_is_not_a_hitching_post_may_be_a_user_s_message()
    {
        var verdict = Judge(Given.File(Path, links: 2), twins: [FilePath.FromText("/var/mail/md/cur/1.2_0.host:2,S")]);
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Answer.No, verdict.Of(Questions.LinkCount)!.Answer);
    }

    [Fact]
    public void A_hitching_post_of_the_same_inode_names_the_owner()
    {
        var post = FilePath.FromText("/var/mail/alice.lock.mx1.lab.example.6b016ba0.00001092");
        var verdict = Judge(Given.File(Path, links: 2, age: TimeSpan.FromMinutes(10)), twins: [post]);
        Assert.Equal(VerdictWord.Stale, verdict.Word);
        Assert.Equal(0x1092, verdict.Owner.Pid);
        Assert.Equal(VerdictWord.Held, Judge(Given.File(Path, links: 2), Given.Host([Given.Process(0x1092)]), twins: [post]).Word);
    }

    [Fact]
    public void A_world_writable_directory_without_sticky_bit_is_refused()
    {
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644), directory: Given.Directory(mode: Modes.O777));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Questions.SafeDirectory, verdict.Evidence.First(e => e.Blocks).Question);
    }

    [Fact]
    public void A_path_through_a_symbolic_link_is_refused_with_its_real_name()
    {
        var directory = Given.Directory() with { ReachedThrough = FilePath.FromText("/var/spool/viadir"), RealPath = FilePath.FromText("/var/mail") };
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644), directory: directory);
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Contains("/var/mail", verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_made_by_a_stranger_is_refused()
    {
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644, uid: 1007), directory: Given.Directory(mode: Modes.O1777));
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Questions.ExpectedOwner, verdict.Evidence.First(e => e.Blocks).Question);
    }

    [Fact]
    public void The_moment_at_which_the_software_heals_itself_is_shown()
    {
        var changed = Given.Now.AddMinutes(-10);
        var verdict = Judge(Given.File(Path, "0", Modes.O444, age: TimeSpan.FromMinutes(10)));
        // procmail: 1024 s after mtime.
        Assert.Equal(changed.AddSeconds(1024), verdict.SelfHealsAt);
    }

    [Fact]
    public void Between_two_renames_of_mailutils_the_mailbox_is_missing_and_its_lock_is_left_alone()
    {
        // As mail.mailutils 3.15 leaves it when it is stopped at the second rename of an expunge: an old empty lock, no mailbox, the mailbox itself as muGgTHNF.
        var old = Given.File(Path, mode: Modes.O644, uid: 0, age: TimeSpan.FromHours(2));
        var away = Given.File("/var/mail/muGgTHNF", "From x\n\n", Modes.O644, uid: 0, age: TimeSpan.FromMinutes(1), inode: 51);
        var artefact = Given.Artefact(old);
        var verdict = ArtefactClassifier.Classify(artefact with { StandIns = [away] }, Given.Host(), Options)!;
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Empty(verdict.Actions);
        Assert.Contains("muGgTHNF", verdict.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/home/u/.fdm.lock")]
    [InlineData("/var/db/fdm.lock")]
    public void No_age_proves_that_the_fdm_of_a_lock_is_gone(string path)
    {
        // A living fdm keeps no descriptor on it (fdm 1.9).
        var verdict = ArtefactClassifier.Classify(Given.Artefact(Given.File(path, age: TimeSpan.FromDays(3), uid: 0)), Given.Host(), Options)!;
        Assert.Equal((VerdictWord.Refused, Questions.OwnersRule), (verdict.Word, verdict.Evidence.First(e => e.Blocks).Question));
    }

    [Theory]
    [InlineData(FileKind.Regular, VerdictWord.Stale)]
    [InlineData(FileKind.Directory, VerdictWord.Refused)]
    [InlineData(null, VerdictWord.Refused)]
    public void No_age_proves_that_the_script_is_gone_that_locked_something_else_than_a_mailbox(FileKind? guarded, VerdictWord word)
    {
        // lockfile(1) in a cron job: the script works for hours and has nothing open that could be looked at.
        var lockFile = Given.File("/srv/mail/backup.lock", "0", Modes.O444, uid: 0, age: TimeSpan.FromDays(2));
        var subject = guarded is { } kind ? Given.File("/srv/mail/backup", kind == FileKind.Regular ? "From x\n\n" : "", uid: 0, kind: kind, inode: 50) : null;
        var verdict = ArtefactClassifier.Classify(Given.Artefact(lockFile, subject), Given.Host(), Options)!;
        Assert.Equal(word, verdict.Word);
        Assert.Equal(word == VerdictWord.Stale ? [OperatorAction.Break] : [], verdict.Actions);
    }

    [Fact]
    public void Without_a_mailbox_a_lock_from_before_the_boot_is_still_a_dead_ones() =>
        Assert.Equal(VerdictWord.Stale, ArtefactClassifier.Classify(
            Given.Artefact(Given.File("/srv/mail/backup.lock", "0", Modes.O444, uid: 0, age: TimeSpan.FromDays(20))), Given.Host(), Options)!.Word);

    [Fact]
    public void A_waiter_for_a_lock_on_the_mailbox_uses_it_even_if_no_holder_is_seen()
    {
        var mailbox = Given.Mailbox();
        var waiter = Given.Process(77, command: "exim4");
        var host = Given.Host([waiter], [Given.Waiter(mailbox with { Identity = new FileIdentity(0xfe, 0, 51) }, waiter, PathState.Replaced)]);
        var verdict = Judge(Given.File(Path, "4242\n", Modes.O644), host, mailbox);
        Assert.Equal((VerdictWord.Refused, Questions.MailboxLocked), (verdict.Word, verdict.Evidence.First(e => e.Blocks).Question));
    }

    private static ProcessFacts Tool(int pid, DateTimeOffset? started = null, params string[] commandLine) =>
        Given.Process(pid, started, commandLine[0].Length > 15 ? commandLine[0][..15] : commandLine[0], uid: 0) with { CommandLine = commandLine };

    private static ProcessFacts ChildOf(ProcessFacts parent) => Given.Process(parent.Pid + 1, command: "sleep") with { ParentPid = parent.Pid };

    [Theory]
    [InlineData("0\n", "dotlockfile", "-l", "/var/mail/alice.lock", "sleep", "9999")]
    [InlineData("", "exim_lock", "-lockfile", "/var/mail/alice", "sleep 9999")]
    [InlineData("", "postlock", "-l", "dotlock", "/var/mail/alice", "sleep", "9999")]
    public void A_tool_that_runs_a_command_under_an_ownerless_lock_holds_it_with_nothing_open(string text, params string[] commandLine)
    {
        var tool = Tool(600, null, commandLine);
        var verdict = Judge(Given.File(Path, text), Given.Host([tool, ChildOf(tool)]));
        Assert.Equal((VerdictWord.Held, 600), (verdict.Word, verdict.Owner.Pid));
        // Without a command it may have been stopped with the lock just taken; one that came later did not make it.
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path, text), Given.Host([tool])).Word);
        var later = Tool(600, Given.Now.AddHours(-1), commandLine);
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path, text), Given.Host([later, ChildOf(later)])).Word);
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path, text), Given.Host([later])).Word);
        Assert.Equal(VerdictWord.Stale, Judge(Given.File("/var/mail/bob.lock", text), Given.Host([tool, ChildOf(tool)])).Word);
    }

    [Fact]
    public void A_tool_that_was_given_a_bare_name_means_the_lock_of_its_own_directory()
    {
        var tool = Tool(600, null, "dotlockfile", "-l", "alice.lock", "sleep", "9999");
        OpenFile In(ulong inode) => new(new FileIdentity(0xfe, 0, inode), tool, null, CanWrite: false, null);
        Assert.Equal(VerdictWord.Held, Judge(Given.File(Path, "0\n"), Given.Host([tool, ChildOf(tool)], open: [In(Given.Directory().Identity.Inode)])).Word);
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path, "0\n"), Given.Host([tool, ChildOf(tool)], open: [In(7)])).Word);
    }

    [Fact]
    public void A_lock_that_a_living_lockfile_touch_keeps_young_is_held_by_whom_it_works_for()
    {
        var toucher = Tool(600, Given.Now.AddHours(-1), "lockfile-touch", "/var/mail/alice");
        var verdict = Judge(Given.File(Path, "0\n", Modes.O644), Given.Host([toucher]));
        Assert.Equal((VerdictWord.Held, (int?)null), (verdict.Word, verdict.Owner.Pid));
    }

    [Fact]
    public void A_procmail_of_the_lock_s_user_may_have_it_while_its_filter_runs()
    {
        // ":0 w: alice.lock" with a filter: the lock is hours old and procmail opens the mailbox only when the filter is done.
        var file = Given.File(Path, "0", Modes.O444);
        var procmail = Given.Process(600, command: "procmail");
        Assert.Equal(VerdictWord.Refused, Judge(file, Given.Host([procmail])).Word);
        Assert.Equal(VerdictWord.Stale, Judge(file, Given.Host([Given.Process(600, Given.Now.AddHours(-1), "procmail")])).Word);
        Assert.Equal(VerdictWord.Stale, Judge(file, Given.Host([Given.Process(600, command: "procmail", uid: 1007)])).Word);
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path, "0\n", Modes.O644), Given.Host([procmail])).Word);
    }

    [Fact]
    public void An_exim_of_the_lock_s_user_may_be_between_dot_lock_and_mailbox_unless_it_is_at_work_on_another_one()
    {
        var exim = Given.Process(600, command: "exim4");
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path), Given.Host([exim])).Word);
        var bob = Given.Mailbox("/var/mail/bob", 51);
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path), Given.Host([exim], [Given.Lock(bob, exim)])).Word);
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path), Given.Host([exim], [Given.Lock(Given.File("/var/spool/exim4/input/1r5Abc-0007RJ-2x-D", inode: 52), exim)])).Word);
        // The daemon runs as another user.
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path), Given.Host([Given.Process(600, command: "exim4", uid: 101)])).Word);
    }

    [Theory]
    [InlineData("")]
    [InlineData("4242\n")]
    public void A_session_of_c_client_is_in_the_mailbox_even_when_it_has_only_its_lock_in_tmp(string text)
    {
        // fe:00, inode 50: the name that c-client and Exim make of device and inode.
        var session = Given.File("/tmp/.fe00.32", "600", Modes.O666, inode: 900);
        var imapd = Given.Process(600, command: "imapd");
        var host = Given.Host([imapd], [Given.Lock(session, LockClass.Flock, LockMode.Write, PathState.Current, imapd)]);
        var verdict = Judge(Given.File(Path, text, text.Length == 0 ? 0x1B6u : 0x1A4u), host);
        Assert.Equal((VerdictWord.Refused, Questions.MailboxLocked), (verdict.Word, verdict.Evidence.First(e => e.Blocks).Question));
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path, text, text.Length == 0 ? 0x1B6u : 0x1A4u), host, Given.Mailbox(inode: 51)).Word);
    }

    [Fact]
    public void Who_writes_to_the_former_file_of_the_mailbox_is_in_it_as_far_as_it_knows()
    {
        var ghost = Given.Process(600);
        var former = new OpenFile(new FileIdentity(0xfe, 0, 49), ghost, 4, CanWrite: true, FilePath.FromText("/var/mail/alice (deleted)"));
        HostFacts With(OpenFile open) => Given.Host([ghost]) with { OpenFiles = OpenFileIndex.Empty with { Nameless = [open] } };
        Assert.Equal(VerdictWord.Refused, Judge(Given.File(Path, "4242\n", Modes.O644), With(former)).Word);
        Assert.Equal(VerdictWord.Stale, Judge(Given.File(Path, "4242\n", Modes.O644), With(former with { Path = FilePath.FromText("/var/mail/bob (deleted)") })).Word);
    }

    [Theory]
    [InlineData("4242:mail1\n")]
    [InlineData("From x\n\n")]
    public void A_lock_of_a_maildir_with_a_text_that_courier_does_not_write_is_no_leftover_of_a_delivery(string text)
    {
        var verdict = ArtefactClassifier.Classify(Given.Artefact(Given.File("/home/a/Maildir/tmp/courier.lock", text, age: TimeSpan.FromDays(3))), Given.Host(), Options)!;
        Assert.Equal((VerdictWord.Refused, ArtefactKind.LockFile), (verdict.Word, verdict.Kind));
    }

    [Fact]
    public void The_hitching_post_of_a_maildir_s_lock_is_no_stranger_to_it()
    {
        // Killed between link and unlink: one inode, two names.
        var post = FilePath.FromText("/home/a/Maildir/tmp/1795246035.M12P4242_courierlock.mail1");
        var directory = Given.Directory("/home/a/Maildir/tmp", Modes.O700, 8);
        var verdict = ArtefactClassifier.Classify(Given.Artefact(Given.File("/home/a/Maildir/tmp/courier.lock", "4242:mail1", links: 2), directory: directory, twins: [post]), Given.Host(), Options)!;
        Assert.Equal((VerdictWord.Stale, 4242), (verdict.Word, verdict.Owner.Pid));
        var left = ArtefactClassifier.Classify(Given.Artefact(Given.File(post.Text, "4242:mail1", links: 2), directory: directory), Given.Host(), Options)!;
        Assert.Equal((VerdictWord.OrphanLinked, ArtefactKind.StagingFile), (left.Word, left.Kind));
    }
}
