namespace Ops.Locks.Tests.Breaking;

public sealed class LadderTests
{
    private const int Self = 500;
    private static readonly ProcessFacts Holder = Given.Process(42);
    private static readonly ProtectedProcesses Nobody = ProtectedProcesses.Of(new ProcessTable(new Dictionary<int, ProcessFacts> { [Self] = Given.Process(Self) }, true, null), Self);
    private static readonly FileFacts Mailbox = Given.Mailbox();

    private static BreakDecision.Refused? Refuse(ProcessFacts? now, OperatorAction action = OperatorAction.Terminate, bool takesPart = true, ProtectedProcesses? those = null) =>
        Ladder.Refuse(action, Holder.Identity, now, takesPart, those ?? Nobody);

    [Fact]
    public void The_same_process_on_the_named_lock_may_be_ended() => Assert.Null(Refuse(Holder));

    [Fact]
    public void A_process_that_has_ended_is_gone()
    {
        Assert.Equal(Refusal.NotThere, Refuse(null)!.Reason);
        Assert.Equal(Refusal.NotThere, Refuse(Holder with { State = 'Z', LiveTasks = 0 })!.Reason);
    }

    [Fact]
    public void A_zombie_with_living_threads_has_not_ended() => Assert.Null(Refuse(Holder with { State = 'Z', LiveTasks = 2 }));

    [Fact]
    public void A_pid_that_was_given_to_another_process_is_refused()
    {
        Assert.Equal(Refusal.ProcessChanged, Refuse(Holder with { Identity = Holder.Identity with { StartTicks = Holder.Identity.StartTicks + 1 } })!.Reason);
        Assert.Equal(Refusal.ProcessChanged, Refuse(Holder with { Identity = Holder.Identity with { BootId = Guid.NewGuid() } })!.Reason);
    }

    [Fact]
    public void A_process_that_is_not_on_that_lock_any_more_is_refused() => Assert.Equal(Refusal.ProcessChanged, Refuse(Holder, takesPart: false)!.Reason);

    [Theory]
    [InlineData(OperatorAction.Ask)]
    [InlineData(OperatorAction.Terminate)]
    [InlineData(OperatorAction.Kill)]
    public void Process_1_of_the_host_or_of_a_container_is_never_touched(OperatorAction action)
    {
        var first = Given.Process(1);
        Assert.Equal(Refusal.ProtectedProcess, Ladder.Refuse(action, first.Identity, first, true, Nobody)!.Reason);
        Assert.Equal(Refusal.ProtectedProcess, Refuse(Given.Process(42, nspids: [42, 1]), action)!.Reason);
    }

    [Fact]
    public void A_kernel_thread_is_never_touched() => Assert.Equal(Refusal.ProtectedProcess, Refuse(Given.Process(42, kernel: true))!.Reason);

    [Fact]
    public void This_program_and_all_its_ancestors_are_never_touched()
    {
        var table = new ProcessTable(
            new[] { Given.Process(Self) with { ParentPid = 42 }, Holder with { ParentPid = 7 }, Given.Process(7), Given.Process(8) }.ToDictionary(p => p.Pid), true, null);
        var those = ProtectedProcesses.Of(table, Self);
        Assert.Equal(Refusal.ProtectedProcess, Refuse(Holder, those: those)!.Reason);
        Assert.NotNull(those.WhyProtected(Given.Process(Self)));
        Assert.NotNull(those.WhyProtected(Given.Process(7)));
        Assert.Null(those.WhyProtected(Given.Process(8)));
    }

    [Fact]
    public void Parents_that_form_a_circle_end_the_search()
    {
        var table = new ProcessTable(new[] { Given.Process(Self) with { ParentPid = 42 }, Holder with { ParentPid = Self } }.ToDictionary(p => p.Pid), true, null);
        Assert.Equal([42, Self], ProtectedProcesses.Of(table, Self).Own.Order());
    }

    [Fact]
    public void A_program_that_cannot_see_itself_ends_no_process() =>
        Assert.Equal(Refusal.ProtectedProcess, Refuse(Holder, those: ProtectedProcesses.Of(ProcessTable.Empty, Self))!.Reason);

    [Theory]
    [InlineData("/usr/bin/ops", "ops agent", true)]
    [InlineData("/usr/bin/dotnet", "/usr/bin/dotnet /srv/ops/Ops.Web.dll --data /var/lib/ops", true)]
    [InlineData("/srv/ops/Ops.Web", "Ops.Web", true)]
    [InlineData("/usr/bin/dotnet", "dotnet ops.dll agent", true)]
    [InlineData("/usr/sbin/popsd", "popsd", false)]
    [InlineData("/usr/bin/vi", "vi ops.dll.txt", false)]
    public void The_console_and_other_agents_of_this_host_are_never_touched(string executable, string commandLine, bool isOurs) =>
        Assert.Equal(isOurs ? Refusal.ProtectedProcess : null, Refuse(Holder with { Executable = executable, CommandLine = commandLine.Split(' ') })?.Reason);

