namespace Ops.Locks.Tests.BetweenFindings;

public sealed class DotLockWaitersTests
{
    private static readonly ProcessFacts Holder = Given.Process(10, command: "sh");
    private static readonly ProcessFacts Poller = Given.Process(0x1092, command: "exim4");
    private static readonly FileFacts Box = Given.Mailbox();

    private static JudgedArtefact Judged(ArtefactFacts artefact, HostFacts host) =>
        new(artefact, ArtefactClassifier.Classify(artefact, host, JudgingOptions.Default)!);

    private static List<Relation> Find(HostFacts host, params ArtefactFacts[] artefacts) => [.. DotLockWaiters.Find([.. artefacts.Select(a => Judged(a, host))], host, static _ => false)];

    private static ArtefactFacts Lock(string text = "10\n") => Given.Artefact(Given.File("/var/mail/alice.lock", text, Modes.O644), Box);

    [Fact]
    public void A_living_process_with_a_hitching_post_waits_for_the_holder_of_the_lock()
    {
        var post = Given.Artefact(Given.File("/var/mail/alice.lock.mail1.6b016ba0.00001092", inode: 101));
        var found = Assert.Single(Find(Given.Host([Holder, Poller]), Lock(), post));
        Assert.Equal((VerdictWord.Waiting, ArtefactKind.DotLock, 0x1092), (found.Verdict.Word, found.Verdict.Kind, found.Verdict.Owner.Pid));
        Assert.Equal("/var/mail/alice.lock", found.Path.Text);
        Assert.Equal([10], found.BlockedBy);
    }

    [Fact]
    public void A_post_that_is_linked_to_the_lock_is_the_holders()
    {
        var path = FilePath.FromText("/var/mail/alice.lock.mail1.6b016ba0.00001092");
        var post = Given.Artefact(Given.File(path.Text, links: 2), twins: [FilePath.FromText("/var/mail/alice.lock")]);
        var held = Given.Artefact(Given.File("/var/mail/alice.lock", links: 2), Box, twins: [path]);
        Assert.Empty(Find(Given.Host([Poller]), held, post));
    }

    [Fact]
    public void The_post_of_an_ended_process_is_no_waiter() =>
        Assert.Empty(Find(Given.Host([Holder]), Lock(), Given.Artefact(Given.File("/var/mail/alice.lock.mail1.6b016ba0.00001092", inode: 101))));

    [Theory]
    [InlineData("alice.lock", 1)]
    [InlineData("/var/mail/alice", 1)]
    [InlineData("/srv/mail/alice.lock", 0)]
    [InlineData("bob.lock", 0)]
    public void A_post_whose_name_does_not_give_the_lock_counts_where_the_command_line_does(string argument, int count)
    {
        var dotlockfile = Given.Process(4242, command: "dotlockfile") with { CommandLine = ["dotlockfile", "-p", "-l", argument] };
        var post = Given.Artefact(Given.File("/var/mail/.lk04242amail1", "10\n", Modes.O644, inode: 101));
        Assert.Equal(count, Find(Given.Host([Holder, dotlockfile]), Lock(), post).Count);
    }

    [Fact]
    public void A_process_that_waits_for_a_stale_lock_is_blocked_by_no_living_one()
    {
        var post = Given.Artefact(Given.File("/var/mail/alice.lock.mail1.6b016ba0.00001092", inode: 101));
        var found = Assert.Single(Find(Given.Host([Poller]), Lock(), post));
        Assert.Empty(found.BlockedBy);
        Assert.Contains("stale", found.Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tool_without_a_hitching_post_is_recognised_by_its_command_line()
    {
        // Postfix makes none; lockfile(1) and exim_lock have theirs only for an instant.
        var postlock = Given.Process(4242, command: "postlock") with { CommandLine = ["postlock", "-l", "dotlock", "/var/mail/alice", "true"] };
        var found = Assert.Single(Find(Given.Host([Holder, postlock]), Lock()));
        Assert.Equal((VerdictWord.Waiting, 4242), (found.Verdict.Word, found.Verdict.Owner.Pid));
        Assert.Equal([10], found.BlockedBy);
        // With a command under way it has its lock, and where it sleeps in the kernel it waits for something else.
        Assert.Empty(Find(Given.Host([Holder, postlock, Given.Process(4243) with { ParentPid = 4242 }]), Lock()));
        Assert.Empty(Find(Given.Host([Holder, postlock], [Given.Waiter(Box, postlock)]), Lock()));
        Assert.Empty(Find(Given.Host([Holder, postlock with { CommandLine = ["postlock", "-l", "fcntl", "/var/mail/alice", "true"] }]), Lock()));
    }

    [Fact]
    public void A_dotlockfile_with_a_post_is_listed_once()
    {
        var dotlockfile = Given.Process(4242, command: "dotlockfile") with { CommandLine = ["dotlockfile", "-p", "-l", "/var/mail/alice.lock"] };
        Assert.Single(Find(Given.Host([Holder, dotlockfile]), Lock(), Given.Artefact(Given.File("/var/mail/.lk04242amail1", "10\n", Modes.O644, inode: 101))));
    }
}
