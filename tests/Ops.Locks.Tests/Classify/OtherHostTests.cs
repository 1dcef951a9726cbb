namespace Ops.Locks.Tests.Classify;

/// <summary>Locks that name another host, with what the agent of that host said.</summary>
public sealed class OtherHostTests
{
    private const string Path = "/var/mail/alice.lock";
    private const int Pid = 4711;

    private static readonly OtherHostAnswer Gone = new("mx2", Pid, OtherHostState.Absent, "no such process", "mx2", Given.Boot, Given.Now.AddSeconds(-3), []);

    // Dovecot's form: the host is written in full.
    private static Verdict Judge(OtherHostAnswer? answer, HostFacts? host = null, Mount? mount = null, TimeSpan? age = null, string text = "4711:mx2") => ArtefactClassifier.Classify(
        Given.Artefact(Given.File(Path, text, age: age, mount: mount), Given.Mailbox(), mount: mount), (host ?? Given.Host()) with { OtherHosts = answer is null ? [] : [answer] }, JudgingOptions.Default)!;

    [Fact]
    public void A_lock_naming_another_host_is_refused_while_that_host_was_not_asked()
    {
        var verdict = Judge(null);
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.True(verdict.Of(Questions.ThisHost)!.Blocks);
        Assert.Null(verdict.Of(Questions.OwnerElsewhere));
    }

    [Fact]
    public void A_lock_of_a_container_on_this_kernel_whose_owner_is_gone_is_stale()
    {
        var verdict = Judge(Gone);
        Assert.Equal((VerdictWord.Stale, Answer.No), (verdict.Word, verdict.Owner.IsAlive));
        Assert.Equal([OperatorAction.Break], verdict.Actions);
        var heard = verdict.Of(Questions.OwnerElsewhere)!;
        Assert.Equal((Answer.No, "agent of mx2", Gone.At), (heard.Answer, heard.Source, heard.At));
        Assert.Equal(Answer.Yes, verdict.Of(Questions.SameKernel)!.Answer);
        Assert.Equal(Answer.No, verdict.Of(Questions.OwnerRunning)!.Answer);
    }

    [Theory]
    [InlineData(OtherHostState.Alive, Answer.Yes)]
    [InlineData(OtherHostState.Unknown, Answer.Unknown)]
    [InlineData(OtherHostState.NoAnswer, Answer.Unknown)]
    [InlineData(OtherHostState.Collision, Answer.Unknown)]
    public void Anything_but_gone_keeps_it_refused_and_says_who_answered(OtherHostState state, Answer expected)
    {
        var verdict = Judge(Gone with { State = state, Detail = "because" });
        Assert.Equal((VerdictWord.Refused, "Left alone: because."), (verdict.Word, verdict.Summary));
        Assert.Empty(verdict.Actions);
        Assert.Equal((expected, true), (verdict.Of(Questions.OwnerElsewhere)!.Answer, verdict.Of(Questions.OwnerElsewhere)!.Blocks));
        var decision = BreakRules.Decide(OperatorAction.Break, Given.Artefact(Given.File(Path, "4711:mx2"), Given.Mailbox()), verdict, null);
        Assert.Equal(Refusal.OtherHost, Assert.IsType<BreakDecision.Refused>(decision).Reason);
    }

    [Fact]
    public void The_answer_of_a_host_on_another_kernel_is_shown_and_frees_nothing()
    {
        var verdict = Judge(Gone with { BootId = Guid.NewGuid() });
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal((Answer.No, false), (verdict.Of(Questions.OwnerElsewhere)!.Answer, verdict.Of(Questions.OwnerElsewhere)!.Blocks));
        Assert.True(verdict.Of(Questions.SameKernel)!.Blocks);
    }

    [Fact]
    public void On_a_network_file_system_no_answer_frees_anything()
    {
        var verdict = Judge(Gone, mount: Given.Nfs);
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Equal(Answer.No, verdict.Of(Questions.OwnerElsewhere)!.Answer);
        // Not even where the administrator says that no other host uses it: here another host does.
        Assert.Equal(VerdictWord.Refused, Judge(Gone, mount: Given.Nfs with { IsSaidUnshared = true }).Word);
    }

    [Fact]
    public void Where_this_host_exports_its_disks_no_answer_frees_anything() =>
        Assert.Equal(VerdictWord.Refused, Judge(Gone, Given.Host(shares: "an NFS server (nfsd)")).Word);

    [Fact]
    public void An_answer_counts_for_some_seconds_only()
    {
        Assert.Equal(VerdictWord.Stale, Judge(Gone with { At = Given.Now - OtherHostAnswer.ValidFor }).Word);
        Assert.Equal(VerdictWord.Refused, Judge(Gone with { At = Given.Now - OtherHostAnswer.ValidFor - TimeSpan.FromSeconds(1) }).Word);
        // By a clock that was set back.
        Assert.Equal(VerdictWord.Refused, Judge(Gone with { At = Given.Now.AddSeconds(1) }).Word);
    }

