namespace Ops.Incidents;

/// <summary>What is known of one host when a question is asked.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Cards">Its mailboxes, worst first.</param>
/// <param name="Findings">All its findings.</param>
/// <param name="NotSeen">What could not be examined, in sentences; a silent host says so here.</param>
public sealed record HostBoard(string Host, IReadOnlyList<MailboxCard> Cards, IReadOnlyList<Finding> Findings, IReadOnlyList<string> NotSeen)
{
    /// <summary>Derives the cards.</summary>
    /// <param name="queues">What the queues of the host said; null where none was asked.</param>
    public static HostBoard Of(string host, IReadOnlyList<Finding> findings, IReadOnlyList<string> notSeen, DateTimeOffset now, IReadOnlyList<QueueReport>? queues = null) =>
        new(host, MailQueues.Tied(MailboxBoard.Of(findings, now), queues), findings, notSeen);
}
