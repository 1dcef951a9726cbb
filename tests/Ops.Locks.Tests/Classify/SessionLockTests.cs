namespace Ops.Locks.Tests.Classify;

/// <summary><c>/tmp/.DEV.INO</c>: Exim's, c-client's or lockmail's, by content and holder.</summary>
public sealed class SessionLockTests
{
    private const string Path = "/tmp/.fe00.32";
    private static readonly FileFacts Mailbox = Given.Mailbox() with { Identity = new FileIdentity(0xfe, 0, 0x32) };

    private static FileFacts Lock(string text, TimeSpan? age = null) => Given.File(Path, text, Modes.O644, uid: 0, age: age);

    private static Verdict Judge(FileFacts file, HostFacts? host = null, Mount? mount = null) =>
        ArtefactClassifier.Classify(Given.Artefact(file, directory: Given.Directory("/tmp", Modes.O1777), mount: mount), host ?? Given.Host(), JudgingOptions.Default)!;

    [Theory]
    [InlineData("")]
    [InlineData("4242")]
    [InlineData("4242\n")]
    [InlineData("4242:mail1\n")]
    [InlineData("something else")]
    public void A_session_lock_of_exim_or_c_client_stays_a_handle_whatever_its_text(string text)
    {
        var verdict = Judge(Lock(text, TimeSpan.FromDays(5)));
        Assert.Equal(VerdictWord.NotALock, verdict.Word);
        Assert.Empty(verdict.Actions);
    }

    [Fact]
    public void One_that_a_killed_lockmail_left_is_stale()
    {
        var verdict = Judge(Lock("4242:mail1"));
        Assert.Equal((VerdictWord.Stale, "courier", ArtefactKind.MbxLock), (verdict.Word, verdict.System, verdict.Kind));
        Assert.Equal([OperatorAction.Break], verdict.Actions);
        var decision = Assert.IsType<BreakDecision.TakeOver>(BreakRules.Decide(OperatorAction.Break, Given.Artefact(Lock("4242:mail1")), verdict, null));
        Assert.Equal("17:mail1"u8.ToArray(), decision.Ours(17, "mail1").Content);
    }

    [Fact]
    public void One_of_a_living_lockmail_is_held_also_without_a_kernel_lock()
    {
        var verdict = Judge(Lock("4242:mail1"), Given.Host([Given.Process(4242)]));
        Assert.Equal((VerdictWord.Held, 4242), (verdict.Word, verdict.Owner.Process!.Pid));
    }

    [Fact]
    public void The_holder_of_a_kernel_lock_wins_over_the_text()
    {
        var session = Given.Process(77, command: "imapd");
        var file = Lock("4242:mail1");
        var verdict = Judge(file, Given.Host([session], [Given.Lock(file, LockClass.Flock, LockMode.Write, PathState.Current, session)]));
        Assert.Equal((VerdictWord.Held, 77), (verdict.Word, verdict.Owner.Process!.Pid));
    }

    [Fact]
    public void A_leftover_that_a_process_has_open_is_left_alone()
    {
        var file = Lock("4242:mail1");
        Assert.Equal(VerdictWord.Refused, Judge(file, Given.Host(open: [Given.Open(file, Given.Process(77))])).Word);
    }

    [Fact]
    public void One_whose_mailbox_is_in_use_is_left_alone()
    {
        var script = Given.Process(77, command: "sh");
        Assert.Equal(VerdictWord.Refused, Judge(Lock("4242:mail1"), Given.Host([script], open: [Given.Open(Mailbox, script)])).Word);
        Assert.Equal(VerdictWord.Refused, Judge(Lock("4242:mail1"), Given.Host([script], [Given.Lock(Mailbox, script)])).Word);
    }

    [Theory]
    [InlineData("4242:other")]
    [InlineData("1:mail1")]
    public void One_of_another_host_or_of_any_container_is_left_alone(string text) => Assert.Equal(VerdictWord.Refused, Judge(Lock(text)).Word);

    [Fact]
    public void One_that_has_just_been_made_is_left_alone() => Assert.Equal(VerdictWord.Refused, Judge(Lock("4242:mail1", TimeSpan.FromSeconds(1))).Word);
}