    [Theory]
    [InlineData("/usr/lib/dovecot/imap", true)]
    [InlineData("/usr/libexec/dovecot/pop3 (deleted)", true)]
    [InlineData("/usr/lib/dovecot/imap-login", false)]
    [InlineData("/usr/lib/dovecot/anvil", false)]
    [InlineData("/home/eve/imap", false)]
    [InlineData(null, false)]
    public void Only_mail_sessions_of_Dovecot_can_be_asked(string? executable, bool isSession) =>
        Assert.Equal(isSession ? null : Refusal.NotOffered, Refuse(Holder with { Executable = executable }, OperatorAction.Ask)?.Reason);

    [Fact]
    public void A_living_holder_and_a_waiter_are_offered_for_ending_and_a_stale_lock_is_not()
    {
        var waiter = Given.Process(43);
        var host = Given.Host([Holder, waiter], [Given.Lock(Mailbox, Holder), Given.Waiter(Mailbox, waiter)]);
        Assert.All(KernelLockClassifier.Classify(host), v => Assert.Equal([OperatorAction.Terminate, OperatorAction.Kill], Ladder.Offers(v.Verdict, Nobody, canAsk: true)));
        var stale = ArtefactClassifier.Classify(Given.Artefact(Given.File("/var/mail/alice.lock", "4242\n", Modes.O644), Mailbox), Given.Host(), JudgingOptions.Default)!;
        Assert.Empty(Ladder.Offers(stale, Nobody, canAsk: true));
    }

    [Fact]
    public void A_ghost_writer_is_offered_for_rescue_even_if_it_may_not_be_ended()
    {
        var ghost = KernelLockClassifier.Classify(Given.Host([Holder], [Given.Lock(Mailbox, LockClass.Posix, LockMode.Write, PathState.Replaced, Holder)])).Single().Verdict;
        Assert.Equal([OperatorAction.Rescue, OperatorAction.Terminate, OperatorAction.Kill], Ladder.Offers(ghost, Nobody, canAsk: false));
        Assert.Equal([OperatorAction.Rescue], Ladder.Offers(ghost, Nobody with { Own = new HashSet<int> { 42 } }, canAsk: false));
    }

    [Fact]
    public void Asking_is_offered_for_a_Dovecot_session_where_its_tool_is_there()
    {
        var session = Holder with { Executable = "/usr/lib/dovecot/imap" };
        var verdict = KernelLockClassifier.Classify(Given.Host([session], [Given.Lock(Mailbox, session)])).Single().Verdict;
        Assert.Equal([OperatorAction.Ask, OperatorAction.Terminate, OperatorAction.Kill], Ladder.Offers(verdict, Nobody, canAsk: true));
        Assert.DoesNotContain(OperatorAction.Ask, Ladder.Offers(verdict, Nobody, canAsk: false));
    }

    [Fact]
    public void A_lock_that_a_child_shares_is_the_same_lock_after_its_parents_end()
    {
        var child = Given.Process(43);
        var was = Given.Lock(Mailbox, LockClass.Flock, LockMode.Write, PathState.Current, Holder, child);
        var after = Given.Lock(Mailbox, LockClass.Flock, LockMode.Write, PathState.Current, child);
        Assert.True(Ladder.IsSameLock(after, was));
        Assert.False(Ladder.IsSameLock(Given.Lock(Mailbox, LockClass.Flock, LockMode.Write, PathState.Current, Given.Process(44)), was));
    }

    [Fact]
    public void A_process_that_conflicts_on_that_file_is_in_the_way_afterwards()
    {
        var (next, other) = (Given.Process(43), Given.Process(44));
        var was = Given.Lock(Mailbox, Holder);
        var table = new LockTable(
            [Given.Lock(Mailbox, next), Given.Lock(Given.Mailbox("/var/mail/bob", 51), other), Given.Lock(Mailbox, LockClass.Flock, LockMode.Write, PathState.Current, other), Given.Waiter(Mailbox, other)],
            []);
        Assert.Equal(43, Assert.Single(Ladder.HoldersNow(table, was)).Parties.Single().Process.Pid);
    }

    [Fact]
    public void A_session_is_found_by_its_pid_in_what_doveadm_who_prints()
    {
        const string Table = "username\tservice\tpid\tip\nalice\timap\t42\t10.0.0.7\nbob\timap\t43\t\n";
        Assert.Equal(new DovecotSession("alice", "10.0.0.7"), DovecotSessions.Find(Table, 42));
        Assert.Equal(new DovecotSession("bob", null), DovecotSessions.Find(Table, 43));
        Assert.Null(DovecotSessions.Find(Table, 44));
    }

    [Theory]
    [InlineData("-f")]
    [InlineData("*")]
    [InlineData("a?ice")]
    [InlineData("al ice")]
    [InlineData("")]
    public void A_name_that_would_be_an_option_or_a_mask_is_never_handed_on(string user) =>
        Assert.Null(DovecotSessions.Find($"username\tservice\tpid\tip\n{user}\timap\t42\t10.0.0.7\n", 42));

    [Theory]
    [InlineData("")]
    [InlineData("username\tservice\tpid\tip\nalice\timap\t42\t10.0.0.7\nbob\timap\t42\t10.0.0.8\n")]
    [InlineData("username\tservice\tpid\tip\nalice\timap\t42\t10.0.0.7;reboot\n")]
    [InlineData("no such table")]
    public void A_process_of_several_users_or_an_unknown_answer_is_no_session(string table) => Assert.Null(DovecotSessions.Find(table, 42));
}
