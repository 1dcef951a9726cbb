using System.Text;
using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class TakeoverTests
{
    public static TheoryData<string> FileSystems => [TestStore.OnDisk, TestStore.InMemory];

    [Theory, MemberData(nameof(FileSystems))]
    public void A_stale_lock_goes_to_quarantine_and_the_name_is_free(string fileSystem)
    {
        using var store = new TestStore(fileSystem);
        var plan = store.Plan(store.PlantStale());

        var outcome = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));

        Assert.False(File.Exists(store.Lock));
        Assert.Equal("4194999\n", File.ReadAllText(outcome.QuarantinePath.Text));
        Assert.Equal("4194999\n"u8.ToArray(), outcome.Removed.File.Content.Bytes);
        Assert.Equal(plan.Expected.Identity, outcome.Removed.File.Identity);
        Assert.Empty(outcome.Warnings);
        Assert.Empty(outcome.SettledWith);
        Assert.DoesNotContain(store.Ours(), n => n.Contains(Takeover.TemporaryPrefix, StringComparison.Ordinal) || n.EndsWith("own.json", StringComparison.Ordinal));
    }

    [Fact]
    public void While_the_lock_is_ours_it_looks_as_the_mail_system_writes_it()
    {
        using var store = new TestStore();
        var stale = store.PlantStale();
        FileFacts? ours = null;

        TestStore.TakeOver(store.Plan(stale), recheck: () =>
        {
            ours = TestStore.FactsOf(store.Lock);
            return null;
        });

        Assert.Equal(Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), ours!.Content.Bytes);
        Assert.Equal(0x1A4u, ours.Mode);
        Assert.Equal((stale.Uid, stale.Gid, 1u), (ours.Uid, ours.Gid, ours.LinkCount));
        Assert.NotEqual(stale.Identity, ours.Identity);
    }

    [Fact]
    public void Our_lock_belongs_to_the_owner_of_the_stale_one()
    {
        using var store = new TestStore();
        store.PlantStale();
        using (var directory = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value)
        using (var file = directory.OpenForLocking("alice.lock"u8).Value)
        {
            var given = file.SetOwner(4711, 4712);
            if (Accounts.EffectiveUserId != 0)
            {
                Assert.Equal(Errno.NotPermitted, given); // only root meets locks of others here
                return;
            }

            Assert.Equal(Errno.None, given);
        }

        FileFacts? ours = null;
        TestStore.TakeOver(store.Plan(TestStore.FactsOf(store.Lock)), recheck: () =>
        {
            ours = TestStore.FactsOf(store.Lock);
            return null;
        });

        Assert.Equal((4711u, 4712u), (ours!.Uid, ours.Gid));
    }

    [Fact]
    public void The_steps_are_reported_in_order_each_with_its_end()
    {
        using var store = new TestStore();
        var told = new Told();

        new Takeover().Run(store.Plan(store.PlantStale()), () => null, () => null, told);

        Assert.Equal(Enumerable.Range(1, 9), told.Steps.Where(s => s is { State: ActState.Running, Detail: null }).Select(s => s.Number));
        Assert.Equal(Enumerable.Range(1, 9), told.Steps.Where(s => s.State == ActState.Done).Select(s => s.Number));
    }

    [Fact]
    public void A_listener_that_throws_does_not_stop_it_half_way()
    {
        using var store = new TestStore();

        var outcome = new Takeover().Run(store.Plan(store.PlantStale()), () => null, () => null, new Throwing());

        Assert.IsType<ActOutcome.TakenOver>(outcome);
        Assert.False(File.Exists(store.Lock));
    }

    [Fact]
    public void A_refusal_by_the_look_before_leaves_everything_as_it_was()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());

        var outcome = TestStore.TakeOver(plan, verify: () => new(Refusal.OwnerAlive, "It lives."));

        Assert.Equal(new ActOutcome.Refused(Refusal.OwnerAlive, "It lives."), outcome);
        Assert.Empty(store.Ours());
        Assert.True(TestStore.FactsOf(store.Lock).IsUnchangedSince(plan.Expected));
    }

    [Fact]
    public void A_refusal_by_the_look_while_we_hold_it_puts_the_stale_lock_back()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());

        var outcome = Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(plan, recheck: () => new(Refusal.InUse, "Somebody came.")));

        Assert.True(outcome.WasPutBack);
        Assert.Equal(Refusal.InUse, outcome.Reason);
        Assert.Equal(plan.Expected.Identity, TestStore.FactsOf(store.Lock).Identity);
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_second_look_that_throws_puts_the_stale_lock_back()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());

        var outcome = Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(plan, recheck: () => throw new InvalidOperationException("no /proc")));

        Assert.True(outcome.WasPutBack);
        Assert.Contains("no /proc", outcome.Sentence, StringComparison.Ordinal);
        Assert.Equal(plan.Expected.Identity, TestStore.FactsOf(store.Lock).Identity);
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_first_look_that_throws_leaves_nothing_behind()
    {
        using var store = new TestStore();

        Assert.Throws<InvalidOperationException>(() => TestStore.TakeOver(store.Plan(store.PlantStale()), verify: () => throw new InvalidOperationException()));

        Assert.Empty(store.Ours());
    }

    [Fact]
    public void Cancelling_before_the_exchange_leaves_nothing_behind()
    {
        using var store = new TestStore();
        using var stop = new CancellationTokenSource();
        var plan = store.Plan(store.PlantStale()) with { Before = p => { if (p == TakeoverPoint.RecordOwn) { stop.Cancel(); } } };

        Assert.Throws<OperationCanceledException>(() => new Takeover().Run(plan, () => null, () => null, null, stop.Token));

        Assert.Empty(store.Ours());
        Assert.Equal(plan.Expected.Identity, TestStore.FactsOf(store.Lock).Identity);
    }

    [Fact]
    public void Cancelling_after_the_exchange_stops_nothing_but_the_watch()
    {
        using var store = new TestStore();
        using var stop = new CancellationTokenSource();
        var plan = store.Plan(store.PlantStale()) with
        {
            SettlePeriod = TimeSpan.FromHours(1),
            Before = p => { if (p == TakeoverPoint.Inspect) { stop.Cancel(); } },
        };

        Assert.IsType<ActOutcome.TakenOver>(new Takeover().Run(plan, () => null, () => null, null, stop.Token));
    }

    [Fact]
    public void A_lock_that_was_removed_before_is_already_gone()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());
        File.Delete(store.Lock);

        Assert.IsType<ActOutcome.AlreadyGone>(TestStore.TakeOver(plan));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_lock_that_is_removed_just_before_the_exchange_is_already_gone()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with { Before = p => { if (p == TakeoverPoint.Exchange) { File.Delete(store.Lock); } } };

        Assert.IsType<ActOutcome.AlreadyGone>(TestStore.TakeOver(plan));
        Assert.Equal(["mail/"], store.Names());
    }

    [Fact]
    public void A_lock_replaced_after_it_was_judged_is_left_alone()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());
        File.Delete(store.Lock);
        store.Write("alice.lock", "1\n");

        var outcome = Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.TakeOver(plan));

        Assert.NotNull(outcome.Found);
        Assert.Equal("1\n", File.ReadAllText(store.Lock));
        Assert.Empty(store.Ours());
    }

    [Theory, MemberData(nameof(FileSystems))]
    public void A_lock_taken_again_just_before_the_exchange_keeps_its_name(string fileSystem)
    {
        using var store = new TestStore(fileSystem);
        FileIdentity? fresh = null;
        var plan = store.Plan(store.PlantStale()) with
        {
            Before = p =>
            {
                if (p == TakeoverPoint.Exchange)
                {
                    File.Delete(store.Lock);
                    store.Write("alice.lock", "fresh\n");
                    fresh = TestStore.FactsOf(store.Lock).Identity;
                }
            },
        };

        var outcome = Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.TakeOver(plan));

        Assert.Equal(fresh, TestStore.FactsOf(store.Lock).Identity);
        Assert.Equal("fresh\n", File.ReadAllText(store.Lock));
        Assert.Equal(fresh, outcome.Found!.Identity);
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_lock_that_its_living_owner_writes_to_just_before_the_exchange_is_given_back()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with { Before = p => { if (p == TakeoverPoint.Exchange) { File.AppendAllText(store.Lock, "1\n"); } } };

        Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.TakeOver(plan));

        Assert.Equal(plan.Expected.Identity, TestStore.FactsOf(store.Lock).Identity);
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_displaced_lock_that_its_owner_releases_through_ours_is_not_brought_back()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with
        {
            Before = p =>
            {
                switch (p)
                {
                    case TakeoverPoint.Exchange:
                        File.Delete(store.Lock);
                        store.Write("alice.lock", "fresh\n");
                        break;
                    case TakeoverPoint.ExchangeBack:
                        File.Delete(store.Lock); // the fresh owner releases by name and removes ours
                        break;
                    default:
                        break;
                }
            },
        };

        Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.TakeOver(plan));
        Assert.Equal(["mail/"], store.Names());
    }

    [Fact]
    public void When_the_name_changes_hands_while_we_give_back_the_last_owner_has_it()
    {
        using var store = new TestStore();
        var times = 0;
        var plan = store.Plan(store.PlantStale()) with
        {
            Before = p =>
            {
                if (p == TakeoverPoint.Exchange || (p == TakeoverPoint.ExchangeBack && times < 3))
                {
                    File.Delete(store.Lock);
                    store.Write("alice.lock", $"owner {times++}\n");
                }
            },
        };

        Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.TakeOver(plan));

        Assert.Equal("owner 2\n", File.ReadAllText(store.Lock));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void Putting_back_never_takes_the_lock_from_a_process_that_has_it_now()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());

        var outcome = TestStore.TakeOver(plan, recheck: () =>
        {
            File.Delete(store.Lock); // a cleaner by age takes ours away, somebody else acquires
            store.Write("alice.lock", "new owner\n");
            return new(Refusal.InUse, "Somebody came.");
        });

        Assert.IsType<ActOutcome.ChangedMeanwhile>(outcome);
        Assert.Equal("new owner\n", File.ReadAllText(store.Lock));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void Release_does_not_remove_the_lock_of_one_who_acquired_after_ours_was_taken_away()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with
        {
            Before = p =>
            {
                if (p == TakeoverPoint.Release)
                {
                    File.Delete(store.Lock);
                    store.Write("alice.lock", "new owner\n");
                }
            },
        };

        var outcome = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));

        Assert.Equal("new owner\n", File.ReadAllText(store.Lock));
        Assert.Equal("new owner\n"u8.ToArray(), Assert.Single(outcome.SettledWith).File.Content.Bytes);
    }

    [Fact]
    public void A_removed_temporary_name_after_the_exchange_does_not_make_us_keep_the_lock()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with { Before = p => { if (p == TakeoverPoint.Inspect) { RemoveTemporary(store); } } };

        Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.TakeOver(plan));
        Assert.Equal(["mail/"], store.Names());
    }

    [Fact]
    public void A_removed_temporary_name_before_the_exchange_makes_us_refuse()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with { Before = p => { if (p == TakeoverPoint.Exchange) { RemoveTemporary(store); } } };

        Assert.Equal(Refusal.Changed, Refused(TestStore.TakeOver(plan)));
        Assert.Equal(["mail/", "mail/alice.lock"], store.Names());
    }

    [Fact]
    public void Another_break_in_the_directory_is_waited_for_and_then_refused()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());
        using var other = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value;
        Assert.Equal(Errno.None, other.TryFlockExclusive());

        Assert.Equal(Refusal.Busy, Refused(TestStore.TakeOver(plan)));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_lock_outside_the_root_is_refused()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with { Root = FilePath.FromText(store.Root + "/mai") };

        Assert.Equal(Refusal.UnsafeDirectory, Refused(TestStore.TakeOver(plan)));
    }

    [Fact]
    public void A_path_that_climbs_out_of_the_root_is_refused()
    {
        using var store = new TestStore();
        var stale = store.PlantStale();
        var climbing = store.Plan(stale with { Path = FilePath.FromText(store.Mail + "/../../" + Path.GetFileName(store.Root) + "/mail/alice.lock") });

        Assert.Equal(Refusal.UnsafeDirectory, Refused(TestStore.TakeOver(climbing)));
    }

    [Fact]
    public void A_directory_reached_through_a_link_is_refused()
    {
        using var store = new TestStore();
        var stale = store.PlantStale();
        Directory.CreateSymbolicLink(Path.Join(store.Root, "link"), store.Mail);

        var plan = store.Plan(stale with { Path = FilePath.FromText(Path.Join(store.Root, "link", "alice.lock")) });

        Assert.Equal(Refusal.UnsafeDirectory, Refused(TestStore.TakeOver(plan)));
        Assert.True(File.Exists(store.Lock));
    }

    [Fact]
    public void A_symbolic_link_in_the_locks_place_is_refused_and_not_followed()
    {
        using var store = new TestStore();
        var target = store.Write("precious", "mail");
        File.CreateSymbolicLink(store.Lock, target);

        Assert.Equal(Refusal.Hostile, Refused(TestStore.TakeOver(store.Plan(TestStore.FactsOf(store.Lock)))));
        Assert.Equal("mail", File.ReadAllText(target));
        Assert.True(File.Exists(store.Lock));
    }

    [Fact]
    public void An_unknown_second_name_is_refused()
    {
        using var store = new TestStore();
        store.PlantStale();
        Link(store, "alice.lock", "elsewhere");

        Assert.Equal(Refusal.Hostile, Refused(TestStore.TakeOver(store.Plan(TestStore.FactsOf(store.Lock)))));
    }

    [Fact]
    public void A_known_hitching_post_is_allowed_and_stays()
    {
        using var store = new TestStore();
        store.PlantStale();
        Link(store, "alice.lock", "alice.lock.host.0001");
        var plan = store.Plan(TestStore.FactsOf(store.Lock)) with { Twins = [FilePath.FromText(store.In("alice.lock.host.0001"))] };

        Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));

        Assert.False(File.Exists(store.Lock));
        Assert.True(File.Exists(store.In("alice.lock.host.0001")));
    }

    [Fact]
    public void A_twin_that_is_another_file_now_is_refused()
    {
        using var store = new TestStore();
        store.PlantStale();
        Link(store, "alice.lock", "really");
        store.Write("said", "x");
        var plan = store.Plan(TestStore.FactsOf(store.Lock)) with { Twins = [FilePath.FromText(store.In("said"))] };

        Assert.Equal(Refusal.Changed, Refused(TestStore.TakeOver(plan)));
    }

    [Fact]
    public void An_operation_id_is_used_once()
    {
        using var store = new TestStore();
        var first = store.Plan(store.PlantStale());
        TestStore.TakeOver(first);

        var second = store.Plan(store.PlantStale()) with { OperationId = first.OperationId };

        Assert.Equal(Refusal.Changed, Refused(TestStore.TakeOver(second)));
        Assert.True(File.Exists(store.Lock));
        Assert.Equal(QuarantineState.Held, Assert.Single(Quarantine.List(store.RootPath, out _)).State);
    }

    [Fact]
    public void A_quarantine_that_another_user_can_read_is_not_used()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale());
        Directory.CreateDirectory(Path.Join(store.Root, ".ops-quarantine"));

        Assert.Equal(Refusal.System, Refused(TestStore.TakeOver(plan)));
        Assert.True(File.Exists(store.Lock));
    }

    [Fact]
    public void A_quarantine_that_is_a_link_is_not_followed()
    {
        using var store = new TestStore();
        using var elsewhere = new Scratch();
        var plan = store.Plan(store.PlantStale());
        Directory.CreateSymbolicLink(Path.Join(store.Root, ".ops-quarantine"), elsewhere.Path);

        Assert.Equal(Refusal.System, Refused(TestStore.TakeOver(plan)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere.Path));
    }

    [Fact]
    public void Names_that_are_not_utf8_are_taken_over_too()
    {
        using var store = new TestStore();
        byte[] name = [.. "caf"u8, 0xE9, .. ".lock"u8];
        using var directory = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value;
        directory.CreateExclusive(name, Modes.O644).Value.Dispose();
        using var pin = directory.OpenPathOnly(name).Value;

        var outcome = TestStore.TakeOver(store.Plan(FileLook.At(pin, FilePath.FromText(store.Mail).Join(name)).Value));

        Assert.IsType<ActOutcome.TakenOver>(outcome);
        Assert.Equal(Errno.NotFound, directory.Stat(name).Error);
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("ofd")]
    [InlineData("flock")]
    public void A_kernel_lock_on_the_mailbox_refuses(string kind)
    {
        using var store = new TestStore();
        store.Write("alice", "From x\n\n");
        using var holder = LockMaker.Start(kind, "write", store.Mailbox);
        var plan = store.Plan(store.PlantStale()) with { Mailbox = TestStore.FactsOf(store.Mailbox) };

        Assert.Equal(Refusal.InUse, Refused(TestStore.TakeOver(plan)));
        Assert.True(File.Exists(store.Lock));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_mailbox_that_was_replaced_refuses()
    {
        using var store = new TestStore();
        store.Write("alice", "From x\n\n");
        var plan = store.Plan(store.PlantStale()) with { Mailbox = TestStore.FactsOf(store.Mailbox) };
        store.Write("other", "From y\n\n");
        File.Move(store.In("other"), store.Mailbox, overwrite: true);

        Assert.Equal(Refusal.Changed, Refused(TestStore.TakeOver(plan)));
    }

    [Fact]
    public void A_mailbox_that_is_a_link_refuses_and_a_missing_one_is_not_made()
    {
        using var store = new TestStore();
        store.Write("alice", "From x\n\n");
        var plan = store.Plan(store.PlantStale()) with { Mailbox = TestStore.FactsOf(store.Mailbox) };
        File.Move(store.Mailbox, store.In("moved"));

        Assert.Equal(Refusal.Changed, Refused(TestStore.TakeOver(plan)));
        Assert.False(File.Exists(store.Mailbox));

        File.CreateSymbolicLink(store.Mailbox, store.In("moved"));
        Assert.Equal(Refusal.Hostile, Refused(TestStore.TakeOver(plan)));
    }

    [Fact]
    public void The_mailbox_is_locked_while_the_lock_is_ours_and_free_afterwards()
    {
        using var store = new TestStore();
        store.Write("alice", "From x\n\n");
        (Errno Ofd, Errno Flock)? during = null;
        var plan = store.Plan(store.PlantStale()) with { Mailbox = TestStore.FactsOf(store.Mailbox), MailboxIsMbox = true };

        var outcome = TestStore.TakeOver(plan, recheck: () =>
        {
            during = TryLock(store);
            return null;
        });

        Assert.Empty(Assert.IsType<ActOutcome.TakenOver>(outcome).Warnings);
        Assert.Equal((Errno.TryAgain, Errno.TryAgain), during);
        Assert.Equal((Errno.None, Errno.None), TryLock(store));
    }

    [Fact]
    public void Neither_content_nor_times_of_the_mailbox_change()
    {
        using var store = new TestStore();
        store.Write("alice", "From x\n\nhello\n\n");
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastAccessTimeUtc(store.Mailbox, old);
        var before = TestStore.FactsOf(store.Mailbox);

        TestStore.TakeOver(store.Plan(store.PlantStale()) with { Mailbox = before, MailboxIsMbox = true });

        var after = TestStore.FactsOf(store.Mailbox);
        Assert.True(after.IsUnchangedSince(before));
        Assert.Equal(before.AccessedAt, after.AccessedAt);
        Assert.Equal(before.Content.Bytes, after.Content.Bytes);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("From x\n\nhello\n\n", null)]
    [InlineData("From x\n\nhello\n", "blank line")]
    [InlineData("From x\n\nhel", "line break")]
    [InlineData("hello\n\n", "\"From \"")]
    public void The_end_of_an_mbox_is_a_warning_not_a_refusal(string content, string? warning)
    {
        using var store = new TestStore();
        store.Write("alice", content);
        var plan = store.Plan(store.PlantStale()) with { Mailbox = TestStore.FactsOf(store.Mailbox), MailboxIsMbox = true };

        var outcome = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));

        if (warning is null)
        {
            Assert.Empty(outcome.Warnings);
        }
        else
        {
            Assert.Contains(warning, Assert.Single(outcome.Warnings), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_watch_names_who_has_the_lock_next()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with { Before = p => { if (p == TakeoverPoint.Settle) { store.Write("alice.lock", "77\n"); } } };

        var outcome = Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan));

        var seen = Assert.Single(outcome.SettledWith);
        Assert.Equal("77\n"u8.ToArray(), seen.File.Content.Bytes);
        Assert.True(seen.StillThere);
        Assert.Equal(["No process took it.", "Taken once.", "Taken 2 times."], new[] { 0, 1, 2 }.Select(times => SettleWatch.Sentence([.. Enumerable.Repeat(seen, times)])));
    }

    [Fact]
    public void A_file_below_another_mount_goes_to_the_quarantine_of_that_mount()
    {
        using var outer = new TestStore();
        using var inner = new TestStore(TestStore.InMemory);

        // /dev and /dev/shm are two mounts everywhere, so a root of /dev has another file system below it; nothing is made in /dev when the way down
        // is only looked at.
        var directory = StoreDirectory.Open(FilePath.FromText("/dev"), FilePath.FromText(inner.Mail), out var refusal);

        Assert.Null(refusal);
        using (directory)
        {
            Assert.Equal("shm"u8.ToArray(), directory!.FindTopOfFileSystem().Value);
        }

        using var same = StoreDirectory.Open(outer.RootPath, FilePath.FromText(outer.Mail), out _);
        Assert.Empty(same!.FindTopOfFileSystem().Value);
    }

    [Fact]
    public void A_temporary_name_keeps_host_pid_and_operation_and_is_a_plain_name()
    {
        var id = Guid.NewGuid();
        var name = Takeover.TemporaryNameOf("a/b\n" + new string('x', 300), 77, id);

        Assert.StartsWith(".ops-takeover.a_b_xxx", name, StringComparison.Ordinal);
        Assert.EndsWith($".77.{id:N}", name, StringComparison.Ordinal);
        Assert.True(name.Length < 200);
    }

    private static Refusal Refused(ActOutcome outcome) => Assert.IsType<ActOutcome.Refused>(outcome).Reason;

    private static void RemoveTemporary(TestStore store) =>
        File.Delete(Directory.EnumerateFiles(store.Mail, Takeover.TemporaryPrefix + "*").Single());

    private static void Link(TestStore store, string name, string second)
    {
        using var directory = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value;
        Assert.Equal(Errno.None, FileDescriptor.Link(directory, Encoding.UTF8.GetBytes(name), directory, Encoding.UTF8.GetBytes(second)));
    }

    private static (Errno Ofd, Errno Flock) TryLock(TestStore store)
    {
        using var directory = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(store.Mail)).Value;
        using var mailbox = directory.OpenForLocking("alice"u8).Value;
        return (mailbox.TryOfdWriteLock(), mailbox.TryFlockExclusive());
    }

    private sealed class Told : IProgress<ActStep>
    {
        public List<ActStep> Steps { get; } = [];

        public void Report(ActStep value) => Steps.Add(value);
    }

    private sealed class Throwing : IProgress<ActStep>
    {
        public void Report(ActStep value) => throw new InvalidOperationException();
    }
}
