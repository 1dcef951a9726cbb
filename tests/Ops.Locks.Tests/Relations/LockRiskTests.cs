namespace Ops.Locks.Tests.BetweenFindings;

/// <summary>Locks that do not keep out whom they should: a writer without one, a holder that will lose its own, one that has lost it.</summary>
public sealed class LockRiskTests
{
    private static readonly FileFacts Box = Given.Mailbox(inode: 50);
    private static readonly ProcessFacts Holder = Given.Process(10, command: "python3") with { ParentPid = 100 };
    private static readonly ProcessFacts Writer = Given.Process(11, command: "script") with { ParentPid = 200 };

    private static OpenFile Open(ProcessFacts process, int descriptor, bool forWriting = true) => Given.Open(Box, process, forWriting) with { Descriptor = descriptor };

    private static HostFacts Host(IEnumerable<LockEntry> locks, params OpenFile[] open) => Given.Host([Holder, Writer], locks, open) with
    {
        MailboxLooks = new Dictionary<FileIdentity, MailboxLook> { [Box.Identity] = new(MailboxFormat.Mbox, 8, "mail", null) },
    };

    [Fact]
    public void A_writer_without_a_lock_next_to_a_holder_is_reported_and_nothing_is_offered()
    {
        var found = Assert.Single(UnlockedWriter.Find(Host([Given.Lock(Box, Holder)], Open(Holder, 5), Open(Writer, 3))));
        Assert.Equal((RelationKind.IncompatibleLocking, VerdictWord.Refused, Writer.Pid), (found.Kind, found.Verdict.Word, found.Verdict.Owner.Pid));
        Assert.StartsWith("pid 11 (script) can write to this mailbox without a lock while pid 10 (python3) has it locked.", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Empty(found.Verdict.Actions);
        Assert.Equal(Box.Path, found.Mailbox);
    }

    [Fact]
    public void Readers_waiters_children_processes_of_the_same_program_and_files_that_are_no_mailbox_are_not_warned_of()
    {
        LockEntry[] held = [Given.Lock(Box, Holder)];
        Assert.Empty(UnlockedWriter.Find(Host(held, Open(Writer, 3, forWriting: false))));
        Assert.Empty(UnlockedWriter.Find(Host([.. held, Given.Waiter(Box, Writer)], Open(Writer, 3))));
        Assert.Empty(UnlockedWriter.Find(Host(held, Open(Writer with { ParentPid = Holder.Pid }, 3))));
        Assert.Empty(UnlockedWriter.Find(Host(held, Open(Writer with { Command = Holder.Command }, 3))));
        Assert.Empty(UnlockedWriter.Find(Host(held, Open(Writer, 3)) with { MailboxLooks = new Dictionary<FileIdentity, MailboxLook>() }));
        // The lock of a holder that was not found may be the writer's own.
        Assert.Empty(UnlockedWriter.Find(Host([.. held, Given.Lock(Box, LockClass.Flock, LockMode.Write, PathState.Current)], Open(Writer, 3))));
    }

    [Fact]
    public void A_holder_of_a_posix_lock_with_two_descriptors_is_warned_that_closing_one_drops_it()
    {
        var found = Assert.Single(SecondDescriptor.Find(Host([Given.Lock(Box, Holder)], Open(Holder, 5), Open(Holder, 7, forWriting: false))));
        Assert.Equal((RelationKind.LockAtRisk, VerdictWord.Refused), (found.Kind, found.Verdict.Word));
        Assert.Contains("open as descriptors 5, 7", found.Verdict.Evidence[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Locks_of_an_open_file_and_two_processes_with_one_descriptor_each_are_at_no_risk()
    {
        Assert.Empty(SecondDescriptor.Find(Host([Given.Lock(Box, LockClass.Flock, LockMode.Write, PathState.Current, Holder)], Open(Holder, 5), Open(Holder, 7))));
        Assert.Empty(SecondDescriptor.Find(Host([Given.Lock(Box, LockClass.Ofd, LockMode.Write, PathState.Current, Holder)], Open(Holder, 5), Open(Holder, 7))));
        Assert.Empty(SecondDescriptor.Find(Host([Given.Lock(Box, Holder)], Open(Holder, 5), Open(Writer, 7))));
    }

    [Fact]
    public void A_lock_that_went_with_one_of_two_descriptors_is_lost_while_the_other_can_write()
    {
        var holds = LostLock.Holds(Host([Given.Lock(Box, Holder)], Open(Holder, 5), Open(Holder, 7)));
        var now = Host([], Open(Holder, 5));
        var found = Assert.Single(LostLock.Find(LostLock.Among(holds, now), now));
        Assert.Equal((RelationKind.LockLost, VerdictWord.Refused, 5), (found.Kind, found.Verdict.Word, found.Descriptor));
        Assert.Contains("descriptor 7 is closed", found.Verdict.Evidence[1].Detail, StringComparison.Ordinal);
        Assert.Contains("Unless it unlocked by itself", found.Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ordinary_unlock_is_not_called_lost()
    {
        var holds = LostLock.Holds(Host([Given.Lock(Box, Holder)], Open(Holder, 5), Open(Holder, 7)));
        Assert.Empty(LostLock.Among(holds, Host([], Open(Holder, 5), Open(Holder, 7))));                             // unlocked, closed nothing
        Assert.Empty(LostLock.Among(holds, Host([])));                                                              // closed both
        Assert.Empty(LostLock.Among(holds, Host([], Open(Holder, 5, forWriting: false))));                          // only reads on
        Assert.Empty(LostLock.Among(holds, Host([Given.Lock(Box, Holder)], Open(Holder, 5))));                      // has it again
        Assert.Empty(LostLock.Among(holds, Host([], Open(Holder, 9))));                                             // opened it again
        Assert.Empty(LostLock.Among(holds, Host([], Open(Holder with { Identity = Holder.Identity with { StartTicks = 1 } }, 5))));
        // With one descriptor Python's flush and any program's unlock look alike.
        Assert.Empty(LostLock.Holds(Host([Given.Lock(Box, Holder)], Open(Holder, 5))));
    }

    [Fact]
    public void A_look_with_gaps_proves_no_loss()
    {
        var holds = LostLock.Holds(Host([Given.Lock(Box, Holder)], Open(Holder, 5), Open(Holder, 7)));
        var now = Host([], Open(Holder, 5));
        Assert.Empty(LostLock.Among(holds, now with { Locks = new LockTable([], ["cut off"]) }));
    }
}
