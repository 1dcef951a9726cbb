namespace Ops.Locks.Tests.Classify;

public sealed class KernelLockTests
{
    private static readonly FileFacts Box = Given.Mailbox();
    private static readonly ProcessFacts Holder = Given.Process(10);
    private static readonly ProcessFacts Other = Given.Process(11);

    [Fact]
    public void Every_process_that_shares_an_inherited_lock_is_a_holder()
    {
        var found = KernelLockClassifier.Classify(Given.Host(locks: [Given.Lock(Box, LockClass.Flock, LockMode.Write, PathState.Current, Holder, Other)]));
        Assert.Equal([10, 11], found.Select(v => v.Verdict.Owner.Pid));
        Assert.All(found, v => Assert.Equal(VerdictWord.Held, v.Verdict.Word));
    }

    [Fact]
    public void A_write_lock_on_a_removed_mailbox_is_a_ghost_write_and_on_any_other_removed_file_held()
    {
        var removed = Given.Lock(Box, LockClass.Posix, LockMode.Write, PathState.Deleted, Holder);
        VerdictWord Word(MailboxLook? look, LockEntry entry) =>
            Assert.Single(KernelLockClassifier.Classify(Given.Host(locks: [entry]) with { MailboxLooks = look is null ? [] : new Dictionary<FileIdentity, MailboxLook> { [Box.Identity] = look } })).Verdict.Word;
        Assert.Equal(VerdictWord.GhostWrite, Word(new MailboxLook(MailboxFormat.Babyl, 10, null, null), removed));
        Assert.Equal(VerdictWord.Held, Word(new MailboxLook(MailboxFormat.None, 10, null, null), removed));
        Assert.Equal(VerdictWord.Held, Word(null, removed));
        var handle = Given.Lock(Given.File("/tmp/.fe00.32", inode: 50), LockClass.Posix, LockMode.Write, PathState.Deleted, Holder);
        Assert.Equal(VerdictWord.Held, Word(new MailboxLook(MailboxFormat.Mbox, 10, null, null), handle));
    }

    [Fact]
    public void A_lock_without_a_visible_holder_is_held_not_stale()
    {
        var verdict = Assert.Single(KernelLockClassifier.Classify(Given.Host(locks: [Given.Lock(Box)]))).Verdict;
        Assert.Equal(VerdictWord.Held, verdict.Word);
        Assert.Equal(Answer.Unknown, verdict.Owner.IsAlive);
        Assert.Empty(verdict.Actions);
    }

    [Fact]
    public void A_writer_waits_for_every_reader_though_the_kernel_names_one()
    {
        var found = KernelLockClassifier.Classify(Given.Host(locks:
        [
            Given.Lock(Box, LockClass.Posix, LockMode.Read, PathState.Current, Holder),
            Given.Lock(Box, LockClass.Posix, LockMode.Read, PathState.Current, Other),
            Given.Waiter(Box, Given.Process(12)),
        ]));
        Assert.Equal([10, 11], found[2].BlockedBy);
        Assert.Equal(VerdictWord.Waiting, found[2].Verdict.Word);
        Assert.Single(found.Select(v => v.Group).Distinct());
    }

    [Fact]
    public void A_flock_does_not_block_a_record_lock()
    {
        var found = KernelLockClassifier.Classify(Given.Host(locks:
            [Given.Lock(Box, LockClass.Flock, LockMode.Write, PathState.Current, Holder), Given.Waiter(Box, Other)]));
        Assert.Empty(found[1].BlockedBy);
        Assert.NotEqual(found[0].Group, found[1].Group);
    }

    [Fact]
    public void A_write_lock_on_an_inode_that_its_path_no_longer_names_is_a_ghost_write()
    {
        var found = KernelLockClassifier.Classify(Given.Host(locks: [Given.Lock(Box, LockClass.Posix, LockMode.Write, PathState.Replaced, Holder)]));
        Assert.Equal(VerdictWord.GhostWrite, Assert.Single(found).Verdict.Word);
    }

    [Fact]
    public void A_waiter_for_a_replaced_file_is_warned_that_its_mail_will_be_lost()
    {
        var found = KernelLockClassifier.Classify(Given.Host(locks: [Given.Waiter(Box, Holder, PathState.Replaced)]));
        Assert.Contains("will be lost", Assert.Single(found).Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_removed_file_is_no_ghost_write_by_itself()
    {
        // Exim unlinks a finished -D file before it closes it: a lock on an inode without a name is normal for a moment.
        var found = KernelLockClassifier.Classify(Given.Host(locks: [Given.Lock(Box, LockClass.Posix, LockMode.Write, PathState.Deleted, Holder)]));
        Assert.Equal(VerdictWord.Held, Assert.Single(found).Verdict.Word);
    }

    [Theory]
    [InlineData(0UL, 9UL, 10UL, null, false)]
    [InlineData(0UL, 10UL, 10UL, null, true)]
    [InlineData(0UL, null, 500UL, 600UL, true)]
    public void Ranges_conflict_when_they_touch(ulong start, ulong? end, ulong otherStart, ulong? otherEnd, bool conflict)
    {
        KernelLock Row(ulong from, ulong? to) => new(1, 0, LockClass.Posix, "ADVISORY", LockMode.Write, 1, Box.Identity, from, to);
        Assert.Equal(conflict, KernelLockClassifier.Conflicts(Row(start, end), Row(otherStart, otherEnd)));
    }

    [Theory]
    [InlineData(PathState.Replaced)]
    [InlineData(PathState.Deleted)]
    public void A_lock_on_a_lock_file_that_lost_its_name_loses_no_mail_but_keeps_no_process_out(PathState state)
    {
        var verdict = Assert.Single(KernelLockClassifier.Classify(Given.Host(locks: [Given.Lock(Given.File("/tmp/.fe00.32"), LockClass.Flock, LockMode.Write, state, Holder)]))).Verdict;
        Assert.Equal((VerdictWord.Held, "exim"), (verdict.Word, verdict.System));
        Assert.Contains("a process that opens the name now gets the lock as well", verdict.Summary, StringComparison.Ordinal);
    }
}
