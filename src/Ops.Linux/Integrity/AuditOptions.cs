using Ops.Integrity;

namespace Ops.Linux;

/// <summary>How an audit goes about it.</summary>
/// <param name="Choice">Which messages are read.</param>
/// <param name="BytesPerSecond">Most that is read from messages; null for no limit.</param>
/// <param name="MessagesPerSecond">Most that are opened; null for no limit.</param>
public sealed record AuditOptions(ReadChoice Choice, long? BytesPerSecond = AuditOptions.DefaultBytesPerSecond, int? MessagesPerSecond = AuditOptions.DefaultMessagesPerSecond)
{
    public const long DefaultBytesPerSecond = 64_000_000;

    public const int DefaultMessagesPerSecond = 5_000;

    /// <summary>Most files that are looked at, without opening them; null for no limit.</summary>
    public int? FilesPerSecond { get; init; }

    /// <summary>Between two looks at a difference. Longer than any moment between a link and the commit of its record in one delivery.</summary>
    public TimeSpan SecondLookAfter { get; init; } = TimeSpan.FromSeconds(2);
}
