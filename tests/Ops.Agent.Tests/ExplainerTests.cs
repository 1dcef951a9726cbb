using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent.Tests;

public sealed class ExplainerTests
{
    private readonly FindingFactory _factory = new("mail1", JudgingOptions.Default, uid => "user" + uid);

    [Fact]
    public void A_chain_names_the_holder_the_waiters_and_who_is_at_its_end()
    {
        var answer = Explain("/m", Samples.Lock("/m", Samples.Process(7)), Samples.Lock("/m", Samples.Process(8, "exim"), waits: true));
        var text = string.Join('\n', answer.Lines);
        Assert.Contains("Pid 7 (imapd, user mail, cyrus.service) holds a posix write lock on the whole of /m", text, StringComparison.Ordinal);
        Assert.Contains("Behind pid 7 wait, directly or through others: pid 8.", text, StringComparison.Ordinal);
        Assert.Contains("Pid 8 (exim, user mail, cyrus.service) waits for a posix write lock on the whole of /m, behind pid 7", text, StringComparison.Ordinal);
        Assert.Equal(2, answer.Findings.Count);
    }

    [Fact]
    public void A_pid_is_explained_with_everybody_on_its_chain()
    {
        var answer = Explain("8", Samples.Lock("/m", Samples.Process(7)), Samples.Lock("/m", Samples.Process(8), waits: true), Samples.Lock("/other", Samples.Process(9), inode: 3));
        Assert.Equal([7, 8], answer.Findings.Select(f => f.Process!.Pid).Order());
    }

    [Fact]
    public void A_stopped_holder_is_explained_with_the_advice_to_continue_it()
    {
        var answer = Explain("/m", Samples.Lock("/m", Samples.Process(7, state: 'T')));
        Assert.Contains(answer.Lines, l => l.Contains("kill -CONT 7", StringComparison.Ordinal));
    }

    [Fact]
    public void A_deadlock_is_explained_as_a_circle()
    {
        var answer = Explain("/a",
            Samples.Lock("/a", Samples.Process(7), inode: 1), Samples.Lock("/a", Samples.Process(8), waits: true, inode: 1),
            Samples.Lock("/b", Samples.Process(8), inode: 2), Samples.Lock("/b", Samples.Process(7), waits: true, inode: 2));
        Assert.Contains(answer.Lines, l => l.StartsWith("Deadlock: pid 7 waits for pid 8 waits for pid 7", StringComparison.Ordinal));
    }

    [Fact]
    public void A_stale_lock_comes_with_the_command_that_breaks_it_quoted_for_a_shell()
    {
        var finding = Samples.Finding("a", "stale", "/var/mail/o'hara.lock") with { Actions = ["break"], Mailbox = "/var/mail/o'hara" };
        var answer = Explainer.Explain(ExplainSubject.Of("/var/mail/o'hara"), [finding], new WaitGraph([]), Samples.Now);
        Assert.Contains(answer.Lines, l => l.Contains("ops break '/var/mail/o'\\''hara.lock' --reason", StringComparison.Ordinal));
    }

    [Fact]
    public void Text_from_the_host_is_escaped_and_odd_names_are_given_by_their_bytes()
    {
        var finding = Samples.Finding("a", "orphan", "/var/mail/\e[2J.lock") with { Actions = ["remove"] };
        var answer = Explainer.Explain(ExplainSubject.Of(finding.Path), [finding], new WaitGraph([]), Samples.Now);
        Assert.DoesNotContain(answer.Lines, l => l.Contains('\e'));
        Assert.Contains(answer.Lines, l => l.Contains("--path-bytes " + Convert.ToBase64String("/var/mail/\e[2J.lock"u8), StringComparison.Ordinal));
    }

    [Fact]
    public void A_user_is_explained_by_mailboxes_and_processes_and_nothing_is_said_to_be_nothing()
    {
        Assert.Single(Explainer.Explain(ExplainSubject.Of("bob"), [Samples.Finding("a") with { User = "bob" }, Samples.Finding("b")], new WaitGraph([]), Samples.Now).Findings);
        Assert.Equal(["No lock, waiter or leftover is known for carol."], Explainer.Explain(ExplainSubject.Of("carol"), [], new WaitGraph([]), Samples.Now).Lines);
    }

    private ExplainAnswer Explain(string subject, params LockEntry[] locks)
    {
        var verdicts = KernelLockClassifier.Classify(Samples.Host(locks));
        return Explainer.Explain(ExplainSubject.Of(subject), [.. verdicts.Select(v => _factory.OfKernelLock(v, null, Samples.Now))], WaitGraph.From(verdicts, []), Samples.Now);
    }
}
