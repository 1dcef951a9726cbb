namespace Ops.Locks;

/// <summary>One message that waits in the queue of a mail transfer agent.</summary>
/// <param name="ArrivedAt">Null when the queue does not say.</param>
/// <param name="Recipients">Those that it was not delivered to yet.</param>
public sealed record QueuedMessage(DateTimeOffset? ArrivedAt, IReadOnlyList<QueuedRecipient> Recipients);

/// <param name="Reason">Why the last attempt failed, in the words of the mail system; null when it does not say.</param>
public readonly record struct QueuedRecipient(string Address, string? Reason);
