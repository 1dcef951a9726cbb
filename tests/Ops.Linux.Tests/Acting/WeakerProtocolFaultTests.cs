using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>What goes wrong beside the weaker protocol and the moves without RENAME_NOREPLACE: lost answers, names and directories that go, file systems that are not mounted.</summary>
public sealed class WeakerProtocolFaultTests(FuseMount fuse) : IClassFixture<FuseMount>
{
    [MountFact]
    public async Task Two_holders_are_reported_even_when_the_second_one_is_quick()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        Task? release = null;
        var plan = store.WeakerPlan() with
        {
            BeforeWeaker = p =>
            {
                if (p == QuarantinePoint.Move)
                    store.ReplaceLock("first owner");
                if (p == QuarantinePoint.Inspect)
                {
                    File.WriteAllText(store.Lock, "second owner");
                    release = Task.Run(async () =>
                    {
                        await Task.Delay(300);
                        File.Delete(store.Lock);
                    });
                }
            },
        };

        var outcome = TestStore.TakeOver(plan);
        await release!;

        // For 300 ms both wrote.
        Assert.Contains("TWO HOLDERS", outcome.ToString(), StringComparison.Ordinal);
    }

    // Not deleted: a file that is, just after somebody closed it, libfuse may keep in its directory as .fuse_hidden..., and the directory could not go.
    private static void Replace(string path, string text, string formerTo)
    {
        File.Move(path, formerTo);
        File.WriteAllText(path, text);
    }

    [MountTheory, InlineData(false), InlineData(true)]
    public void A_lock_whose_directory_went_in_between_is_not_called_given_back(bool onFuse)
    {
        var mounted = fuse.Path;
        using var store = new TestStore(onFuse ? mounted : TestStore.OnDisk);
        store.PlantStale();
        var plan = (onFuse ? store.WeakerPlan() : store.WeakerPlanOnAnotherFileSystem()) with
        {
            BeforeWeaker = p =>
            {
                if (p == QuarantinePoint.Move)
                    Replace(store.Lock, "first owner", Path.Join(store.Root, "was"));
                if (p == QuarantinePoint.MoveBack)
                    Directory.Delete(store.Mail);
            },
        };

        var outcome = TestStore.TakeOver(plan);

        Assert.True(outcome is ActOutcome.Failed, $"{outcome}; {string.Join(", ", store.Ours())}");
        Assert.Single(Quarantine.List(store.RootPath, out _));
    }

    [Fact]
    public void A_wrong_leftover_whose_directory_went_in_between_is_not_called_put_back()
    {
        using var store = new TestStore();
        store.Write("leftover", "left");
        var plan = store.RemovePlan(TestStore.FactsOf(store.In("leftover"))) with
        {
            Before = p =>
            {
                if (p == QuarantinePoint.Move)
                {
                    File.Delete(store.In("leftover"));
                    store.Write("leftover", "a user's mail");
                }
                if (p == QuarantinePoint.MoveBack)
                    Directory.Delete(store.Mail);
            },
        };

        var outcome = TestStore.Remove(plan);

        Assert.True(outcome is ActOutcome.Failed, $"{outcome}; {string.Join(", ", store.Ours())}");
        Assert.Single(Quarantine.List(store.RootPath, out _));
    }

    // NFS: the answer to a rename is lost, the client asks again, and the server says that there is no such file. Or a soft mount's time-out (EIO).
    [Theory, InlineData(true, nameof(Errno.NotFound)), InlineData(true, nameof(Errno.InputOutput)), InlineData(false, nameof(Errno.NotFound)), InlineData(false, nameof(Errno.InputOutput))]
    public void A_rename_that_was_done_whatever_was_answered_leaves_its_record(bool isLock, string answer)
    {
        using var store = new TestStore();
        store.PlantStale();
        var id = Guid.NewGuid();
        Errno Lost(QuarantinePoint p)
        {
            if (p != QuarantinePoint.Move)
                return Errno.None;
            File.Move(store.Lock, Path.Join(store.Root, ".ops-quarantine", id.ToString("N"), "item"));
            return Enum.Parse<Errno>(answer);
        }

        var outcome = isLock
            ? (object)TestStore.TakeOver(store.WeakerPlanOnAnotherFileSystem() with { OperationId = id, FaultWeaker = Lost })
            : TestStore.Remove(store.RemovePlan(TestStore.FactsOf(store.Lock)) with { OperationId = id, Fault = Lost });

        Assert.True(File.Exists(store.Lock) || Quarantine.List(store.RootPath, out _).Count == 1, $"{outcome}; {string.Join(", ", store.Ours())}");
    }

    // The same on a mount below the root: there not even the next recovery finds it.
    [MountTheory, InlineData(true), InlineData(false)]
    public void On_a_mount_below_the_root_a_file_that_was_moved_is_never_forgotten(bool answerIsLost)
    {
        var mounted = fuse.Path;
        using var store = new TestStore();
        var below = Directory.CreateDirectory(Path.Join(mounted, $"m-{Guid.NewGuid():N}")).FullName;
        Mount("--bind", below, store.Mail);
        try
        {
            var sub = Directory.CreateDirectory(store.In("sub")).FullName;
            var path = store.Write("sub/alice.lock", "4194999\n");
            var plan = store.Plan(TestStore.FactsOf(path)) with { MayBeRenamedAway = true };
            var item = Path.Join(store.Mail, ".ops-quarantine", plan.OperationId.ToString("N"), "item");
            plan = plan with
            {
                BeforeWeaker = p =>
                {
                    if (p is QuarantinePoint.Move)
                    {
                        Replace(path, "first owner", store.In("was"));
                        if (answerIsLost)
                            File.Move(path, item);
                    }
                    if (p is QuarantinePoint.MoveBack)
                        Directory.Delete(sub);
                },
            };

            var outcome = TestStore.TakeOver(plan);
            var settled = new Recovery().Run(store.RootPath, "host");

            Assert.True(File.Exists(item) || File.Exists(path), "it is lost");
            Assert.True(File.Exists(path) || settled.Count > 0 || Quarantine.List(store.RootPath, out var problems).Count > 0 || problems.Count > 0,
                $"{outcome}; a living lock lies in {item}, and nothing knows of it");
        }
        finally
        {
            Unmount(store.Mail);
        }
    }

    [MountTheory, InlineData("break"), InlineData("remove")]
    public void Recovery_before_the_file_system_is_mounted_keeps_the_record(string act)
    {
        var mounted = fuse.Path;
        using var store = new TestStore();
        var below = Directory.CreateDirectory(Path.Join(mounted, $"m-{Guid.NewGuid():N}")).FullName;
        Mount("--bind", below, store.Mail);
        try
        {
            store.PlantStale();
            if (act == "break")
                Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(store.WeakerPlan()));
            else
                Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(store.RemovePlan(TestStore.FactsOf(store.Lock))));
            Assert.Single(Quarantine.List(store.RootPath, out _));
        }
        finally
        {
            Unmount(store.Mail);
        }

        // The host restarts, and the agent is up before the mount.
        var settled = new Recovery().Run(store.RootPath, "host");
        Mount("--bind", below, store.Mail);
        try
        {
            Assert.True(Quarantine.List(store.RootPath, out _).Count == 1, string.Join("; ", settled.Select(s => s.Sentence)) + " " + string.Join(", ", store.Ours()));
        }
        finally
        {
            Unmount(store.Mail);
        }
    }

    // A hard link may be refused for the file of another user (fs.protected_hardlinks), for a directory, by EMLINK, EIO, EROFS...
    [MountFact]
    public void A_living_lock_that_cannot_be_given_back_for_any_reason_is_as_loud()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        var plan = store.WeakerPlan() with
        {
            BeforeWeaker = p =>
            {
                if (p == QuarantinePoint.Move)
                    store.ReplaceLock("first owner");
                if (p == QuarantinePoint.Inspect)
                    File.WriteAllText(store.Lock, "second owner");
            },
            FaultWeaker = p => p == QuarantinePoint.MoveBack ? Errno.InputOutput : Errno.None,
        };

        var failed = Assert.IsType<ActOutcome.Failed>(TestStore.TakeOver(plan));

        Assert.Contains("TWO HOLDERS", failed.Sentence, StringComparison.Ordinal);
    }

    [MountFact]
    public void Recovery_that_finds_two_holders_says_so()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        store.Write("alice", "From a\n\n");
        Assert.True(CrashProgram.Crashes("weaker", store.Root, store.Lock, store.Mailbox, nameof(QuarantinePoint.MoveBack)));
        File.WriteAllText(store.Lock, "second owner");

        var settled = Assert.Single(new Recovery().Run(store.RootPath, "host"));

        Assert.Equal(RecoveredBy.Nothing, settled.By);
        Assert.Contains("TWO HOLDERS", settled.Sentence, StringComparison.Ordinal);
    }

    // What was taken by mistake is somebody's; only what was judged may be removed for good by itself.
    [MountTheory, InlineData(true), InlineData(false)]
    public void The_retention_time_never_removes_what_was_not_judged(bool isLock)
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        void Disturb(QuarantinePoint p)
        {
            if (p == QuarantinePoint.Move)
                store.ReplaceLock("a user's file");
            if (p == QuarantinePoint.Inspect)
                File.WriteAllText(store.Lock, "another");
        }

        if (isLock)
            Assert.IsType<ActOutcome.Failed>(TestStore.TakeOver(store.WeakerPlan() with { BeforeWeaker = Disturb }));
        else
            Assert.IsType<ActOutcome.Failed>(TestStore.Remove(store.RemovePlan(TestStore.FactsOf(store.Lock)) with { Before = Disturb }));

        // The next start of the agent, after the retention time.
        new Recovery().Run(store.RootPath, "host");
        new Quarantine().Purge(store.RootPath, TimeSpan.Zero);

        Assert.Contains("a user's file", Directory.EnumerateFiles(store.Root, "*", SearchOption.AllDirectories).Select(File.ReadAllText));
    }

    // A backup, a chown, a program with the file open: a break that came to its end stays so, and the mailbox has been used since.
    [MountFact]
    public void A_finished_break_is_not_taken_back_by_recovery_when_the_file_in_quarantine_was_touched()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        store.Write("alice", "From a\n\n");
        var done = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(store.WeakerPlan() with { Mailbox = TestStore.FactsOf(store.Mailbox), MailboxIsMbox = true }));
        File.AppendAllText(store.Mailbox, "From b\n\n");
        File.SetLastWriteTimeUtc(done.QuarantinePath.Text, DateTime.UtcNow.AddMinutes(1));

        var settled = new Recovery().Run(store.RootPath, "host");

        Assert.False(File.Exists(store.Lock), string.Join("; ", settled.Select(s => s.Sentence)));
    }

    // The same, done by the exchange: holds.
    [Fact]
    public void Control_a_finished_takeover_is_not_taken_back()
    {
        using var store = new TestStore();
        store.PlantStale();
        var done = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(store.Plan(TestStore.FactsOf(store.Lock))));
        File.SetLastWriteTimeUtc(done.QuarantinePath.Text, DateTime.UtcNow.AddMinutes(1));
        new Recovery().Run(store.RootPath, "host");
        Assert.False(File.Exists(store.Lock));
    }

    [MountFact]
    public void A_directory_that_is_removed_can_be_put_back_or_is_refused_beforehand()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        Directory.CreateDirectory(store.In("leftover"));
        File.WriteAllText(store.In("leftover/inside"), "inside");
        var plan = store.RemovePlan(TestStore.FactsOf(store.In("leftover")));

        if (TestStore.Remove(plan) is ActOutcome.Refused)
            return;

        Assert.Null(Quarantine.WhyNoUndo(store.RootPath, plan.OperationId)); // the page offers it
        var undone = new Quarantine().Undo(store.RootPath, plan.OperationId, "tester");
        Assert.True(undone is ActOutcome.PutBack, undone.ToString());
    }

    // Where there is RENAME_NOREPLACE no such place is ever made, and one that lies there is treated alike.
    [Theory]
    [InlineData("1700", "", true)]
    [InlineData("1700", "mail", false)]
    [InlineData("700", "", false)]
    public void A_directory_comes_back_where_an_interrupted_attempt_left_its_place_and_never_over_another_users(string mode, string content, bool comesBack)
    {
        foreach (var parent in new[] { TestStore.OnDisk, fuse.Mounted ?? TestStore.OnDisk }.Distinct())
        {
            using var store = new TestStore(parent);
            Directory.CreateDirectory(store.In("leftover"));
            File.WriteAllText(store.In("leftover/inside"), "inside");
            var plan = store.RemovePlan(TestStore.FactsOf(store.In("leftover")));
            Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));

            Directory.CreateDirectory(store.In("leftover"));
            File.SetUnixFileMode(store.In("leftover"), (UnixFileMode)Convert.ToInt32(mode, 8));
            if (content.Length > 0)
                File.WriteAllText(store.In("leftover/" + content), "new mail");

            Assert.Equal(comesBack ? typeof(ActOutcome.PutBack) : typeof(ActOutcome.Refused), new Quarantine().Undo(store.RootPath, plan.OperationId, "tester").GetType());
            Assert.Equal(comesBack, File.Exists(store.In("leftover/inside")));
            Assert.Equal(content.Length > 0, File.Exists(store.In("leftover/mail")));
            if (!comesBack)
            {
                Directory.Delete(store.In("leftover"), recursive: true);
                Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
                Assert.True(File.Exists(store.In("leftover/inside")));
            }
        }
    }

    [MountFact]
    public void A_wrong_directory_that_was_taken_goes_back()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        Directory.CreateDirectory(store.In("leftover"));
        var plan = store.RemovePlan(TestStore.FactsOf(store.In("leftover"))) with
        {
            Before = p =>
            {
                if (p == QuarantinePoint.Move)
                {
                    Directory.Move(store.In("leftover"), store.In("old"));
                    Directory.CreateDirectory(store.In("leftover"));
                    File.WriteAllText(store.In("leftover/mail"), "a user's mail");
                }
            },
        };

        var outcome = TestStore.Remove(plan);
        var settled = new Recovery().Run(store.RootPath, "host");

        Assert.True(File.Exists(store.In("leftover/mail")), $"{outcome} {string.Join("; ", settled.Select(s => s.Sentence))}");
    }

    [MountFact]
    public void A_symbolic_link_is_removed_and_put_back()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        File.CreateSymbolicLink(store.In("leftover"), "somewhere");
        var plan = store.RemovePlan(TestStore.FactsOf(store.In("leftover")));
        Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        var undone = new Quarantine().Undo(store.RootPath, plan.OperationId, "tester");
        Assert.True(undone is ActOutcome.PutBack, undone.ToString());
        Assert.Equal("somewhere", new FileInfo(store.In("leftover")).LinkTarget);
        Assert.Empty(new Recovery().Run(store.RootPath, "host"));
    }

    [MountFact]
    public void A_leftover_with_a_second_name_is_removed_and_put_back()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.Write("leftover", "a message");
        Assert.Equal(0, Mono.Unix.Native.Syscall.link(store.In("leftover"), store.In("message")));
        var plan = store.RemovePlan(TestStore.FactsOf(store.In("leftover")));
        Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        Assert.Empty(new Recovery().Run(store.RootPath, "host"));
        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        Assert.Equal(("a message", "a message", 2u), (File.ReadAllText(store.In("message")), File.ReadAllText(store.In("leftover")), TestStore.FactsOf(store.In("message")).LinkCount));
        Assert.Empty(new Recovery().Run(store.RootPath, "host"));
    }

    [MountFact]
    public void An_undo_after_the_mailbox_changed_is_refused()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        store.Write("alice", "From a\n\n");
        var plan = store.WeakerPlan() with { Mailbox = TestStore.FactsOf(store.Mailbox), MailboxIsMbox = true };
        Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));
        File.AppendAllText(store.Mailbox, "From b\n\n");
        Assert.Equal(Refusal.Changed, Assert.IsType<ActOutcome.Refused>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester")).Reason);
        Assert.False(File.Exists(store.Lock));
    }

    [MountFact]
    public void A_mount_below_the_root_keeps_the_file_on_itself_and_undo_works()
    {
        var mounted = fuse.Path;
        using var store = new TestStore();
        var below = Directory.CreateDirectory(Path.Join(mounted, $"m-{Guid.NewGuid():N}")).FullName;
        Mount("--bind", below, store.Mail);
        try
        {
            store.PlantStale();
            var plan = store.WeakerPlan();
            var done = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));
            Assert.StartsWith(store.Mail, done.QuarantinePath.Text, StringComparison.Ordinal);
            Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
            Assert.True(File.Exists(store.Lock));
        }
        finally
        {
            Unmount(store.Mail);
        }
    }

    private static void Mount(params string[] arguments) => LoopMount.Run("mount", arguments);

    private static void Unmount(string path) => LoopMount.Run("umount", path);

}
