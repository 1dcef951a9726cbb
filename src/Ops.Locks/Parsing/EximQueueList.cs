using System.Globalization;
using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>
/// What <c>exim -bp</c> and its kin print: for each message a line with age, size, id and sender, then its recipients, then an empty line
/// (Exim src/queue.c, queue_list; specification, "Process control options", -bp). Recipients that have the message are marked with a D.
/// </summary>
public sealed partial class EximQueueList(DateTimeOffset now)
{
    // As many recipients of one message are kept; whom the rest is for is not known.
    private const int MostRecipients = 10_000;

    private List<QueuedRecipient>? _recipients;
    private DateTimeOffset? _arrivedAt;

    /// <summary>Takes the next line.</summary>
    /// <returns>The message that it ends; null when it ends none.</returns>
    public QueuedMessage? Take(string line)
    {
        if (Header().Match(line) is { Success: true } header)
        {
            var ended = End();
            _arrivedAt = ArrivalOf(header);
            _recipients = [];
            return ended;
        }
        if (string.IsNullOrWhiteSpace(line))
            return End();
        if (_recipients is { Count: < MostRecipients } && Recipient().Match(line) is { Success: true } recipient)
            _recipients.Add(new(recipient.Groups["address"].Value, null));
        return null;
    }

    /// <summary>The last message, if no line ended it.</summary>
    public QueuedMessage? End()
    {
        var ended = _recipients is null ? null : new QueuedMessage(_arrivedAt, _recipients);
        _recipients = null;
        return ended;
    }

    // Rounded by Exim: to minutes, after 90 of them to hours, after 72 of those to days.
    private DateTimeOffset? ArrivalOf(Match header)
    {
        if (!int.TryParse(header.Groups["age"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var age) || age > 100_000)
            return null;
        return header.Groups["unit"].ValueSpan[0] switch
        {
            'm' => now.AddMinutes(-age),
            'h' => now.AddHours(-age),
            _ => now.AddDays(-age),
        };
    }

    [GeneratedRegex(@"^ {0,4}(?<age>[0-9]{1,9})(?<unit>[mhd])\s.*?\b[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}(\s|$)")]
    private static partial Regex Header();

    [GeneratedRegex(@"^ {10}(?<address>\S.*)$")]
    private static partial Regex Recipient();
}