    [Fact]
    public void An_answer_about_another_number_or_host_counts_for_nothing()
    {
        Assert.Equal(VerdictWord.Refused, Judge(Gone with { Pid = 4712 }).Word);
        Assert.Equal(VerdictWord.Refused, Judge(Gone with { Host = "mx" }).Word);
        Assert.Equal(VerdictWord.Refused, Judge(Gone with { AnsweredBy = "mx2.example.org" }).Word);
        Assert.Equal(VerdictWord.Refused, Judge(Gone with { AnsweredBy = null }).Word);
    }

    [Fact]
    public void A_lock_from_before_the_boot_is_refused_since_that_host_may_have_been_another_machine() =>
        Assert.Equal(VerdictWord.Refused, Judge(Gone, age: TimeSpan.FromDays(11)).Word);

    [Fact]
    public void A_host_on_the_same_kernel_that_did_not_answer_keeps_it_refused()
    {
        var verdict = Judge(Gone with { Doubts = ["the agent of mx3 is not connected"] });
        Assert.Equal((VerdictWord.Refused, "Left alone: the agent of mx3 is not connected."), (verdict.Word, verdict.Summary));
    }

    [Fact]
    public void A_wrong_answer_frees_nothing_that_a_process_of_this_kernel_holds()
    {
        // In a pid namespace of its own, where its number is the one that the lock names: what the other agent, or a console in the wrong hands, says is not asked.
        var holder = Given.Process(90210, nspids: [90210, Pid]);
        Assert.Equal(VerdictWord.Held, Judge(Gone, Given.Host([holder])).Word);
        Assert.Equal(VerdictWord.Refused, Judge(Gone, Given.Host(open: [Given.Open(Given.Mailbox(), Given.Process(99))])).Word);
    }

    [Fact]
    public void An_agent_that_does_not_see_all_processes_of_the_kernel_frees_nothing() =>
        Assert.Equal(VerdictWord.Refused, Judge(Gone, Given.Host(allProcesses: false)).Word);

    [Fact]
    public void The_newest_of_several_answers_counts()
    {
        var host = Given.Host() with { OtherHosts = [Gone with { State = OtherHostState.Alive, At = Given.Now.AddSeconds(-1) }, Gone] };
        var verdict = ArtefactClassifier.Classify(Given.Artefact(Given.File(Path, "4711:mx2"), Given.Mailbox()), host, JudgingOptions.Default)!;
        Assert.Equal(VerdictWord.Refused, verdict.Word);
    }

    [Fact]
    public void An_asked_agent_says_alive_for_a_process_of_that_number_in_any_of_its_pid_namespaces()
    {
        Assert.Equal(OtherHostState.Alive, AskedNumbers.Of(Pid, null, Given.Host([Given.Process(Pid)])).State);
        Assert.Equal(OtherHostState.Alive, AskedNumbers.Of(Pid, null, Given.Host([Given.Process(9, nspids: [9, Pid])])).State);
    }

    [Fact]
    public void An_asked_agent_says_reused_only_of_a_process_that_started_at_another_time()
    {
        var host = Given.Host([Given.Process(Pid)]);
        var ticks = host.Processes.Processes[Pid].Identity.StartTicks;
        Assert.Equal(OtherHostState.Alive, AskedNumbers.Of(Pid, ticks, host).State);
        Assert.Equal(OtherHostState.Reused, AskedNumbers.Of(Pid, ticks + 1, host).State);
    }

    [Fact]
    public void An_asked_agent_says_absent_only_of_what_the_kernel_does_not_know()
    {
        Assert.Equal(OtherHostState.Absent, AskedNumbers.Of(Pid, null, Given.Host()).State);
        Assert.Equal(OtherHostState.Absent, AskedNumbers.Of(Pid, null, Given.Host([Given.Process(Pid, state: 'Z')])).State);
        Assert.Equal(OtherHostState.Unknown, AskedNumbers.Of(Pid, null, Given.Host(asked: new() { [Pid] = new(Answer.Yes, []) })).State);
        Assert.Equal(OtherHostState.Unknown, AskedNumbers.Of(Pid, null, Given.Host(asked: new() { [Pid] = AskedNumber.NotAsked })).State);
        Assert.Equal(OtherHostState.Unknown, AskedNumbers.Of(Pid, null, Given.Host() with { IsPrivileged = false }).State);
    }

    [Fact]
    public void An_asked_agent_says_whether_the_file_is_in_use_there()
    {
        var file = Given.File(Path, "4711:mx2");
        Assert.Equal(Answer.Yes, AskedNumbers.UseOf(file.Identity, Given.Host(open: [Given.Open(file, Given.Process(7))])).Used);
        Assert.Equal(Answer.Yes, AskedNumbers.UseOf(file.Identity, Given.Host(locks: [Given.Lock(file, Given.Process(7))])).Used);
        Assert.Equal(Answer.No, AskedNumbers.UseOf(file.Identity, Given.Host()).Used);
        Assert.Equal(Answer.Unknown, AskedNumbers.UseOf(file.Identity, Given.Host(unreadable: [8])).Used);
    }
}
