namespace Ops.Locks.Tests.BetweenFindings;

/// <summary>Who waits for a dot lock that another has, with nothing on disk and nothing in its arguments that shows it.</summary>
public sealed class SilentWaitersTests
{
    private static readonly ProcessFacts Holder = Given.Process(10, command: "sh");
    private static readonly FileFacts Box = Given.Mailbox(uid: 1000);
    private static readonly FileFacts LockFile = Given.File("/var/mail/alice.lock", "10\n", Modes.O644);

    private static List<Relation> Find(HostFacts host, FileFacts? file = null, FileFacts? mailbox = null, bool? sleeps = true)
    {
        var artefact = Given.Artefact(file ?? LockFile, mailbox ?? Box);
        return [.. DotLockWaiters.Find([new JudgedArtefact(artefact, ArtefactClassifier.Classify(artefact, host, JudgingOptions.Default)!)], host, _ => sleeps)];
    }

    private static HostFacts Watching(HostFacts host, ProcessFacts process, FileIdentity file) =>
        host with { OpenFiles = host.OpenFiles with { Watches = [new FileWatch(new FileIdentity(Given.Disk.Major, Given.Disk.Minor, file.Inode), process)] } };

    [Theory]
    [InlineData("local")]
    [InlineData("virtual")]
    [InlineData("imap")]
    [InlineData("pop3")]
    [InlineData("dovecot-lda")]
    public void A_program_that_polls_and_has_the_mailbox_open_for_writing_probably_waits(string command)
    {
        var poller = Given.Process(11, command: command);
        var found = Assert.Single(Find(Given.Host([Holder, poller], open: [Given.Open(Box, poller)])));
        Assert.Equal((VerdictWord.Waiting, 11, true), (found.Verdict.Word, found.Verdict.Owner.Pid, found.IsLikely));
        Assert.Equal([10], found.BlockedBy);
        Assert.Equal("/var/mail/alice", found.Mailbox?.Text);
        Assert.Contains("probably waits", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Contains("has the mailbox open for writing, is a program that tries again and again for this lock, and sleeps on a timer, as between two tries", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Equal(Answer.Unknown, found.Verdict.Of(Questions.WaitsFor)!.Answer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(null)]
    public void One_that_does_not_sleep_on_a_timer_or_of_which_that_is_not_known_is_no_waiter(bool? sleeps)
    {
        // An idle session has the mailbox open as well, and one that works under the kernel lock alone lacks the dot lock too.
        var imap = Given.Process(11, command: "imap");
        Assert.Empty(Find(Given.Host([Holder, imap, Given.Process(12, command: "local", uid: 1000)], [Given.Lock(Box, imap)], [Given.Open(Box, imap)]), sleeps: sleeps));
        Assert.Single(Find(Watching(Given.Host([Holder, imap], open: [Given.Open(Box, imap)]), imap, LockFile.Identity), sleeps: sleeps));
    }

    [Theory]
    [InlineData("doveadm", "doveadm flags add -u alice ALL", 1)]
    [InlineData("dovecot-lda", "dovecot-lda -d alice", 1)]
    [InlineData("doveadm", "doveadm flags add -u bob ALL", 0)]
    [InlineData("imap", "imap -u alice", 0)]
    public void A_program_that_was_called_for_the_user_probably_waits(string command, string line, int count)
    {
        var found = Find(Given.Host([Holder, Given.Process(11, command: command) with { CommandLine = line.Split(' ') }]));
        Assert.Equal(count, found.Count);
        Assert.All(found, f => Assert.Contains("was called for the user of this name", f.Verdict.Summary, StringComparison.Ordinal));
    }

    [Fact]
    public void A_reader_and_a_program_that_takes_no_such_lock_wait_for_nothing()
    {
        var (reader, editor) = (Given.Process(11, command: "imap"), Given.Process(12, command: "vi"));
        Assert.Empty(Find(Given.Host([Holder, reader, editor], open: [Given.Open(Box, reader, forWriting: false), Given.Open(Box, editor)])));
    }

    [Fact]
    public void A_program_that_watches_the_lock_waits_for_it()
    {
        var imap = Given.Process(11, command: "imap");
        var found = Assert.Single(Find(Watching(Given.Host([Holder, imap], open: [Given.Open(Box, imap, forWriting: false)]), imap, LockFile.Identity)));
        Assert.Equal((VerdictWord.Waiting, false), (found.Verdict.Word, found.IsLikely));
        Assert.Contains("watches it (inotify) and has the mailbox open", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Equal(Answer.Yes, found.Verdict.Of(Questions.WaitsFor)!.Answer);
        // Without the mailbox it is known by its name; a program that only watches files is none that waits.
        Assert.Single(Find(Watching(Given.Host([Holder, imap]), imap, LockFile.Identity)));
        var tail = Given.Process(12, command: "tail");
        Assert.Empty(Find(Watching(Given.Host([Holder, tail]), tail, LockFile.Identity)));
    }

    [Fact]
    public void A_watch_of_the_same_number_on_another_file_system_is_a_watch_of_another_file()
    {
        var imap = Given.Process(11, command: "imap");
        var host = Given.Host([Holder, imap]);
        Assert.Empty(Find(host with { OpenFiles = host.OpenFiles with { Watches = [new FileWatch(new FileIdentity(8, 1, LockFile.Identity.Inode), imap)] } }));
    }

    [Fact]
    public void A_watch_of_the_directory_adds_to_an_open_mailbox_and_is_nothing_by_itself()
    {
        var imap = Given.Process(11, command: "imap");
        var directory = Given.Directory().Identity;
        var found = Assert.Single(Find(Watching(Given.Host([Holder, imap], open: [Given.Open(Box, imap)]), imap, directory)));
        Assert.Contains("watches its directory", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.True(found.IsLikely);
        Assert.Empty(Find(Watching(Given.Host([Holder, imap], open: [Given.Open(Box, imap, forWriting: false)]), imap, directory)));
    }

    [Fact]
    public void A_delivery_agent_with_the_rights_of_the_mailboxs_owner_probably_waits()
    {
        var local = Given.Process(11, command: "local", uid: 1000);
        var found = Assert.Single(Find(Given.Host([Holder, local, Given.Process(12, command: "local", uid: 89), Given.Process(13, command: "imap", uid: 1000)])));
        Assert.Equal((11, true), (found.Verdict.Owner.Pid, found.IsLikely));
        Assert.Contains("uid 1000", found.Verdict.Summary, StringComparison.Ordinal);
        // Root's rights are those of any step.
        Assert.Empty(Find(Given.Host([Holder, local with { EffectiveUid = 0 }]), mailbox: Box with { Uid = 0 }));
    }

    [Fact]
    public void A_delivery_agent_waits_for_a_stale_lock_too()
    {
        var local = Given.Process(11, command: "local", uid: 1000);
        var found = Assert.Single(Find(Given.Host([local]), LockFile with { Uid = 1000 }));
        Assert.Empty(found.BlockedBy);
        Assert.Contains("it is stale", found.Verdict.Summary, StringComparison.Ordinal);
        // With the mailbox open it keeps the lock from being called stale, and still waits for what its dead owner left.
        found = Assert.Single(Find(Given.Host([local], open: [Given.Open(Box, local)]), LockFile with { Uid = 1000 }));
        Assert.Contains("whose owner is gone", found.Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void The_holder_is_never_its_own_waiter()
    {
        // By its text, by its child, and where nothing says who the holder is.
        var holder = Given.Process(10, command: "imap", uid: 1000);
        var child = Given.Process(11, command: "local", uid: 1000) with { ParentPid = 10 };
        FileFacts[] locks = [LockFile, Given.File("/var/mail/alice.lock", "10:mail1"), Given.File("/var/mail/alice.lock", "", 0)];
        foreach (var file in locks)
        {
            Assert.Empty(Find(Given.Host([holder, child], open: [Given.Open(Box, holder), Given.Open(Box, child)]), file));
            Assert.Empty(Find(Given.Host([holder], [Given.Lock(Box, holder)], [Given.Open(Box, holder)]), file));
        }
        Assert.Empty(Find(Watching(Given.Host([holder], open: [Given.Open(Box, holder)]), holder, LockFile.Identity)));
        // By its number in a container, where whether it is the holder is unknown.
        var inside = Given.Process(4711, Given.Now, "imap", uid: 1000, nspids: [4711, 10]);
        Assert.Empty(Find(Given.Host([inside], open: [Given.Open(Box, inside)], allProcesses: false)));
    }

    [Fact]
    public void Who_is_queued_in_the_kernel_waits_for_something_else()
    {
        var imap = Given.Process(11, command: "imap");
        Assert.Empty(Find(Given.Host([Holder, imap], [Given.Waiter(Box, imap)], [Given.Open(Box, imap)])));
        // One that has the kernel lock of the mailbox lacks the dot lock.
        Assert.Single(Find(Given.Host([Holder, imap], [Given.Lock(Box, imap)], [Given.Open(Box, imap)])));
    }

    [Fact]
    public void A_likely_wait_closes_no_circle_and_proves_no_habit()
    {
        var imap = Given.Process(11, command: "imap");
        var host = Given.Host([Holder, imap], [Given.Lock(Box, imap)], [Given.Open(Box, imap)]);
        var artefact = Given.Artefact(LockFile, Box);
        JudgedArtefact[] judged = [new(artefact, ArtefactClassifier.Classify(artefact, host, JudgingOptions.Default)!)];
        List<Relation> relations = [.. DotLockWaiters.Find(judged, host, static _ => true)];
        Assert.Single(relations);
        Assert.Empty(WaitGraph.From([], relations).Waits);
        Assert.DoesNotContain(LockingSights.Of(judged, relations, host, static _ => true), s => s.Waits == LockingStep.DotLock);
    }
}
