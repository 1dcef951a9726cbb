namespace Ops.Locks.Tests.BetweenFindings;

public sealed class GhostMailboxTests
{
    private static readonly FileFacts Old = Given.Mailbox(inode: 50);
    private static readonly FileFacts New = Given.Mailbox(inode: 51);
    private static readonly ProcessFacts Postfix = Given.Process(10, command: "local");

    [Fact]
    public void Who_waits_for_a_mailbox_that_was_replaced_will_lose_mail()
    {
        var found = Assert.Single(GhostMailbox.OfWaiters(Given.Host([Postfix], [Given.Waiter(Old, Postfix, PathState.Replaced)])));
        Assert.Equal((VerdictWord.GhostWrite, ArtefactKind.Mailbox), (found.Verdict.Word, found.Verdict.Kind));
        Assert.Equal("pid 10 (local) waits for a file that this name no longer leads to: mail delivered there will be lost.", found.Verdict.Summary);
    }

    [Fact]
    public void Who_waits_for_the_mailbox_of_today_does_not() =>
        Assert.Empty(GhostMailbox.OfWaiters(Given.Host([Postfix], [Given.Waiter(Old, Postfix)])));

    [Fact]
    public void Who_waits_for_a_replaced_lock_file_writes_no_mail() =>
        Assert.Empty(GhostMailbox.OfWaiters(Given.Host([Postfix], [Given.Waiter(Given.File("/tmp/.fe00.32"), Postfix, PathState.Replaced)])));

    [Fact]
    public void Who_has_the_old_mailbox_open_for_writing_without_a_lock_is_told_with_the_descriptor()
    {
        var found = Assert.Single(GhostMailbox.OfWriters(Given.Host([Postfix]), [new GhostFile(Given.Open(Old, Postfix), Old.Path, New, IsMailbox: true)]));
        Assert.Equal(VerdictWord.GhostWrite, found.Verdict.Word);
        Assert.Contains("descriptor 4", found.Verdict.Evidence[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unlinked_scratch_file_and_one_that_is_no_mailbox_are_nobodys_loss() => Assert.Empty(GhostMailbox.OfWriters(Given.Host([Postfix]),
    [
        new GhostFile(Given.Open(Old, Postfix), Old.Path, null, IsMailbox: false),
        new GhostFile(Given.Open(Old, Postfix), Old.Path, New, IsMailbox: false),
    ]));

    [Fact]
    public void Who_has_a_lock_on_the_old_mailbox_is_told_by_that_lock() => Assert.Empty(GhostMailbox.OfWriters(
        Given.Host([Postfix], [Given.Lock(Old, LockClass.Posix, LockMode.Write, PathState.Replaced, Postfix)]),
        [new GhostFile(Given.Open(Old, Postfix), Old.Path, New, IsMailbox: true)]));
}
