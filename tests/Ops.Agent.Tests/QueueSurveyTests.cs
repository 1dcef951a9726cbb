using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>The queue of a host with a stale lock; the shell stands in for the program of the mail system.</summary>
public sealed class QueueSurveyTests : IDisposable
{
    private const string Message = """{"queue_id": "A1", "arrival_time": 1795989961, "recipients": [{"address": "alice@host.test", "delay_reason": "unable to lock"}]}""";

    private readonly Store _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void What_waits_for_a_mailbox_in_trouble_is_counted()
    {
        var queue = Assert.Single(Ask(On, $"echo '{Message}'; echo '{Message}'; echo nonsense")!);

        Assert.Equal(("postfix", 2, null), (queue.System, queue.Messages, queue.Problem));
        Assert.Equal([new("alice", 2, DateTimeOffset.FromUnixTimeSeconds(1795989961), "unable to lock")], queue.For);
    }

    [Fact]
    public void A_program_that_fails_is_a_sentence_and_no_count_of_zero()
    {
        var queue = Assert.Single(Ask(On, "echo 'fatal: parameter' >&2; exit 69")!);

        Assert.Equal("/bin/sh: It ended with code 69. fatal: parameter", queue.Problem);
        Assert.Empty(queue.For);
    }

    [Fact]
    public void Without_the_policy_nothing_is_started() => Assert.Null(Ask(new Policy(), "echo x"));

    [Fact]
    public void Without_a_mailbox_in_trouble_nothing_is_started() => Assert.Null(Survey(On, "echo x").Ask([], CancellationToken.None));

    [Fact]
    public void Without_a_program_nothing_is_reported() =>
        Assert.Null(new QueueSurvey(Settings(On), TimeProvider.System, [QueueProgram.OfExim("/usr/sbin/no-such-exim")]).Ask(Stale(), CancellationToken.None));

    private static Policy On => new() { MailQueue = true, HostAliases = ["host.test"] };

    private IReadOnlyList<QueueReport>? Ask(Policy policy, string script) => Survey(policy, script).Ask(Stale(), CancellationToken.None);

    private QueueSurvey Survey(Policy policy, string script) =>
        new(Settings(policy), TimeProvider.System, [QueueProgram.OfPostfix("/bin/sh") with { Arguments = ["-c", script] }], Path.Join(_store.Path, "no-mailname"));

    private AgentSettings Settings(Policy policy) => _store.Settings(policy);

    // A mailbox whose place says whose it is.
    private static IReadOnlyList<Finding> Stale() => [Samples.Finding("file alice", "stale") with { Mailbox = "/var/mail/alice", Kind = "dot-lock" }];
}
