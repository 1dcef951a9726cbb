using System.Globalization;
using System.Text;

namespace Ops.Integrity;

/// <summary>Courier's record of a Maildir's quota, <c>maildirsize</c>: the sum of its lines is what the Maildir should hold.</summary>
/// <param name="Quota">The first line, as it is written.</param>
/// <remarks>Source: courier-libs maildir/maildirquota.c: maildir_checkquota; dovecot quota-maildir.c: maildirsize_parse.</remarks>
public sealed record MaildirSize(string Quota, long Bytes, long Messages)
{
    /// <summary>Its own writers recalculate the file when it grows beyond 5,120 bytes.</summary>
    public const int LimitBytes = 64 * 1024;

    public static Reading<MaildirSize> Parse(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, LimitBytes)]);
        var lines = text.Split('\n');
        if (lines.Length < 2)
            return Reading<MaildirSize>.Refused(FormatFault.TooShort, "it has no whole first line");
        var (sum, messages) = (0L, 0L);
        foreach (var line in lines[1..^1])
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields is not [var size, var count] || !Signed(size, out var bytesHere) || !Signed(count, out var messagesHere))
                return Reading<MaildirSize>.Refused(FormatFault.BrokenEntries, "a line is not two numbers");
            sum = unchecked(sum + bytesHere);
            messages = unchecked(messages + messagesHere);
        }
        return Reading<MaildirSize>.Of(new MaildirSize(lines[0], sum, messages));
    }

    private static bool Signed(string text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
