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
    public void A_writer_without_a_lock_on_the_old_mailbox_is_reported_with_the_descriptor()
    {
        var found = Assert.Single(GhostMailbox.OfWriters(Given.Host([Postfix]), [new GhostFile(Given.Open(Old, Postfix), Old.Path, New, IsMailbox: true)]));
        Assert.Equal(VerdictWord.GhostWrite, found.Verdict.Word);
        Assert.Contains("descriptor 4", found.Verdict.Evidence[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Writers_and_waiters_of_a_removed_mailbox_lose_mail_as_well_and_are_reported_with_a_descriptor_to_rescue_it_by()
    {
        var host = Given.Host([Postfix], [Given.Waiter(Old, Postfix, PathState.Deleted)]) with { MailboxLooks = Looks(MailboxFormat.Mmdf) };
        var waiters = Assert.Single(GhostMailbox.OfWaiters(host));
        Assert.Equal("pid 10 (local) waits for a mailbox that was removed: mail delivered there will be lost.", waiters.Verdict.Summary);
        Assert.Equal((RelationKind.GhostWaiters, 6), (waiters.Kind, waiters.Descriptor));
        var writers = Assert.Single(GhostMailbox.OfWriters(Given.Host([Postfix]), [new GhostFile(Given.Open(Old, Postfix), Old.Path, null, IsMailbox: true)]));
        Assert.Equal("pid 10 (local) can write to a mailbox that was removed: what is written there is lost when it is closed.", writers.Verdict.Summary);
        Assert.Equal((RelationKind.GhostWriters, 4), (writers.Kind, writers.Descriptor));
    }

    [Fact]
    public void A_removed_file_without_signs_of_a_mailbox_loses_nothing()
    {
        Assert.Empty(GhostMailbox.OfWaiters(Given.Host([Postfix], [Given.Waiter(Old, Postfix, PathState.Deleted)])));
        Assert.Empty(GhostMailbox.OfWaiters(Given.Host([Postfix], [Given.Waiter(Old, Postfix, PathState.Deleted)]) with { MailboxLooks = Looks(MailboxFormat.None) }));
    }

    [Theory]
    [InlineData(true, MailboxFormat.Babyl, MailboxFormat.None, true)]    // replaced by a mailbox
    [InlineData(true, MailboxFormat.None, MailboxFormat.Mbox, true)]     // replaced by an empty file, and was a mailbox itself
    [InlineData(true, MailboxFormat.None, MailboxFormat.None, false)]
    [InlineData(false, MailboxFormat.None, MailboxFormat.Mbox, true)]
    [InlineData(false, MailboxFormat.None, MailboxFormat.None, false)]
    public void A_file_without_a_name_is_a_mailbox_by_what_has_its_name_now_or_by_its_own_first_bytes(bool isReplaced, MailboxFormat successor, MailboxFormat own, bool isMailbox) =>
        Assert.Equal(isMailbox, GhostFile.Of(Given.Open(Old, Postfix), Old.Path, isReplaced ? New : null, successor, new MailboxLook(own, 10, "mail", FileTime.From(Given.Now.AddDays(-2)))).IsMailbox);

    [Fact]
    public void A_writer_in_another_mount_namespace_is_reported_with_the_name_that_it_sees()
    {
        var open = Given.Open(Old, Postfix) with { Foreign = new ForeignView(FilePath.FromText("/mail/alice"), Given.Disk, Old.Path) };
        var found = Assert.Single(GhostMailbox.OfWriters(Given.Host([Postfix]), [new GhostFile(open, Old.Path, New, IsMailbox: true)]));
        Assert.Equal("pid 10 (local) is in another mount namespace, where the name is /mail/alice", found.Verdict.Evidence[^1].Detail);
    }

    private static Dictionary<FileIdentity, MailboxLook> Looks(MailboxFormat format) => new() { [Old.Identity] = new MailboxLook(format, 10, "mail", null) };

    [Fact]
    public void An_unlinked_scratch_file_and_one_that_is_no_mailbox_are_nobodys_loss() => Assert.Empty(GhostMailbox.OfWriters(Given.Host([Postfix]),
    [
        new GhostFile(Given.Open(Old, Postfix), Old.Path, null, IsMailbox: false),
        new GhostFile(Given.Open(Old, Postfix), Old.Path, New, IsMailbox: false),
    ]));

    [Fact]
    public void A_lock_on_the_old_mailbox_is_how_its_holder_is_reported() => Assert.Empty(GhostMailbox.OfWriters(
        Given.Host([Postfix], [Given.Lock(Old, LockClass.Posix, LockMode.Write, PathState.Replaced, Postfix)]),
        [new GhostFile(Given.Open(Old, Postfix), Old.Path, New, IsMailbox: true)]));
}
