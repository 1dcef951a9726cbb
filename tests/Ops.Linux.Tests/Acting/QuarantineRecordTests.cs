namespace Ops.Linux.Tests;

/// <summary>Records whose file system is not there, or another one is; what came to its end and stays so; what a cut-off leaves.</summary>
public sealed class QuarantineRecordTests(FuseMount fuse) : IClassFixture<FuseMount>
{
    // There is nothing to settle, so nothing is unsettled: a disk that was removed for good would be a blind spot for ever.
    [RootTheory, InlineData("done", false), InlineData("done", true), InlineData("undone", false), InlineData("undone", true)]
    public void What_came_to_its_end_is_no_blind_spot_when_its_file_system_is_not_there(string state, bool mountPointIsGone)
    {
        using var store = new TestStore();
        using var below = new Below(store);
        var plan = Leftover(store);
        Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        if (state == "undone")
            Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        Assert.Empty(new Recovery().Run(store.RootPath, "host"));
        below.Unmount();
        if (mountPointIsGone)
            Directory.Delete(store.Mail);

        var settled = new Recovery().Run(store.RootPath, "host");

        Assert.True(settled.Count == 0, string.Join("; ", settled.Select(s => s.Sentence)));
    }

    // An ordinary break (exchange) that was released and undone is settled, too.
    [RootFact]
    public void An_undone_break_is_no_blind_spot_when_its_file_system_is_not_there()
    {
        using var store = new TestStore();
        using var below = new Below(store);
        var plan = store.Plan(store.PlantStale());
        Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));
        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        below.Unmount();

        var settled = new Recovery().Run(store.RootPath, "host");

        Assert.True(settled.Count == 0, string.Join("; ", settled.Select(s => s.Sentence)));
    }

    // Neither by itself nor by a person: only rm helps, and until then the blind spot stays.
    [RootFact]
    public void The_record_of_an_undone_act_goes_after_the_retention_time_although_its_file_system_is_gone()
    {
        using var store = new TestStore();
        using var below = new Below(store);
        var plan = Leftover(store);
        Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        below.Unmount();

        new Recovery().Run(store.RootPath, "host");
        new Quarantine().Purge(store.RootPath, TimeSpan.Zero);

        Assert.Empty(store.Ours());
    }

    // Another volume at the same place for a while: a snapshot, the old disk, an empty tmpfs. The place is a mount, but not that one.
    [RootTheory, InlineData("break"), InlineData("remove")]
    public void Recovery_while_another_file_system_is_mounted_there_keeps_the_record(string act)
    {
        using var store = new TestStore();
        using var below = new Below(store);
        if (act == "break")
            Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(store.Plan(store.PlantStale())));
        else
            Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(Leftover(store)));
        Assert.Single(Quarantine.List(store.RootPath, out _));
        below.Unmount();

        LoopMount.Run("mount", "-t", "tmpfs", "another", store.Mail);
        IReadOnlyList<RecoveredOperation> settled;
        try
        {
            settled = new Recovery().Run(store.RootPath, "host");
        }
        finally
        {
            LoopMount.Run("umount", store.Mail);
        }

        below.Mount();
        Assert.True(Quarantine.List(store.RootPath, out _).Count == 1, string.Join("; ", settled.Select(s => s.Sentence)) + " " + string.Join(", ", store.Ours()));
    }

    // The worst of it: a living lock is displaced, and only that record leads back to it.
    [RootFact]
    public void A_displaced_living_lock_is_given_back_although_another_file_system_was_mounted_there_first()
    {
        using var store = new TestStore();
        using var below = new Below(store);
        store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, nameof(Disturbance.AcquiredByAnother), nameof(TakeoverPoint.ExchangeBack), "1"));
        Assert.NotEqual("first owner\n", File.ReadAllText(store.Lock));
        below.Unmount();
        LoopMount.Run("mount", "-t", "tmpfs", "another", store.Mail);
        try
        {
            new Recovery().Run(store.RootPath, "host");
        }
        finally
        {
            LoopMount.Run("umount", store.Mail);
        }

        below.Mount();
        new Recovery().Run(store.RootPath, "host");

        Assert.True(File.ReadAllText(store.Lock) == "first owner\n", string.Join(", ", store.Names()));
    }

    // Killed between the rename and the mark. Recovery looks at it and leaves it: from then on it is finished, whatever is done to the item.
    [MountFact]
    public void A_break_that_recovery_has_seen_as_finished_stays_so()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        store.Write("alice", "From a\n\n");
        Assert.True(CrashProgram.Crashes("weaker", store.Root, store.Lock, store.Mailbox, nameof(QuarantinePoint.Inspect)));
        Assert.Empty(new Recovery().Run(store.RootPath, "host"));
        File.AppendAllText(store.Mailbox, "From b\n\n"); // others have had the lock since
        var item = Directory.EnumerateFiles(store.Root, "item", SearchOption.AllDirectories).Single();
        File.SetLastWriteTimeUtc(item, DateTime.UtcNow.AddMinutes(1));

        var settled = new Recovery().Run(store.RootPath, "host");

        Assert.False(File.Exists(store.Lock), string.Join("; ", settled.Select(s => s.Sentence)));
    }

    // The same after an upgrade: a removal of the version before, without the mark, whose item is as it was at the first start.
    [Fact]
    public void A_removal_of_the_version_before_that_recovery_has_seen_as_finished_stays_so()
    {
        using var store = new TestStore();
        var plan = Leftover(store);
        var removed = Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        File.Delete(Path.Join(Path.GetDirectoryName(removed.QuarantinePath.Text), "done.json"));
        Assert.Empty(new Recovery().Run(store.RootPath, "host"));
        File.SetLastWriteTimeUtc(removed.QuarantinePath.Text, DateTime.UtcNow.AddMinutes(1));

        var settled = new Recovery().Run(store.RootPath, "host");

        Assert.False(File.Exists(store.In("leftover")), string.Join("; ", settled.Select(s => s.Sentence)));
    }

    // It goes into the journal. A file was moved, and then put back, or removed for good.
    [Theory, InlineData("purge"), InlineData("undo")]
    public void Recovery_does_not_say_that_nothing_was_moved_of_what_was(string cutOff)
    {
        using var store = new TestStore();
        var plan = Leftover(store);
        var removed = Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        if (cutOff == "purge")
            File.Delete(removed.QuarantinePath.Text); // and killed before the record was removed
        else
            File.Move(removed.QuarantinePath.Text, store.In("leftover")); // and killed before the mark was written

        var settled = Assert.Single(new Recovery().Run(store.RootPath, "host"));

        Assert.DoesNotContain("Nothing had been moved", settled.Sentence, StringComparison.Ordinal);
    }

    // Killed between the removal of the folder on a mount below the root and that of the manifest: without the manifest nobody would find the folder, so it goes first.
    [RootFact]
    public void A_removal_of_the_record_that_was_cut_off_leaves_no_folder_on_the_mount_below()
    {
        using var store = new TestStore();
        using var below = new Below(store);
        var plan = Leftover(store);
        var removed = Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        var record = Path.Join(store.Root, ".ops-quarantine", plan.OperationId.ToString("N"));
        File.Delete(removed.QuarantinePath.Text);
        File.Delete(Path.Join(record, "done.json"));
        File.Delete(Path.Join(record, "made.json"));
        Directory.Delete(Path.GetDirectoryName(removed.QuarantinePath.Text)!);
        Assert.True(File.Exists(Path.Join(record, "manifest.json")));

        new Recovery().Run(store.RootPath, "host");

        Assert.Empty(store.Ours());
    }

    private static QuarantinePlan Leftover(TestStore store)
    {
        store.Write("leftover", "left");
        return store.RemovePlan(TestStore.FactsOf(store.In("leftover")));
    }

    /// <summary>A mount of its own at the place of the mailboxes, below the root.</summary>
    private sealed class Below : IDisposable
    {
        private readonly string _at;
        private readonly string _there = Directory.CreateTempSubdirectory("ops-below-").FullName;
        private bool _isMounted;

        public Below(TestStore store)
        {
            _at = store.Mail;
            Mount();
        }

        public void Mount()
        {
            LoopMount.Run("mount", "--bind", _there, _at);
            _isMounted = true;
        }

        public void Unmount()
        {
            LoopMount.Run("umount", _at);
            _isMounted = false;
        }

        public void Dispose()
        {
            if (_isMounted)
                Unmount();
            Directory.Delete(_there, recursive: true);
        }
    }
}
