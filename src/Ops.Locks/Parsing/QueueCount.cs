namespace Ops.Locks;

/// <summary>Counts the messages of a queue as they come, and keeps none of them: a queue may hold a hundred thousand.</summary>
/// <param name="userOf">The user of a mailbox that a recipient means; null for one that is not asked about.</param>
public sealed class QueueCount(Func<QueuedRecipient, string?> userOf)
{
    /// <summary>Counted for as many users; there are not so many mailboxes in trouble on one host that a person could look at.</summary>
    public const int MostUsers = 1_000;

    private const int LongestReason = 300;

    private readonly Dictionary<string, QueuedUser> _users = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All of the queue.</summary>
    public long Messages { get; private set; }

    /// <summary>Those with messages, the oldest first.</summary>
    public IReadOnlyList<QueuedUser> Users => [.. _users.Values.OrderBy(u => u.OldestAt ?? DateTimeOffset.MaxValue).ThenBy(u => u.User, StringComparer.Ordinal)];

    public void Add(QueuedMessage message)
    {
        Messages++;
        // Two addresses of one user are one message for that user.
        foreach (var recipients in message.Recipients.Select(r => (User: userOf(r), r.Reason)).Where(r => r.User is not null).GroupBy(r => r.User!, r => r.Reason, StringComparer.OrdinalIgnoreCase))
            Add(recipients.Key, message.ArrivedAt, recipients.FirstOrDefault(r => r is not null));
    }

    private void Add(string user, DateTimeOffset? arrivedAt, string? reason)
    {
        if (reason?.Length > LongestReason)
            reason = reason[..LongestReason] + "...";
        if (!_users.TryGetValue(user, out var known))
        {
            if (_users.Count < MostUsers)
                _users[user] = new(user, 1, arrivedAt, reason);
            return;
        }
        var isOlder = arrivedAt < (known.OldestAt ?? DateTimeOffset.MaxValue);
        _users[user] = new(known.User, known.Messages + 1, isOlder ? arrivedAt : known.OldestAt, isOlder ? reason ?? known.Reason : known.Reason ?? reason);
    }
}

/// <summary>Messages that wait for one user.</summary>
/// <param name="OldestAt">Null when the queue does not say.</param>
/// <param name="Reason">Why the oldest of those with a reason was not delivered, in the words of the mail system.</param>
public sealed record QueuedUser(string User, long Messages, DateTimeOffset? OldestAt, string? Reason);
