namespace Ops.Locks.Tests.BetweenFindings;

public sealed class DeadlockTests
{
    private static readonly FileFacts Box = Given.Mailbox();
    private static readonly FileFacts Lock = Given.File("/var/mail/alice.lock", "10\n", Modes.O644);
    private static readonly ProcessFacts Exim = Given.Process(10, command: "exim4") with { ParentPid = 2 };
    private static readonly ProcessFacts Mutt = Given.Process(20, Given.Now.AddHours(-1), command: "mutt") with { ParentPid = 3 };

    private static HostFacts Host(params LockEntry[] locks) => Given.Host([Exim, Mutt], locks);

    private static Relation? Find(HostFacts host, params Wait[] polling) =>
        Deadlock.Find(WaitGraph.From(KernelLockClassifier.Classify(host), []).With(polling), host).SingleOrDefault();

    private static Wait Polls(ProcessFacts who, ProcessFacts whom, WaitBy by = WaitBy.Polling) => new(who.Pid, whom.Pid, Lock.Path.Display, by, Box.Path);

    [Fact]
    public void A_circle_over_both_locks_of_a_mailbox_names_commands_files_and_the_mailbox()
    {
        var found = Find(Host(Given.Lock(Box, Mutt), Given.Waiter(Box, Exim)), Polls(Mutt, Exim))!;
        Assert.Equal((RelationKind.Deadlock, VerdictWord.Waiting, Box.Path), (found.Kind, found.Verdict.Word, found.Mailbox));
        Assert.Equal([10, 20], found.Cycle);
        Assert.StartsWith("Deadlock: pid 10 (exim4) waits for pid 20 (mutt) (for /var/mail/alice), which waits for pid 10 (exim4) (for /var/mail/alice.lock).", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Equal(2, found.Verdict.Evidence.Count(e => e.Question == Questions.WaitsFor));
        Assert.Empty(found.Verdict.Actions);
    }

    [Fact]
    public void The_one_that_has_nothing_locked_for_writing_is_proposed()
    {
        var found = Find(Host(Given.Lock(Box, Mutt), Given.Waiter(Box, Exim)), Polls(Mutt, Exim))!;
        Assert.Equal(10, found.Verdict.Owner.Pid);
        Assert.Contains("Ending pid 10 (exim4) costs least", found.Verdict.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lockfile", "", "It does not resolve by itself")]
    [InlineData("lockfile", "-r 3", "It resolves by itself when pid 20 (lockfile) gives up")]
    [InlineData("dotlockfile", "", "It resolves by itself when pid 20 (dotlockfile) gives up")]
    [InlineData("dotlockfile", "-r -1", "It does not resolve by itself")]
    [InlineData("postlock", "", "It resolves by itself when pid 20 (postlock) gives up")]
    [InlineData("mutt", "", "It resolves by itself only if pid 20 (mutt) gives up, which is not known of it")]
    public void Whether_it_ends_by_itself_is_the_pollers_rule(string command, string options, string expected)
    {
        var poller = Mutt with { Command = command, CommandLine = [command, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "/var/mail/alice.lock"] };
        var host = Given.Host([Exim, poller], [Given.Lock(Box, poller), Given.Waiter(Box, Exim)]);
        Assert.Contains(expected, Find(host, Polls(poller, Exim))!.Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_very_likely_is_said_to_be_that()
    {
        var found = Find(Host(Given.Lock(Box, Mutt), Given.Waiter(Box, Exim)), Polls(Mutt, Exim, WaitBy.Likely))!;
        Assert.Contains("which very likely waits for pid 10 (exim4)", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Equal(Answer.Unknown, found.Verdict.Evidence[1].Answer);
    }

    [Fact]
    public void A_chain_with_an_end_is_no_deadlock() => Assert.Null(Find(Host(Given.Lock(Box, Mutt), Given.Waiter(Box, Exim))));

    [Fact]
    public void One_that_has_ended_in_between_is_in_no_deadlock() =>
        Assert.Null(Find(Given.Host([Exim], [Given.Lock(Box, Mutt), Given.Waiter(Box, Exim)]), Polls(Mutt, Exim)));
}

public sealed class LikelyWaitsTests
{
    private static readonly FileFacts Box = Given.Mailbox();
    private static readonly FileFacts Lock = Given.File("/var/mail/alice.lock");
    private static readonly ProcessFacts Postfix = Given.Process(10, command: "local") with { ParentPid = 2 };
    private static readonly ProcessFacts Imap = Given.Process(20, command: "imap") with { ParentPid = 3 };

    private static List<Wait> Find(bool wants, Func<ProcessFacts, bool?> wakes, params LockEntry[] locks) =>
        [.. LikelyWaits.Find([new HeldDotLock(Lock, Box, Postfix, wants)], Given.Host([Postfix, Imap], locks), wakes)];

    [Fact]
    public void One_that_has_the_kernel_lock_and_wakes_again_and_again_very_likely_tries_for_the_dot_lock() =>
        Assert.Equal([(20, 10)], Find(false, _ => true, Given.Lock(Box, Imap)).Select(w => (w.Waiter, w.Blocker)));

    [Fact]
    public void One_that_has_the_dot_lock_and_tries_for_the_kernel_lock_without_its_queue_waits_for_the_holder() =>
        Assert.Equal([(20, 10), (10, 20)], Find(true, _ => true, Given.Lock(Box, Imap)).Select(w => (w.Waiter, w.Blocker)));

    [Theory]
    [InlineData(false)]
    [InlineData(null)]
    public void One_that_works_or_of_which_nothing_is_known_is_not_said_to_wait(bool? wakes) => Assert.Empty(Find(true, _ => wakes, Given.Lock(Box, Imap)));

    [Fact]
    public void One_that_the_kernel_has_in_a_queue_waits_for_that_lock() =>
        Assert.Empty(Find(true, _ => true, Given.Lock(Box, Postfix), Given.Waiter(Box, Imap)));

    [Fact]
    public void A_program_and_what_it_runs_under_its_lock_work_together() => Assert.Empty(LikelyWaits.Find(
        [new HeldDotLock(Lock, Box, Postfix, true)], Given.Host([Postfix, Imap with { ParentPid = 10 }], [Given.Lock(Box, Imap with { ParentPid = 10 })]), _ => true));

    [Fact]
    public void A_mailbox_without_a_lock_makes_no_process_wait() => Assert.Empty(Find(true, _ => true));
}
