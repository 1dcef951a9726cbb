using System.Text;
using System.Text.Json;
using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class QuarantineTests
{
    public static TheoryData<string> FileSystems => [TestStore.OnDisk, TestStore.InMemory];

    [Theory, MemberData(nameof(FileSystems))]
    public void A_leftover_goes_to_quarantine_and_back(string fileSystem)
    {
        using var store = new TestStore(fileSystem);
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "half a message")));

        var removed = Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));

        Assert.False(File.Exists(store.In("leftover")));
        Assert.Equal("half a message", File.ReadAllText(removed.QuarantinePath.Text));
        Assert.Equal("half a message"u8.ToArray(), removed.File.File.Content.Bytes);

        Assert.Equal(new ActOutcome.PutBack(FilePath.FromText(store.In("leftover"))), new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        Assert.Equal(plan.Expected.Identity, TestStore.FactsOf(store.In("leftover")).Identity);
    }

    [Fact]
    public void The_lock_of_its_own_programs_is_held_while_the_name_goes_and_not_longer()
    {
        using var store = new TestStore();
        var checksum = store.Write("checksum", "a sum");
        Errno Try()
        {
            using var directory = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value;
            using var other = directory.OpenForLocking("checksum"u8).Value;
            return other.TryOfdWriteLock();
        }

        var seen = new Dictionary<QuarantinePoint, Errno>();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("kernel.1234", "an image"))) with
        {
            FamilyLock = FilePath.FromText(checksum),
            Before = point => seen[point] = Try(),
        };

        Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));

        Assert.Equal(Errno.None, seen[QuarantinePoint.Verify]);
        Assert.Equal(Errno.TryAgain, seen[QuarantinePoint.Move]);
        Assert.Equal(Errno.TryAgain, seen[QuarantinePoint.Inspect]);
        Assert.Equal(Errno.None, Try());
    }

    [Fact]
    public void A_program_that_takes_its_own_lock_at_the_last_moment_keeps_it_and_the_name_stays()
    {
        using var store = new TestStore();
        var checksum = store.Write("checksum", "a sum");
        using var directory = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value;
        using var other = directory.OpenForLocking("checksum"u8).Value;
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("kernel.1234", "an image"))) with
        {
            FamilyLock = FilePath.FromText(checksum),
            Before = point => Assert.True(point != QuarantinePoint.HoldFamily || other.TryOfdWriteLock() == Errno.None),
        };

        var refused = Assert.IsType<ActOutcome.Refused>(TestStore.Remove(plan));

        Assert.Equal(Refusal.InUse, refused.Reason);
        Assert.Equal(["mail/", "mail/checksum", "mail/kernel.1234"], store.Names());
    }

    [Fact]
    public void Undoing_a_break_puts_the_stale_lock_back()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());
        TestStore.TakeOver(plan);

        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));

        Assert.Equal(plan.Expected.Identity, TestStore.FactsOf(store.Lock).Identity);
        Assert.Equal("4194999\n", File.ReadAllText(store.Lock));
    }

    [Fact]
    public void An_undo_never_replaces_what_has_the_name_now()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());
        TestStore.TakeOver(plan);
        store.Write("alice.lock", "living\n");

        Assert.Equal(Refusal.Changed, Refused(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester")));

        Assert.Equal("living\n", File.ReadAllText(store.Lock));
        Assert.Equal(QuarantineState.Held, Assert.Single(Quarantine.List(store.RootPath, out _)).State);
    }

    [Fact]
    public void Undo_happens_once()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x")));
        TestStore.Remove(plan);

        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        Assert.Equal(Refusal.Changed, Refused(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester")));
        Assert.Equal(QuarantineState.Undone, Assert.Single(Quarantine.List(store.RootPath, out _)).State);
    }

    [Fact]
    public void Undo_refuses_a_file_that_was_changed_in_quarantine()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x")));
        var removed = Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        File.AppendAllText(removed.QuarantinePath.Text, "more");

        Assert.Equal(Refusal.Changed, Refused(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester")));
        Assert.False(File.Exists(store.In("leftover")));
    }

    [Fact]
    public void Undo_of_an_unknown_operation_is_refused_and_makes_nothing()
    {
        using var store = new TestStore();

        Assert.Equal(Refusal.NotThere, Refused(new Quarantine().Undo(store.RootPath, Guid.NewGuid(), "tester")));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void An_undo_works_where_the_store_is_mounted_elsewhere_now()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x")));
        TestStore.Remove(plan);
        using var other = new TestStore();
        var moved = Path.Join(other.Root, "store");
        Directory.Move(store.Root, moved);

        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(FilePath.FromText(moved), plan.OperationId, "tester"));

        Assert.True(File.Exists(Path.Join(moved, "mail", "leftover")));
        Directory.Move(moved, store.Root);
    }

    [Fact]
    public void Another_name_of_the_same_message_stays_untouched()
    {
        using var store = new TestStore();
        store.Write("message", "From x\n\nhello\n\n");
        using (var directory = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value)
        {
            Assert.Equal(Errno.None, FileDescriptor.Link(directory, "message"u8, directory, "leftover"u8));
        }

        var plan = store.RemovePlan(TestStore.FactsOf(store.In("leftover")));
        Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        Assert.Single(new Quarantine().Purge(store.RootPath, TimeSpan.FromDays(-1)).Purged);

        Assert.Equal("From x\n\nhello\n\n", File.ReadAllText(store.In("message")));
        Assert.Equal(1u, TestStore.FactsOf(store.In("message")).LinkCount);
        Assert.Equal(["mail/", "mail/message"], store.Names());
    }

    [Fact]
    public void A_hard_link_to_a_symbolic_link_is_moved_not_followed()
    {
        using var store = new TestStore();
        var target = store.Write("kernel", "precious");
        File.CreateSymbolicLink(store.In("original"), target);
        using (var directory = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value)
        {
            Assert.Equal(Errno.None, FileDescriptor.Link(directory, "original"u8, directory, "kernel.4194999"u8));
        }

        var plan = store.RemovePlan(TestStore.FactsOf(store.In("kernel.4194999")));
        var removed = Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));

        Assert.Equal(target, new FileInfo(removed.QuarantinePath.Text).LinkTarget);
        Assert.Equal(target, new FileInfo(store.In("original")).LinkTarget);
        Assert.Equal("precious", File.ReadAllText(target));
        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        Assert.Equal(target, new FileInfo(store.In("kernel.4194999")).LinkTarget);
    }

    [Fact]
    public void A_directory_is_moved_with_what_is_in_it_and_purged_without_following_links()
    {
        using var store = new TestStore();
        var precious = store.Write("precious", "mail");
        Directory.CreateDirectory(store.In("appliance.d.x/deep"));
        File.WriteAllText(store.In("appliance.d.x/deep/root"), "big");
        File.CreateSymbolicLink(store.In("appliance.d.x/link"), precious);
        Directory.CreateSymbolicLink(store.In("appliance.d.x/folder"), store.Mail);

        var plan = store.RemovePlan(TestStore.FactsOf(store.In("appliance.d.x")));
        var removed = Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(plan));
        Assert.Equal("big", File.ReadAllText(Path.Join(removed.QuarantinePath.Text, "deep", "root")));

        Assert.Equal([plan.OperationId], new Quarantine().Purge(store.RootPath, TimeSpan.FromDays(-1)).Purged);
        Assert.Equal(["mail/", "mail/precious"], store.Names());
    }

    [Fact]
    public void A_fifo_is_moved_without_being_opened()
    {
        using var store = new TestStore();
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(store.In("fifo"), Mono.Unix.Native.FilePermissions.S_IRUSR | Mono.Unix.Native.FilePermissions.S_IWUSR));

        Assert.IsType<ActOutcome.Quarantined>(TestStore.Remove(store.RemovePlan(TestStore.FactsOf(store.In("fifo")))));
    }

    [Fact]
    public void A_file_that_took_the_name_just_before_the_move_goes_straight_back()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "old"))) with
        {
            Before = p =>
            {
                if (p == QuarantinePoint.Move)
                {
                    File.Delete(store.In("leftover"));
                    store.Write("leftover", "new");
                }
            },
        };

        Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.Remove(plan));
        Assert.Equal("new", File.ReadAllText(store.In("leftover")));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void When_the_name_is_taken_before_it_can_go_back_the_file_stays_and_is_named()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "old"))) with
        {
            Before = p =>
            {
                if (p == QuarantinePoint.Move)
                {
                    File.Delete(store.In("leftover"));
                    store.Write("leftover", "second");
                }
                else if (p == QuarantinePoint.MoveBack)
                {
                    store.Write("leftover", "third");
                }
            },
        };

        var failed = Assert.IsType<ActOutcome.Failed>(TestStore.Remove(plan));

        Assert.Equal("second", File.ReadAllText(failed.QuarantinePath!.Value.Text));
        Assert.Equal("third", File.ReadAllText(store.In("leftover")));
    }

    [Fact]
    public void A_file_in_another_state_than_judged_is_left_alone()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "old")));
        File.AppendAllText(store.In("leftover"), "more");

        Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.Remove(plan));
        Assert.True(File.Exists(store.In("leftover")));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void What_is_gone_is_already_gone()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x"))) with
        {
            Before = p => { if (p == QuarantinePoint.Move) { File.Delete(store.In("leftover")); } },
        };

        Assert.IsType<ActOutcome.AlreadyGone>(TestStore.Remove(plan));
        Assert.IsType<ActOutcome.AlreadyGone>(TestStore.Remove(plan));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_refusal_of_the_second_look_leaves_nothing_behind()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x")));

        Assert.Equal(new ActOutcome.Refused(Refusal.OwnerAlive, "It lives."), TestStore.Remove(plan, () => new(Refusal.OwnerAlive, "It lives.")));
        Assert.Equal(["mail/", "mail/leftover"], store.Names());
    }

    [Fact]
    public void The_quarantine_does_not_take_itself_or_what_is_in_it()
    {
        using var store = new TestStore();
        TestStore.Remove(store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x"))));
        var quarantine = Path.Join(store.Root, ".ops-quarantine");
        var item = Directory.EnumerateFiles(quarantine, "item", SearchOption.AllDirectories).Single();

        Assert.Equal(Refusal.NotOffered, Assert.IsType<ActOutcome.Refused>(TestStore.Remove(store.RemovePlan(TestStore.FactsOf(quarantine)))).Reason);
        Assert.Equal(Refusal.NotOffered, Assert.IsType<ActOutcome.Refused>(TestStore.Remove(store.RemovePlan(TestStore.FactsOf(item)))).Reason);
    }

    [Fact]
    public void The_record_survives_without_us()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x")));
        TestStore.Remove(plan);

        var manifest = Path.Join(store.Root, ".ops-quarantine", plan.OperationId.ToString("N"), "manifest.json");
        using var record = JsonDocument.Parse(File.ReadAllText(manifest));

        Assert.Equal(store.In("leftover"), Encoding.UTF8.GetString(record.RootElement.GetProperty("pathBytes").GetBytesFromBase64()));
        Assert.Equal("tester", record.RootElement.GetProperty("actor").GetString());
        Assert.Equal(plan.Expected.Identity.Inode, record.RootElement.GetProperty("expected").GetProperty("inode").GetUInt64());
        Assert.Equal(0x180u, TestStore.FactsOf(manifest).Mode);
        Assert.Equal(0x1C0u, TestStore.FactsOf(Path.Join(store.Root, ".ops-quarantine")).Mode);
    }

    [Fact]
    public void The_list_gives_what_was_taken_by_whom_and_why()
    {
        using var store = new TestStore();
        var lockPlan = store.Plan(store.PlantStale());
        TestStore.TakeOver(lockPlan);
        var filePlan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x")));
        TestStore.Remove(filePlan);

        var list = Quarantine.List(store.RootPath, out var problems);

        Assert.Empty(problems);
        Assert.Equal([("break", store.Lock), ("remove", store.In("leftover"))], list.Select(f => (f.Action, f.Path.Text)));
        Assert.All(list, f => Assert.Equal(("tester", "test", QuarantineState.Held), (f.Actor, f.Reason, f.State)));
        Assert.Equal([lockPlan.Expected.Identity, filePlan.Expected.Identity], list.Select(f => f.Identity));
    }

    [Fact]
    public void A_damaged_record_is_a_problem_not_an_absence()
    {
        using var store = new TestStore();
        var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x")));
        TestStore.Remove(plan);
        File.WriteAllText(Path.Join(store.Root, ".ops-quarantine", plan.OperationId.ToString("N"), "manifest.json"), "{");

        Assert.Empty(Quarantine.List(store.RootPath, out var problems));
        Assert.Single(problems);
        Assert.Empty(new Quarantine().Purge(store.RootPath, TimeSpan.FromDays(-1)).Purged);
    }

    [Fact]
    public void Only_what_is_older_than_the_retention_is_purged()
    {
        using var store = new TestStore();
        var old = store.RemovePlan(TestStore.FactsOf(store.Write("old", "x")));
        var young = store.RemovePlan(TestStore.FactsOf(store.Write("young", "x")));
        var now = DateTimeOffset.UtcNow;
        new Quarantine(new ManualClock(now.AddDays(-8))).Remove(old, () => null);
        new Quarantine(new ManualClock(now.AddDays(-6))).Remove(young, () => null);

        var result = new Quarantine(new ManualClock(now)).Purge(store.RootPath, Quarantine.DefaultRetention);

        Assert.Equal([old.OperationId], result.Purged);
        Assert.Empty(result.Problems);
        Assert.Equal([young.OperationId], Quarantine.List(store.RootPath, out _).Select(f => f.OperationId));
    }

    [Fact]
    public void An_operation_that_is_at_work_is_not_purged_or_undone()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());
        PurgeResult? purged = null;
        ActOutcome? undone = null;

        TestStore.TakeOver(plan, recheck: () =>
        {
            purged = new Quarantine().Purge(store.RootPath, TimeSpan.FromDays(-1));
            undone = new Quarantine().Undo(store.RootPath, plan.OperationId, "tester");
            return null;
        });

        Assert.Empty(purged!.Purged);
        Assert.Equal(Refusal.Busy, Refused(undone!));
    }

    private static Refusal Refused(ActOutcome outcome) => Assert.IsType<ActOutcome.Refused>(outcome).Reason;
}
