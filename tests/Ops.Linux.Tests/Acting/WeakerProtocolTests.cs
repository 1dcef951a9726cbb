using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Rename away, verify, link back, on a real file system that cannot exchange names; and the faults for which it is the weaker one.</summary>
public sealed class WeakerProtocolTests(FuseMount fuse) : IClassFixture<FuseMount>
{
    [MountFact]
    public void Without_leave_the_lock_stays_and_nothing_of_ours()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        var stale = store.PlantStale();

        var refused = Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(store.Plan(stale)));

        Assert.Equal(Refusal.NoExchange, refused.Reason);
        Assert.Equal(stale.Identity, TestStore.FactsOf(store.Lock).Identity);
        Assert.Empty(store.Ours());
    }

    [MountFact]
    public void With_leave_the_lock_goes_to_quarantine_and_comes_back_when_it_is_undone()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.Write("alice", "From a\n\n");
        store.PlantStale();
        var plan = store.WeakerPlan() with { Mailbox = TestStore.FactsOf(store.Mailbox), MailboxIsMbox = true };

        var done = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));

        Assert.True(done.WasRenamedAway);
        Assert.Empty(done.Warnings);
        Assert.False(File.Exists(store.Lock));
        Assert.Equal("4194999\n", File.ReadAllText(done.QuarantinePath.Text));
        Assert.Equal("4194999\n"u8.ToArray(), done.Removed.File.Content.Bytes);
        Assert.Equal(("break", QuarantineState.Held), Quarantine.List(store.RootPath, out _).Select(q => (q.Action, q.State)).Single());
        Assert.Empty(new Recovery().Run(store.RootPath, "host"));

        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        Assert.Equal(("4194999\n", 1u), (File.ReadAllText(store.Lock), TestStore.FactsOf(store.Lock).LinkCount));
        Assert.False(File.Exists(done.QuarantinePath.Text));
    }

    [MountFact]
    public void An_undo_never_replaces_a_lock_that_another_process_has_now()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        var plan = store.WeakerPlan();
        var done = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));
        store.Write("alice.lock", "somebody");

        var refused = Assert.IsType<ActOutcome.Refused>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));

        Assert.Equal(Refusal.Changed, refused.Reason);
        Assert.Equal("somebody", File.ReadAllText(store.Lock));
        Assert.Equal("4194999\n", File.ReadAllText(done.QuarantinePath.Text));
    }

    [MountFact]
    public void An_undo_that_was_cut_off_between_its_two_names_is_finished()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        var plan = store.WeakerPlan();
        var done = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));
        using (var here = FileDescriptor.OpenDirectory(FilePath.FromText(store.Mail).Bytes).Value)
        using (var there = FileDescriptor.OpenDirectory(done.QuarantinePath.Parent.Bytes).Value)
        {
            Assert.Equal(Errno.None, FileDescriptor.Link(there, OperationFolder.ItemName, here, "alice.lock"u8));
        }

        var settled = Assert.Single(new Recovery().Run(store.RootPath, "host"));

        Assert.True(settled.By == RecoveredBy.PuttingBackAFile, settled.Sentence);
        Assert.Equal(1u, TestStore.FactsOf(store.Lock).LinkCount);
        Assert.Empty(store.Ours());
    }

    [MountFact]
    public void A_leftover_is_removed_and_put_back_there_too()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.Write("leftover", "left");
        var plan = store.RemovePlan(TestStore.FactsOf(store.In("leftover")));

        var removed = Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        Assert.Equal("left", File.ReadAllText(removed.QuarantinePath.Text));
        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        Assert.Equal("left", File.ReadAllText(store.In("leftover")));
    }

    [MountFact]
    public void A_mailbox_that_another_process_uses_is_left_alone()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.Write("alice", "From a\n\n");
        using var holder = LockMaker.Start("posix", "write", store.Mailbox);
        store.PlantStale();

        var refused = Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(store.WeakerPlan() with { Mailbox = TestStore.FactsOf(store.Mailbox) }));

        Assert.Equal(Refusal.InUse, refused.Reason);
        Assert.True(File.Exists(store.Lock));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void Whatever_either_look_finds_the_lock_stays()
    {
        using var store = new TestStore();
        store.PlantStale();
        BreakDecision.Refused somebody = new(Refusal.InUse, "Somebody came.");
        var looks = 0;

        // The first look is that of the exchange, which does not come to a recheck here.
        Assert.Equal("Somebody came.", Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(store.WeakerPlanOnAnotherFileSystem(), () => ++looks == 2 ? somebody : null)).Sentence);
        Assert.Equal("Somebody came.", Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(store.WeakerPlanOnAnotherFileSystem(), recheck: () => somebody)).Sentence);

        Assert.Equal("4194999\n", File.ReadAllText(store.Lock));
        Assert.Empty(store.Ours());
    }

    [MountFact]
    public void A_living_lock_that_took_its_place_is_given_back_and_the_doubt_is_reported()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();

        var changed = Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.TakeOver(store.WeakerPlan() with { BeforeWeaker = At(QuarantinePoint.Move, () => store.ReplaceLock("first owner")) }));

        Assert.Contains("did not find it", changed.Sentence, StringComparison.Ordinal);
        Assert.Equal(("first owner", 1u), (File.ReadAllText(store.Lock), TestStore.FactsOf(store.Lock).LinkCount));
        Assert.Empty(store.Ours());
    }

    // The fault for which this protocol is the weaker one. It cannot be prevented; it must not be silent.
    [MountFact]
    public void Two_possible_holders_are_reported_loudly()
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
        };

        var failed = Assert.IsType<ActOutcome.Failed>(TestStore.TakeOver(plan));

        Assert.StartsWith("TWO HOLDERS ARE POSSIBLE.", failed.Sentence, StringComparison.Ordinal);
        Assert.Equal("second owner", File.ReadAllText(store.Lock));
        Assert.Equal(RecoveredBy.Nothing, Assert.Single(new Recovery().Run(store.RootPath, "host")).By);
        Assert.Equal("second owner", File.ReadAllText(store.Lock));

        // Released: now the first one, whose owner may live, has its name again.
        File.Delete(store.Lock);
        Assert.Equal(RecoveredBy.PuttingBackAFile, Assert.Single(new Recovery().Run(store.RootPath, "host")).By);
        Assert.Equal("first owner", File.ReadAllText(store.Lock));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void Without_hard_links_there_would_be_no_way_back_so_it_is_refused()
    {
        using var store = new TestStore();
        store.PlantStale();

        var refused = Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(
            store.WeakerPlanOnAnotherFileSystem() with { FaultWeaker = p => p == QuarantinePoint.ProbeLink ? Errno.NotPermitted : Errno.None }));

        Assert.Equal(Refusal.NoExchange, refused.Reason);
        Assert.True(File.Exists(store.Lock));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void The_steps_of_both_are_reported_in_one_row()
    {
        using var store = new TestStore();
        store.PlantStale();
        var told = new List<ActStep>();

        new Takeover().Run(store.WeakerPlanOnAnotherFileSystem(), () => null, () => null, new Listener(told));

        Assert.Equal(Enumerable.Range(1, 12), told.Select(s => s.Number).Distinct());
        Assert.All(told.GroupBy(s => s.Number), s => Assert.Equal(ActState.Done, s.Last().State));
        Assert.Contains(told, s => s.Number == 5 && s.Detail?.Contains("weaker protocol", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Where_names_can_be_exchanged_leave_for_the_weaker_one_changes_nothing()
    {
        using var store = new TestStore();
        store.PlantStale();
        Assert.False(Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(store.WeakerPlan())).WasRenamedAway);
    }

    public static TheoryData<string> Points => [.. Enum.GetNames<QuarantinePoint>().Where(p => p is not (nameof(QuarantinePoint.MoveBack) or nameof(QuarantinePoint.RemoveRecord) or nameof(QuarantinePoint.HoldFamily)))];

    [MountTheory, MemberData(nameof(Points))]
    public void Killed_anywhere_the_lock_is_where_it_was_or_in_quarantine(string point)
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        var stale = store.PlantStale();
        store.Write("alice", "From a\n\n");
        Assert.True(CrashProgram.Crashes("weaker", store.Root, store.Lock, store.Mailbox, point));

        Assert.DoesNotContain(new Recovery().Run(store.RootPath, "host"), s => s.By == RecoveredBy.Nothing);

        if (File.Exists(store.Lock))
        {
            Assert.Equal((stale.Identity, 1u), (TestStore.FactsOf(store.Lock).Identity, TestStore.FactsOf(store.Lock).LinkCount));
            Assert.Empty(store.Ours());
            Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(store.WeakerPlan()));
        }
        else
        {
            Assert.Equal((QuarantineState.Held, stale.Identity), Quarantine.List(store.RootPath, out _).Select(q => (q.State, q.Item!.Identity)).Single());
        }

        Assert.Empty(new Recovery().Run(store.RootPath, "host"));
    }

    [MountFact]
    public void Killed_with_a_living_lock_taken_by_mistake_it_comes_back()
    {
        var mounted = fuse.Path;
        using var store = new TestStore(mounted);
        store.PlantStale();
        store.Write("alice", "From a\n\n");
        Assert.True(CrashProgram.Crashes("weaker", store.Root, store.Lock, store.Mailbox, nameof(QuarantinePoint.MoveBack)));
        Assert.False(File.Exists(store.Lock));

        Assert.Equal(RecoveredBy.PuttingBackAFile, Assert.Single(new Recovery().Run(store.RootPath, "host")).By);

        Assert.Equal("first owner", File.ReadAllText(store.Lock));
        Assert.Empty(store.Ours());
    }

    private static Action<QuarantinePoint> At(QuarantinePoint point, Action act) => p =>
    {
        if (p == point)
            act();
    };

    private sealed class Listener(List<ActStep> told) : IProgress<ActStep>
    {
        public void Report(ActStep value) => told.Add(value);
    }
}
