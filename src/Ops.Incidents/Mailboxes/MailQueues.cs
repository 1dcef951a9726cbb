using System.Globalization;

namespace Ops.Incidents;

/// <summary>Ties the queue of a mail transfer agent to the mailboxes that its messages wait for. Pure.</summary>
public static class MailQueues
{
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    /// <summary>The users of mailboxes that need attention: what is in the queue for others is not asked.</summary>
    public static IReadOnlyList<MailboxCard> AskedFor(IEnumerable<Finding> findings, DateTimeOffset now) =>
        [.. MailboxBoard.Of([.. findings], now).Where(c => c.User is not null && c.State.NeedsAttention())];

    /// <summary>The user of the mailbox that a recipient means, of those that are asked for; null where that is not certain.</summary>
    /// <param name="localDomains">Names of this host, and the domain that its mail system appends. What goes to another domain may go to another host.</param>
    public static string? UserOf(QueuedRecipient recipient, IReadOnlyList<MailboxCard> asked, IReadOnlyCollection<string> localDomains)
    {
        var at = recipient.Address.LastIndexOf('@');
        var (local, domain) = at < 0 ? (recipient.Address, "") : (recipient.Address[..at], recipient.Address[(at + 1)..]);
        // alice+lists@... is delivered to alice (Postfix recipient_delimiter, Exim local_part_suffix): where a host sets it so. Few use it for names of users.
        var plain = local.IndexOf('+', StringComparison.Ordinal) is > 0 and var plus ? local[..plus] : local;
        foreach (var card in asked)
        {
            var user = card.User!;
            var isLocal = domain.Length == 0 || localDomains.Contains(domain, StringComparer.OrdinalIgnoreCase) || recipient.Reason?.Contains(card.Path, StringComparison.Ordinal) == true;
            if (user.Contains('@') ? Is(user, $"{local}@{domain}") || Is(user, $"{plain}@{domain}") : isLocal && (Is(user, local) || Is(user, plain)))
                return user;
        }
        return null;
    }

    /// <summary>The cards with what waits for them.</summary>
    public static IReadOnlyList<MailboxCard> Tied(IReadOnlyList<MailboxCard> cards, IReadOnlyList<QueueReport>? queues) => queues is null || queues.All(q => q.For.Count == 0) ? cards :
        [.. cards.Select(c => c.User is { } user && c.State.NeedsAttention() && Of(user, queues) is { Count: > 0 } queued ? c with { Queued = queued } : c)];

    /// <summary>One sentence for each queue with messages for the mailbox. Escaped.</summary>
    public static IEnumerable<string> Sentences(MailboxCard card, DateTimeOffset now) => card.Queued.Select(q =>
    {
        var oldest = q.OldestAt is { } at && at < now ? $", the oldest for {FindingWords.Age(now - at)}" : "";
        var asked = now - q.AskedAt > Late ? $" That was {FindingWords.Age(now - q.AskedAt)} ago." : "";
        var reason = q.Reason is { } why ? $" {FindingWords.Capital(FilePath.Escape(q.System))} says: {FindingWords.Sentence(why)}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{FindingWords.Count(q.Messages, "message waits", "messages wait")} in the queue of {FilePath.Escape(q.System)} for {FilePath.Escape(card.User!)}{oldest}.{asked}{reason}");
    });

    private static List<QueuedFor> Of(string user, IReadOnlyList<QueueReport> queues) =>
    [
        .. queues.SelectMany(q => q.For.Where(f => Is(f.User, user)).Select(f => new QueuedFor(q.System, q.At, f.Messages, f.OldestAt, f.Reason))).OrderByDescending(q => q.Messages),
    ];

    private static bool Is(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Messages that wait for the user of a mailbox.</summary>
/// <param name="System">Word of the mail system whose queue it is.</param>
/// <param name="OldestAt">Null when the queue does not say.</param>
/// <param name="Reason">Why one was not delivered, in the words of the mail system; raw.</param>
public sealed record QueuedFor(string System, DateTimeOffset AskedAt, long Messages, DateTimeOffset? OldestAt, string? Reason);
