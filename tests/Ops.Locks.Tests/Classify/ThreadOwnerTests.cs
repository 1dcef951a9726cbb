namespace Ops.Locks.Tests;

/// <summary>A number in a lock may be a thread's: it is in no listing of processes, and the kernel answers for it all the same.</summary>
public sealed class ThreadOwnerTests
{
    private static readonly ProcessFacts Owner = Given.Process(4000, command: "python3");

    public static TheoryData<string, string> Claims => new()
    {
        { "/var/mail/alice.lock", "4242\n" },
        { "/var/mail/alice.lock", "4242:mail1" },
        { "/var/mail/.lk04242amail1", "" },
        { "/var/mail/alice.lock.mail1.6b016ba0.00001092", "" },
        { "/run/atd.pid", "4242\n" },
    };

    [Theory]
    [MemberData(nameof(Claims))]
    public void A_file_naming_a_thread_id_is_held_by_its_process(string path, string text)
    {
        // A pid file is held by its own program only.
        var owner = path.EndsWith(".pid", StringComparison.Ordinal) ? Owner with { Command = "atd" } : Owner;
        var verdict = Look(path, text, Thread(Given.Now.AddHours(-20), owner), owner);
        Assert.Equal((VerdictWord.Held, owner, Answer.Yes), (verdict.Word, verdict.Owner.Process, verdict.Owner.IsAlive));
        Assert.Contains("thread 4242", verdict.Of(Questions.OwnerRunning)!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Claims))]
    public void A_thread_that_started_after_the_file_has_another_owners_number(string path, string text)
    {
        var verdict = Look(path, text, Thread(Given.Now.AddMinutes(-10)));
        Assert.True(verdict.Word is VerdictWord.Stale or VerdictWord.Orphan);
        Assert.NotEmpty(verdict.Actions);
    }

    [Theory]
    [MemberData(nameof(Claims))]
    public void A_number_that_the_kernel_was_not_asked_for_is_never_gone(string path, string text) =>
        Assert.Equal((VerdictWord.Refused, Answer.Unknown), Look(path, text, AskedNumber.NotAsked) is var v ? (v.Word, v.Owner.IsAlive) : default);

    [Theory]
    [MemberData(nameof(Claims))]
    public void A_number_that_exists_but_cannot_be_read_is_never_gone(string path, string text) =>
        Assert.Equal((VerdictWord.Refused, Answer.Unknown), Look(path, text, new AskedNumber(Answer.Yes, [])) is var v ? (v.Word, v.Owner.IsAlive) : default);

    [Theory]
    [MemberData(nameof(Claims))]
    public void A_number_of_this_host_that_cannot_be_read_is_not_explained_by_a_younger_thread_inside_a_container(string path, string text)
    {
        var inside = new ThreadFacts(5000, Owner, Given.Now.AddMinutes(-10));
        Assert.Equal(VerdictWord.Refused, Look(path, text, new AskedNumber(Answer.Yes, [inside])).Word);
        Assert.True(Look(path, text, new AskedNumber(Answer.No, [inside])).Word is VerdictWord.Stale or VerdictWord.Orphan);
    }

    [Fact]
    public void A_lock_whose_hitching_post_names_a_thread_id_is_held()
    {
        var post = FilePath.FromText("/var/mail/alice.lock.mail1.6b016ba0.00001092");
        var artefact = Given.Artefact(Given.File("/var/mail/alice.lock", links: 2), Given.Mailbox(), twins: [post]);
        var verdict = ArtefactClassifier.Classify(artefact, Host(Thread(Given.Now.AddHours(-20))), JudgingOptions.Default)!;
        Assert.Equal((VerdictWord.Held, Owner), (verdict.Word, verdict.Owner.Process));
        Assert.Contains(4242, ClaimedNumbers.Of([artefact]));
    }

    private static AskedNumber Thread(DateTimeOffset started, ProcessFacts? owner = null) => new(Answer.Yes, [new ThreadFacts(4242, owner ?? Owner, started)]);

    private static HostFacts Host(AskedNumber answer, ProcessFacts? owner = null) => Given.Host([owner ?? Owner], asked: new() { [4242] = answer });

    private static Verdict Look(string path, string text, AskedNumber answer, ProcessFacts? owner = null)
    {
        var artefact = Given.Artefact(Given.File(path, text), path.EndsWith(".lock", StringComparison.Ordinal) ? Given.Mailbox() : null);
        Assert.Contains(4242, ClaimedNumbers.Of([artefact]));
        return ArtefactClassifier.Classify(artefact, Host(answer, owner), JudgingOptions.Default)!;
    }
}
