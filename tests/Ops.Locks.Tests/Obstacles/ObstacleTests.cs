namespace Ops.Locks.Tests.Obstacles;

public sealed class ObstacleTests
{
    private static Relation? Rights(uint mode, uint uid = 8, uint? account = null) =>
        MailboxRights.Find([new MailboxFile(Given.File("/var/mail/alice", "From x", mode, uid), "mail", account)], Given.Now).SingleOrDefault();

    [Fact]
    public void An_executable_mailbox_is_an_obstacle_for_postfix()
    {
        var found = Rights(Modes.O700)!;                                                  // 0700
        Assert.Equal((RelationKind.DeliveryObstacle, VerdictWord.Refused, ArtefactKind.Mailbox), (found.Kind, found.Verdict.Word, found.Verdict.Kind));
        Assert.Contains("mode 0700: Postfix delivers only to files that are not executable", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Empty(found.Verdict.Actions);
        Assert.Null(Rights(Modes.O600));
    }

    [Fact]
    public void Set_group_id_without_group_execute_is_explained_as_the_mode_of_mandatory_locks_that_linux_dropped()
    {
        var found = Rights(0x5B0)!;                                                  // 02660
        Assert.Contains("mode 2660: set-group-id without group execute asks for mandatory locks. Linux has none since 5.15", found.Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mailbox_of_another_owner_than_the_account_of_its_name_is_an_obstacle()
    {
        Assert.Contains("it belongs to uid 8 (mail), and the account with its name has uid 1000", Rights(Modes.O600, 8, 1000)!.Verdict.Summary, StringComparison.Ordinal);
        Assert.Null(Rights(Modes.O600, 8, 8));
        Assert.Null(Rights(Modes.O600, 8, null));
    }

    [Theory]
    [InlineData(Modes.O755, true)]     // 0755
    [InlineData(0x5FD, false)]    // 2775
    [InlineData(Modes.O1777, false)]    // 1777
    public void A_spool_in_which_only_its_owner_can_make_names_lets_others_make_no_dot_lock(uint mode, bool isObstacle) =>
        Assert.Equal(isObstacle, SpoolRights.Judge(Given.Directory(mode: mode), [1000, 1001], Given.Now) is not null);

    [Fact]
    public void A_spool_of_one_owner_is_no_obstacle_to_that_owner() => Assert.Null(SpoolRights.Judge(Given.Directory(mode: Modes.O755, uid: 5000), [5000], Given.Now));

    [Theory]
    [InlineData(100_000UL, 0UL, "is full")]
    [InlineData(100_000UL, 400UL, "is nearly full")]
    [InlineData(100_000UL, 6_000UL, null)]
    [InlineData(10_000_000UL, 400_000UL, null)]          // 4 %, which is 390 GiB
    public void A_file_system_is_full_or_nearly_so_by_share_and_by_size(ulong mebibytes, ulong left, string? said)
    {
        const ulong mebi = 1024 * 1024;
        var found = StoreSpace.Find([new SpaceFacts(FilePath.FromText("/var/mail"), "ext4", mebibytes * mebi, left * mebi, 1000, 500)], Given.Now).SingleOrDefault();
        Assert.Equal(said, found is null ? null : said is not null && found.Verdict.Summary.Contains(said, StringComparison.Ordinal) ? said : found.Verdict.Summary);
    }

    [Fact]
    public void Inodes_run_out_as_well_and_a_file_system_without_a_number_of_them_has_enough()
    {
        SpaceFacts Space(ulong? files, ulong? free) => new(FilePath.FromText("/var/mail"), "ext4", 1UL << 40, 1UL << 39, files, free);
        Assert.Contains("is full: 0 of 1000 inodes are left", Assert.Single(StoreSpace.Find([Space(1000, 0)], Given.Now)).Verdict.Summary, StringComparison.Ordinal);
        Assert.Contains("is nearly full: 9 of 1000 inodes are left", Assert.Single(StoreSpace.Find([Space(1000, 9)], Given.Now)).Verdict.Summary, StringComparison.Ordinal);
        Assert.Empty(StoreSpace.Find([Space(1000, 10), Space(null, null)], Given.Now));
    }

    [Theory]
    [InlineData(1000UL, 0UL, 1000UL, "used up")]
    [InlineData(960UL, 0UL, 1000UL, "nearly used up")]
    [InlineData(700UL, 600UL, 1000UL, "more than the soft limit")]
    [InlineData(700UL, 0UL, 1000UL, null)]
    [InlineData(700UL, 0UL, 0UL, null)]
    public void A_quota_is_reported_when_it_is_used_up_or_nearly(ulong used, ulong soft, ulong hard, string? said)
    {
        const ulong mebi = 1024 * 1024;
        var found = StoreSpace.Find([new QuotaFacts(FilePath.FromText("/var/mail/alice"), 1000, "alice", used * mebi, soft * mebi, hard * mebi, 10, 0)], Given.Now).SingleOrDefault();
        if (said is null)
            Assert.Null(found);
        else
            Assert.Contains(said, found!.Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Pid_files_on_a_shared_run_are_called_wrong_once_for_each_mount()
    {
        var run = Given.Nfs with { Id = 40, MountPoint = FilePath.FromText("/run"), Source = "filer:/run" };
        var found = Assert.Single(SharedPlaces.OfRunDirectories([Given.Disk, run], Given.Now));
        Assert.Equal("/run", found.Path.Text);
        Assert.Contains("must not be shared between hosts (FHS), and it is on nfs4 from filer:/run", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Empty(SharedPlaces.OfRunDirectories([Given.Disk], Given.Now));
    }

    [Theory]
    [InlineData("nfs", "rw,vers=2,noac", "NFS version 2: O_EXCL is not atomic")]
    [InlineData("nfs", "rw,vers=3,noac,nolock", "nolock: flock and fcntl locks bind this host alone")]
    [InlineData("nfs", "rw,vers=3,noac,local_lock=all", "local_lock=all: flock and fcntl locks bind this host alone")]
    [InlineData("nfs4", "rw,vers=4.2,local_lock=posix", "local_lock=posix: fcntl locks bind this host alone")]
    [InlineData("nfs", "rw,vers=3,local_lock=none", "NFS version 3 without noac")]
    [InlineData("nfs4", "rw,vers=4.2,soft,local_lock=none", "soft: a write may fail")]
    [InlineData("nfs4", "rw,vers=4.2,hard,local_lock=none", null)]
    public void Nfs_options_that_weaken_locks_are_reported_from_the_mount_table(string kind, string options, string? said)
    {
        var line = $"31 1 0:40 / /srv/mail rw,relatime - {kind} filer:/mail {options}\n";
        var mount = Assert.Single(MountInfo.Parse(System.Text.Encoding.ASCII.GetBytes(line)).Mounts);
        var found = SharedPlaces.OfNfs([Given.Disk, mount], [FilePath.FromText("/srv/mail/users"), FilePath.FromText("/var/mail")], Given.Now).SingleOrDefault();
        if (said is null)
            Assert.Null(found);
        else
            Assert.Contains(said, found!.Verdict.Summary, StringComparison.Ordinal);
    }
}

public sealed class TmpFilesRulesTests
{
    private static TmpFilesSource Source(string path, string text) => new(FilePath.FromText(path), path[(path.LastIndexOf('/') + 1)..], text);

    private static TmpFilesRule? For(string file, params TmpFilesSource[] sources) => TmpFilesRules.For(TmpFilesRules.Parse(sources), FilePath.FromText(file));

    private static readonly TmpFilesSource Tmp = Source("/usr/lib/tmpfiles.d/tmp.conf", "# comment\nq /tmp 1777 root root 10d\nq /var/tmp 1777 root root 30d\n");

    [Fact]
    public void A_rule_with_an_age_reaches_what_is_below_its_directory()
    {
        Assert.Equal((TimeSpan.FromDays(10), 2), (For("/tmp/.fe00.32", Tmp)!.Age, For("/tmp/.fe00.32", Tmp)!.Line));
        Assert.Equal(TimeSpan.FromDays(30), For("/var/tmp/.guestfs-0/root.77", Tmp)!.Age);
        Assert.Null(For("/tmpfoo/x", Tmp));
        Assert.Null(For("/var/mail/alice.lock", Tmp));
    }

    [Theory]
    [InlineData("x /tmp/.*.*", null)]
    [InlineData("X /tmp/.fe00.32", null)]
    [InlineData("x /tmp/.fe01.*", 10)]
    [InlineData("d /tmp 1777 root root -", 10)]
    [InlineData("R! /tmp/.X*", 10)]
    public void Excluding_rules_keep_a_file_and_others_change_nothing(string more, int? days) =>
        Assert.Equal(days, (int?)For("/tmp/.fe00.32", Tmp, Source("/etc/tmpfiles.d/more.conf", more))?.Age?.TotalDays);

    [Fact]
    public void A_file_of_the_same_name_in_a_stronger_directory_stands_in_place_of_the_weaker()
    {
        Assert.Null(For("/tmp/.fe00.32", Source("/etc/tmpfiles.d/tmp.conf", ""), Tmp));
        Assert.Equal(3, For("/tmp/.fe00.32", Source("/etc/tmpfiles.d/tmp.conf", "D! %T 1777 root root ~3d"), Tmp) is null ? 3 : 0);      // "~" keeps the first level
        Assert.Equal(TimeSpan.FromDays(3), For("/tmp/a/b", Source("/etc/tmpfiles.d/tmp.conf", "D! %T 1777 root root ~3d"), Tmp)!.Age);
    }

    [Theory]
    [InlineData("10d", 240.0)]
    [InlineData("1h30min", 1.5)]
    [InlineData("~2w", 336.0)]
    [InlineData("am:12h", 12.0)]
    [InlineData("7200", 2.0)]
    [InlineData("-", null)]
    [InlineData("soon", null)]
    [InlineData("3 fortnights", null)]
    [InlineData("", null)]
    public void Ages_are_read_as_systemd_writes_them(string text, double? hours) => Assert.Equal(hours, TmpFilesRules.Age(text)?.TotalHours);

    [Fact]
    public void An_unknown_specifier_is_not_guessed() => Assert.Null(For("/home/alice/x", Source("/etc/tmpfiles.d/a.conf", "d %h 0755 root root 1d")));

    [Fact]
    public void A_lock_in_use_below_such_a_rule_is_reported_with_rule_and_holder_and_an_unused_one_is_not()
    {
        var holder = Given.Process(10, command: "exim4");
        var file = Given.File("/tmp/.fe00.32", inode: 60);
        var rules = TmpFilesRules.Parse([Tmp]);
        var found = Assert.Single(TmpCleaner.Find(rules, [], Given.Host([holder], [Given.Lock(file, holder)])));
        Assert.Equal((RelationKind.DeliveryObstacle, "/tmp"), (found.Kind, found.Path.Text));
        Assert.Contains("line 2: q /tmp removes what was not used for 10 days", found.Verdict.Evidence[0].Detail, StringComparison.Ordinal);
        Assert.Contains("/tmp/.fe00.32: pid 10 (exim4) has it locked by fcntl", found.Verdict.Evidence[1].Detail, StringComparison.Ordinal);
        Assert.Empty(TmpCleaner.Find(rules, [], Given.Host([holder])));
        Assert.Empty(TmpCleaner.Find([], [], Given.Host([holder], [Given.Lock(file, holder)])));
    }
}

public sealed class OtherNamesTests
{
    private static readonly FilePath Stage = FilePath.FromText("/spool/stage./77-1-0");

    [Theory]
    [InlineData("/spool/user/alice/12.", 2, null, "/spool/user/alice/12.")]
    [InlineData("/spool/user/alice/12.", 3, null, "/spool/user/alice/12. (1 name is not below the roots)")]
    [InlineData("/spool/user/alice/12.", 4, "it took too long", "/spool/user/alice/12. (2 names were not found: it took too long)")]
    [InlineData(null, 2, null, "1 name is not below the roots")]
    public void Names_are_listed_with_what_was_not_found(string? other, uint links, string? unfinished, string words) =>
        Assert.Equal(words, new OtherNames(other is null ? [Stage] : [Stage, FilePath.FromText(other)], unfinished).Besides(Stage, links));
}
