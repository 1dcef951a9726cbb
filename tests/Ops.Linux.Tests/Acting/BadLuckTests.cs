using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Acts on disks that are full, break, or become read-only in the middle: a clear outcome, and nothing lost.</summary>
public sealed class BadLuckTests
{
    private const string Mail = "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n";

    private static (string Group, long Bytes) Referenced(string volume)
    {
        var row = LoopMount.Output("btrfs", "qgroup", "show", "--raw", "-f", volume).Split('\n').Last(l => l.StartsWith("0/", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (row[0], long.Parse(row[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(0.3);

    public static TheoryData<string> Points => new(Enum.GetNames<TakeoverPoint>().TakeWhile(p => p != nameof(TakeoverPoint.Settle)));

    // Those of a lock are not passed by a removal.
    public static TheoryData<string> RemovalPoints => new(Enum.GetNames<QuarantinePoint>().Except(
        [nameof(QuarantinePoint.HoldMailbox), nameof(QuarantinePoint.ProbeLink), nameof(QuarantinePoint.Recheck)]));

    [MountFact]
    public void On_a_full_disk_a_break_succeeds_or_is_refused_and_leaves_nothing_behind()
    {
        using var disk = new LoopMount();
        var outcomes = new List<string>();
        foreach (var left in (int[])[0, 1, 2, 3, 4, 6, 8, 12, 64])
        {
            using var store = new TestStore(disk.Path);
            store.Write("alice", Mail);
            var stale = store.PlantStale();
            disk.Fill(left);

            var outcome = TestStore.TakeOver(store.Plan(stale));
            outcomes.Add(outcome.GetType().Name);

            AssertSettled(store, stale, outcome);
            File.Delete(Path.Join(disk.Path, "ballast"));
        }

        // Both must have happened, or the disk was never full, or never had room.
        Assert.Contains(nameof(ActOutcome.Refused), outcomes);
        Assert.Contains(nameof(ActOutcome.TakenOver), outcomes);
    }

    [MountFact]
    public void On_a_full_disk_a_removal_succeeds_or_is_refused_and_the_file_is_in_one_place()
    {
        using var disk = new LoopMount();
        var outcomes = new List<string>();
        foreach (var left in (int[])[0, 1, 2, 3, 4, 6, 8, 12, 64])
        {
            using var store = new TestStore(disk.Path);
            var leftover = TestStore.FactsOf(store.Write("leftover", Mail));
            disk.Fill(left);

            var outcome = TestStore.Remove(store.RemovePlan(leftover));
            outcomes.Add(outcome.GetType().Name);

            AssertInOnePlace(store, outcome);
            File.Delete(Path.Join(disk.Path, "ballast"));
        }

        Assert.Contains(nameof(ActOutcome.Refused), outcomes);
        Assert.Contains(nameof(ActOutcome.Quarantined), outcomes);
    }

    // A kernel without CONFIG_QUOTA still counts btrfs subvolumes.
    [MountFact]
    public void Over_quota_both_acts_succeed_or_are_refused_and_with_room_again_both_work()
    {
        using var disk = new LoopMount(128, fileSystem: "btrfs");
        LoopMount.Run("btrfs", "quota", "enable", disk.Path);
        var volume = Path.Join(disk.Path, "store");
        LoopMount.Run("btrfs", "subvolume", "create", volume);
        var refusals = new List<string>();
        foreach (var kibibytes in (int[])[0, 16, 32, 64, 1024])
        {
            using var store = new TestStore(volume);
            using var other = new TestStore(volume);
            store.Write("alice", Mail);
            var stale = store.PlantStale();
            var leftover = TestStore.FactsOf(other.Write("leftover", Mail));
            LoopMount.Run("sync", "-f", disk.Path);
            var (group, bytes) = Referenced(volume);
            LoopMount.Run("btrfs", "qgroup", "limit", $"{bytes + (kibibytes * 1024L)}", group, disk.Path);

            var outcome = TestStore.TakeOver(store.Plan(stale));
            var removal = TestStore.Remove(other.RemovePlan(leftover));

            LoopMount.Run("btrfs", "qgroup", "limit", "none", group, disk.Path);
            foreach (var sentence in new[] { (outcome as ActOutcome.Refused)?.Sentence, (removal as ActOutcome.Refused)?.Sentence })
            {
                refusals.Add(sentence ?? "");
            }

            Assert.DoesNotContain(new Recovery().Run(store.RootPath, "host"), r => r.By == RecoveredBy.Nothing);
            AssertSettled(store, stale, outcome is ActOutcome.Failed ? null : outcome);
            Assert.DoesNotContain(new Recovery().Run(other.RootPath, "host"), r => r.By == RecoveredBy.Nothing);
            AssertInOnePlace(other, removal);
            if (removal is ActOutcome.Refused)
            {
                Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(other.RemovePlan(TestStore.FactsOf(other.In("leftover")))));
            }
        }

        Assert.Contains(refusals, r => r.Contains(nameof(Errno.QuotaExceeded), StringComparison.Ordinal));
        Assert.Contains("", refusals);
    }

    [MountTheory, MemberData(nameof(Points))]
    public void A_disk_that_breaks_in_the_middle_of_a_break_is_settled_after_its_repair(string point)
    {
        using var disk = new LoopMount();
        var store = new TestStore(disk.Path);
        store.Write("alice", Mail);
        var stale = store.PlantStale();
        LoopMount.Run("sync", "-f", disk.Path); // what was there before survives

        var outcome = TestStore.TakeOver(store.Plan(stale) with { GiveUpAfter = Soon, Before = p => { if (p.ToString() == point) { disk.Abort(); } } });
        Assert.False(string.IsNullOrWhiteSpace(outcome switch
        {
            ActOutcome.Refused refused => refused.Sentence,
            ActOutcome.Failed failed => failed.Sentence,
            ActOutcome.ChangedMeanwhile changed => changed.Sentence,
            _ => outcome.ToString(),
        }));

        // Recovery before the repair cannot put anything right, says so, and does not wait for ever.
        _ = new Recovery { GiveUpAfter = Soon }.Run(store.RootPath, "host");
        disk.Repair();
        Assert.DoesNotContain(new Recovery().Run(store.RootPath, "host"), r => r.By == RecoveredBy.Nothing);
        AssertSettled(store, stale, outcome: null);
    }

    [MountTheory, MemberData(nameof(RemovalPoints))]
    public void A_disk_that_breaks_in_the_middle_of_a_removal_is_settled_after_its_repair(string point)
    {
        using var disk = new LoopMount();
        var store = new TestStore(disk.Path);
        var leftover = TestStore.FactsOf(store.Write("leftover", Mail));
        LoopMount.Run("sync", "-f", disk.Path);

        var outcome = TestStore.Remove(store.RemovePlan(leftover) with { Before = p => { if (p.ToString() == point) { disk.Abort(); } } });

        disk.Repair();
        Assert.DoesNotContain(new Recovery().Run(store.RootPath, "host"), r => r.By == RecoveredBy.Nothing);
        AssertInOnePlace(store, outcome: null);
    }

    [MountFact]
    public void On_a_read_only_file_system_everything_is_refused_in_the_kernels_words()
    {
        using var disk = new LoopMount();
        var store = new TestStore(disk.Path);
        var stale = store.PlantStale();
        LoopMount.Run("mount", "-o", "remount,ro", disk.Path);

        var refused = Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(store.Plan(stale)));
        Assert.Equal(Refusal.System, refused.Reason);
        Assert.Contains("ead-only", refused.Sentence, StringComparison.Ordinal);
        Assert.Contains("ead-only", Assert.IsType<ActOutcome.Refused>(TestStore.Remove(store.RemovePlan(stale))).Sentence, StringComparison.Ordinal);
        Assert.Empty(new Recovery().Run(store.RootPath, "host"));
    }

    [MountFact]
    public void A_disk_that_cannot_be_written_to_any_more_is_reported()
    {
        using var scratch = new Scratch();
        LoopMount.Run("mount", "-t", "tmpfs", "-o", "size=6m", "none", scratch.Path);
        try
        {
            // The image is larger than what holds it: once that is full, the disk answers writes with input/output errors.
            using var disk = new LoopMount(megabytes: 16, scratch.Path);
            var store = new TestStore(disk.Path);
            store.Write("alice", Mail);
            var stale = store.PlantStale();
            LoopMount.Run("sync", "-f", disk.Path);
            LoopMount.Fill(scratch.Path, 0);

            // Enough new blocks that some of them have no room below.
            for (var i = 0; i < 40; i++)
            {
                store.Write($"noise{i}", new string('x', 100_000));
            }

            var outcome = TestStore.TakeOver(store.Plan(stale) with { GiveUpAfter = Soon });

            var told = outcome switch
            {
                ActOutcome.Refused refused => refused.Sentence,
                ActOutcome.Failed failed => failed.Sentence,
                ActOutcome.TakenOver taken => string.Join(' ', taken.Warnings),
                _ => "",
            };
            Assert.True(told.Contains("nput/output", StringComparison.OrdinalIgnoreCase) || told.Contains("InputOutput", StringComparison.Ordinal)
                || told.Contains("ead-only", StringComparison.Ordinal), $"{outcome.GetType().Name}: {told}");
        }
        finally
        {
            LoopMount.Run("umount", "--lazy", scratch.Path);
        }
    }

    /// <summary>Either nothing happened, or the break is complete: one file, one place, nothing of ours at work.</summary>
    private static void AssertSettled(TestStore store, FileFacts stale, ActOutcome? outcome)
    {
        var names = store.Names();
        var items = names.Where(n => n.EndsWith("/item", StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(names, n => n.StartsWith("mail/", StringComparison.Ordinal) && n is not ("mail/" or "mail/alice" or "mail/alice.lock"));
        Assert.DoesNotContain(names, n => n.EndsWith("own.json", StringComparison.Ordinal));
        if (File.Exists(store.Lock))
        {
            Assert.Equal((stale.Identity, "4194999\n"), (TestStore.FactsOf(store.Lock).Identity, File.ReadAllText(store.Lock)));
            Assert.Empty(items);
        }
        else
        {
            Assert.Equal("4194999\n", File.ReadAllText(Path.Join(store.Root, Assert.Single(items))));
        }

        Assert.Equal(outcome is null ? !File.Exists(store.Lock) : outcome is ActOutcome.TakenOver, !File.Exists(store.Lock));
        if (File.Exists(store.Mailbox))
        {
            Assert.Equal(Mail, File.ReadAllText(store.Mailbox));
        }
    }

    private static void AssertInOnePlace(TestStore store, ActOutcome? outcome)
    {
        var places = store.Names().Where(n => n is "mail/leftover" || n.EndsWith("/item", StringComparison.Ordinal)).ToList();
        Assert.Equal(Mail, File.ReadAllText(Path.Join(store.Root, Assert.Single(places))));
        Assert.Equal(outcome is null ? places[0] != "mail/leftover" : outcome is ActOutcome.Quarantined, places[0] != "mail/leftover");
    }
}
