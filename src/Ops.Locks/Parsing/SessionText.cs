using System.Globalization;
using System.Net;

namespace Ops.Locks;

/// <summary>Users and addresses as mail servers write them.</summary>
internal static class SessionText
{
    private const int LongestName = 256;

    /// <summary>Null for what is no address of a client.</summary>
    public static string? Address(string text) =>
        // Without a dot or colon, and with fewer than four numbers, IPAddress reads "7" as 0.0.0.7.
        text.Length is > 1 and <= 64 && (text.Contains(':', StringComparison.Ordinal) || text.Count(c => c == '.') == 3) && IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? address.ToString() : null;

    /// <summary>Null for what is no name: empty, too long, or with characters that are not shown.</summary>
    public static string? Name(string text) => text.Length is > 0 and <= LongestName && !text.Any(IsHidden) ? text : null;

    private static bool IsHidden(char c) => char.IsControl(c) || c == '\uFFFD' || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
