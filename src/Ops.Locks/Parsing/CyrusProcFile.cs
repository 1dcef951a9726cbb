using System.Text;

namespace Ops.Locks;

/// <summary>
/// What a process of Cyrus writes of its session into a file that is named by its pid (imap/proc.c, proc_register): <c>host TAB user TAB mailbox</c> up to 2.4, the last two only
/// where there is one; <c>service TAB host TAB user TAB mailbox TAB command</c> since 2.5, each of which may be empty.
/// </summary>
public static class CyrusProcFile
{
    public const int LongestBytes = 8 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>Null when no user is logged in, or it is not one whole line of a known form.</returns>
    public static MailSession? Parse(byte[] bytes, string source)
    {
        // While it is written in place (up to 2.4), a part of the line before may follow.
        if (bytes.Length > LongestBytes || bytes.AsSpan().IndexOf((byte)'\n') is var end && (end < 0 || end != bytes.Length - 1))
            return null;
        string line;
        try
        {
            line = Strict.GetString(bytes, 0, end);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
        // The client chooses the command, so that may hold further tabs.
        var fields = line.Split('\t', 5);
        var (service, host, user, mailbox) = fields.Length switch
        {
            2 => (null, fields[0], fields[1], null),
            3 => (null, fields[0], fields[1], fields[2]),
            5 => (fields[0], fields[1], fields[2], fields[3]),
            _ => (null, "", "", (string?)null),
        };
        return SessionText.Name(user) is { } name ? new("cyrus", name, AddressIn(host), service is null ? null : SessionText.Name(service), mailbox is null ? null : SessionText.Name(mailbox), source) : null;
    }

    /// <summary>Of <c>mail.example.org [192.0.2.7]</c>: the name is what the client's DNS says, and is left out.</summary>
    private static string? AddressIn(string host) => host.EndsWith(']') && host.LastIndexOf('[') is >= 0 and var at ? SessionText.Address(host[(at + 1)..^1]) : null;
}
