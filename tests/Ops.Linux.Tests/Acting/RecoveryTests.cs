using System.Text;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>An act is cut off by SIGKILL before each of its system calls that matter; then recovery runs. Whatever the point: nothing of ours is left, no
/// living lock of others is lost, and the stale lock is either where it was (and a new break works) or in quarantine.</summary>
public sealed class RecoveryTests
{
    public static TheoryData<string> PointsOfAnUndisturbedTakeover => Points(TakeoverPoint.OpenDirectory, TakeoverPoint.Settle);

    [Theory, MemberData(nameof(PointsOfAnUndisturbedTakeover))]
    public void A_takeover_killed_anywhere_is_settled(string point)
    {
        using var store = new TestStore();
        var stale = store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, nameof(Disturbance.None), point, "1"));

        var settled = Recover(store);

        if (File.Exists(store.Lock))
        {
            Assert.Equal(stale.Identity, TestStore.FactsOf(store.Lock).Identity);
            Assert.Empty(store.Ours());
            Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(store.Plan(TestStore.FactsOf(store.Lock))));
        }
        else
        {
            Assert.Equal((QuarantineState.Held, stale.Identity), Held(store));
        }

        Assert.DoesNotContain(settled, s => s.By == RecoveredBy.Nothing);
        AssertNothingUnfinished(store);
    }

    [Theory]
    [InlineData(nameof(TakeoverPoint.WriteManifest), RecoveredBy.RemovingOurFiles, false)] // killed before anything was written
    [InlineData(nameof(TakeoverPoint.CreateOwn), RecoveredBy.RemovingOurFiles, true)]
    [InlineData(nameof(TakeoverPoint.Exchange), RecoveredBy.RemovingOurFiles, true)]
    [InlineData(nameof(TakeoverPoint.Inspect), RecoveredBy.PuttingBackTheStaleLock, true)]
    [InlineData(nameof(TakeoverPoint.MoveToQuarantine), RecoveredBy.PuttingBackTheStaleLock, true)]
    [InlineData(nameof(TakeoverPoint.Release), RecoveredBy.ReleasingOurLock, true)]
    [InlineData(nameof(TakeoverPoint.Finish), RecoveredBy.ReleasingOurLock, true)]
    [InlineData(nameof(TakeoverPoint.Settle), RecoveredBy.ReleasingOurLock, false)] // finished
    public void Recovery_says_what_it_did(string point, RecoveredBy by, bool anything)
    {
        using var store = new TestStore();
        store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, nameof(Disturbance.None), point, "1"));

        var settled = Recover(store);

        Assert.Equal(anything ? [by] : [], settled.Select(s => s.By));
        Assert.All(settled, s => Assert.Equal(store.Lock, s.Path.Text));
    }

    [Theory]
    [InlineData(nameof(Disturbance.AcquiredByAnother), nameof(TakeoverPoint.Inspect), 1, "first owner\n")]
    [InlineData(nameof(Disturbance.AcquiredByAnother), nameof(TakeoverPoint.ExchangeBack), 1, "first owner\n")]
    [InlineData(nameof(Disturbance.AcquiredByAnother), nameof(TakeoverPoint.InspectBack), 1, "first owner\n")]
    [InlineData(nameof(Disturbance.AcquiredByAnother), nameof(TakeoverPoint.DropTemporary), 1, "first owner\n")]
    [InlineData(nameof(Disturbance.AcquiredByAnother), nameof(TakeoverPoint.RemoveRecord), 1, "first owner\n")]
    [InlineData(nameof(Disturbance.AcquiredTwice), nameof(TakeoverPoint.ExchangeBack), 1, "second owner\n")]
    [InlineData(nameof(Disturbance.AcquiredTwice), nameof(TakeoverPoint.InspectBack), 1, "second owner\n")]
    [InlineData(nameof(Disturbance.AcquiredTwice), nameof(TakeoverPoint.ExchangeBack), 2, "second owner\n")]
    [InlineData(nameof(Disturbance.AcquiredTwice), nameof(TakeoverPoint.InspectBack), 2, "second owner\n")]
    [InlineData(nameof(Disturbance.AcquiredTwice), nameof(TakeoverPoint.DropTemporary), 1, "second owner\n")]
    [InlineData(nameof(Disturbance.AcquiredAndReleased), nameof(TakeoverPoint.ExchangeBack), 1, null)]
    [InlineData(nameof(Disturbance.AcquiredAndReleased), nameof(TakeoverPoint.DropTemporary), 1, null)]
    [InlineData(nameof(Disturbance.RefusedByRecheck), nameof(TakeoverPoint.ExchangeBack), 1, "4194999\n")]
    [InlineData(nameof(Disturbance.RefusedByRecheck), nameof(TakeoverPoint.InspectBack), 1, "4194999\n")]
    [InlineData(nameof(Disturbance.RefusedByRecheck), nameof(TakeoverPoint.DropTemporary), 1, "4194999\n")]
    [InlineData(nameof(Disturbance.RefusedByRecheck), nameof(TakeoverPoint.RemoveRecord), 1, "4194999\n")]
    public void A_takeover_killed_while_it_gives_back_is_settled_for_the_owner(string disturbance, string point, int nth, string? ownerAfterwards)
    {
        using var store = new TestStore();
        store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, disturbance, point, $"{nth}"));

        Assert.DoesNotContain(Recover(store), s => s.By == RecoveredBy.Nothing);

        Assert.Equal(ownerAfterwards, File.Exists(store.Lock) ? File.ReadAllText(store.Lock) : null);
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_displaced_owner_that_released_while_we_were_dead_gets_nothing_back()
    {
        using var store = new TestStore();
        store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, nameof(Disturbance.AcquiredByAnother), nameof(TakeoverPoint.Inspect), "1"));
        File.Delete(store.Lock); // by name: that is ours

        Recover(store);

        Assert.Equal(["mail/"], store.Names());
    }

    [Theory]
    [InlineData(nameof(Disturbance.AcquiredByAnother), nameof(TakeoverPoint.Inspect))]
    [InlineData(nameof(Disturbance.None), nameof(TakeoverPoint.Record))]
    [InlineData(nameof(Disturbance.None), nameof(TakeoverPoint.Release))]
    public void One_who_acquired_while_we_were_dead_keeps_the_lock(string disturbance, string point)
    {
        using var store = new TestStore();
        store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, disturbance, point, "1"));
        File.Delete(store.Lock);
        store.Write("alice.lock", "new owner\n");
        var owner = TestStore.FactsOf(store.Lock);

        Assert.DoesNotContain(Recover(store), s => s.By == RecoveredBy.Nothing);

        Assert.True(TestStore.FactsOf(store.Lock).IsUnchangedSince(owner));
        AssertNothingUnfinished(store);
    }

    public static TheoryData<string, string, int> PointsOfARecovery
    {
        get
        {
            // First crash, point of the second crash, which pass. The takeover inside recovery passes all the points of one.
            var data = new TheoryData<string, string, int>
            {
                { nameof(TakeoverPoint.Inspect), nameof(TakeoverPoint.ExchangeBack), 1 },
                { nameof(TakeoverPoint.Inspect), nameof(TakeoverPoint.InspectBack), 1 },
                { nameof(TakeoverPoint.Inspect), nameof(TakeoverPoint.DropTemporary), 1 },
                { nameof(TakeoverPoint.Exchange), nameof(TakeoverPoint.DropTemporary), 1 },
                { nameof(TakeoverPoint.Release), nameof(TakeoverPoint.Finish), 2 },
            };
            foreach (var point in Enum.GetValues<TakeoverPoint>().Where(p => p is >= TakeoverPoint.OpenDirectory and <= TakeoverPoint.Settle))
            {
                data.Add(nameof(TakeoverPoint.Release), point.ToString(), 1);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(PointsOfARecovery))]
    public void A_recovery_that_is_killed_itself_is_settled_by_the_next(string first, string second, int nth)
    {
        using var store = new TestStore();
        var stale = store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, nameof(Disturbance.None), first, "1"));
        Assert.True(CrashProgram.Crashes("recovery", store.Root, second, $"{nth}"));

        // One more than needed at most: a crash in the takeover inside recovery leaves two operations, settled in any order.
        Assert.DoesNotContain(Recover(store), s => s.By == RecoveredBy.Nothing);
        Assert.Empty(Recover(store));

        if (first == nameof(TakeoverPoint.Release))
        {
            Assert.False(File.Exists(store.Lock));
            Assert.Equal((QuarantineState.Held, stale.Identity), Held(store));
        }
        else
        {
            Assert.Equal(stale.Identity, TestStore.FactsOf(store.Lock).Identity);
        }

        AssertNothingUnfinished(store);
    }

    [Theory]
    [InlineData(nameof(QuarantinePoint.WriteManifest))]
    [InlineData(nameof(QuarantinePoint.Move))]
    [InlineData(nameof(QuarantinePoint.Inspect))]
    [InlineData(nameof(QuarantinePoint.MoveBack))]
    public void A_removal_killed_anywhere_is_settled(string point)
    {
        using var store = new TestStore();
        store.Write("leftover", "old");
        Assert.True(CrashProgram.Crashes("remove", store.Root, store.In("leftover"), point));

        Assert.DoesNotContain(Recover(store), s => s.By == RecoveredBy.Nothing);

        var expected = point switch
        {
            nameof(QuarantinePoint.Inspect) => null,
            nameof(QuarantinePoint.MoveBack) => "another file",
            _ => "old",
        };
        Assert.Equal(expected, File.Exists(store.In("leftover")) ? File.ReadAllText(store.In("leftover")) : null);
        Assert.Equal(expected is null ? 1 : 0, Quarantine.List(store.RootPath, out var problems).Count);
        Assert.Empty(problems);
        AssertNothingUnfinished(store);
    }

    [Fact]
    public void The_lock_that_takes_the_place_of_our_dead_one_names_the_living_process()
    {
        using var store = new TestStore();
        store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, nameof(Disturbance.None), nameof(TakeoverPoint.Release), "1"));
        var dead = File.ReadAllText(store.Lock);
        string? living = null;

        new Recovery { Before = p => living = p == TakeoverPoint.Record ? File.ReadAllText(store.Lock) : living }.Run(store.RootPath, "host");

        Assert.NotEqual(dead, living);
        Assert.Equal(MailSystems.Maildrop.Conventions.OfType<DotLock>().First().Write!(Environment.ProcessId, "host").Content, Encoding.ASCII.GetBytes(living!));
        Assert.False(File.Exists(store.Lock));
    }

    [Fact]
    public void An_operation_at_work_is_left_alone()
    {
        using var store = new TestStore();
        IReadOnlyList<RecoveredOperation>? settled = null;

        var outcome = TestStore.TakeOver(store.Plan(store.PlantStale()), recheck: () =>
        {
            settled = Recover(store);
            return null;
        });

        Assert.IsType<ActOutcome.TakenOver>(outcome);
        Assert.Empty(settled!);
    }

    [Fact]
    public void Finished_and_undone_operations_are_left_alone()
    {
        using var store = new TestStore();
        var broken = store.Plan(store.PlantStale());
        TestStore.TakeOver(broken);
        var removed = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x")));
        TestStore.Remove(removed);
        new Quarantine().Undo(store.RootPath, removed.OperationId, "tester");

        Assert.Empty(Recover(store));

        Assert.Equal(
            [(broken.OperationId, QuarantineState.Held), (removed.OperationId, QuarantineState.Undone)],
            Quarantine.List(store.RootPath, out _).Select(f => (f.OperationId, f.State)));
    }

    [Fact]
    public void A_store_without_a_quarantine_has_nothing_to_settle_and_gets_none()
    {
        using var store = new TestStore();

        Assert.Empty(Recover(store));
        Assert.Equal(["mail/"], store.Names());
    }

    [Fact]
    public void A_record_of_a_newer_version_is_not_touched()
    {
        using var store = new TestStore();
        store.PlantStale();
        Assert.True(CrashProgram.Crashes("takeover", store.Root, store.Lock, nameof(Disturbance.None), nameof(TakeoverPoint.Exchange), "1"));
        var manifest = Directory.EnumerateFiles(store.Root, "manifest.json", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Single();
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal));
        var before = store.Names();

        Assert.Equal([RecoveredBy.Nothing], Recover(store).Select(s => s.By));
        Assert.Equal(before, store.Names());
    }

    private static TheoryData<string> Points(TakeoverPoint first, TakeoverPoint last) =>
        [.. Enum.GetValues<TakeoverPoint>().Where(p => p >= first && p <= last).Select(p => p.ToString())];

    private static IReadOnlyList<RecoveredOperation> Recover(TestStore store) => new Recovery().Run(store.RootPath, "host");

    private static (QuarantineState State, FileIdentity Identity) Held(TestStore store)
    {
        var held = Assert.Single(Quarantine.List(store.RootPath, out var problems));
        Assert.Empty(problems);
        return (held.State, held.Identity);
    }

    private static void AssertNothingUnfinished(TestStore store)
    {
        Assert.All(Quarantine.List(store.RootPath, out var problems), f => Assert.NotEqual(QuarantineState.Unfinished, f.State));
        Assert.Empty(problems);
        Assert.DoesNotContain(store.Names(), n => n.Contains(Takeover.TemporaryPrefix, StringComparison.Ordinal)
            || n.EndsWith("own.json", StringComparison.Ordinal) || n.Contains("displaced", StringComparison.Ordinal));
        Assert.Empty(Recover(store));
    }
}
