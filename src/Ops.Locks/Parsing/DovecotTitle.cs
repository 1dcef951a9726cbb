namespace Ops.Locks;

/// <summary>
/// The title of a session of Dovecot, where <c>verbose_proctitle</c> is on, as it is by default since 2.4: <c>dovecot/imap [alice 192.0.2.7 IDLE]</c> (imap/main.c, imap_refresh_proctitle;
/// pop3/main.c).
/// </summary>
public static class DovecotTitle
{
    /// <param name="arguments">The command line of the process. What a process calls itself is its own choice: only of one that is proven to be Dovecot's.</param>
    /// <returns>Null when it names no user with an address, or could be read in two ways: a name may have spaces in it.</returns>
    public static MailSession? Parse(IReadOnlyList<string> arguments, string source)
    {
        if (arguments is not [var title] || !title.EndsWith(']') || title.IndexOf(" [", StringComparison.Ordinal) is not (> 0 and var at) || title.IndexOf('[', at + 2) >= 0)
            return null;
        var words = title[(at + 2)..^1].Split(' ');
        // It is shown as an escaped text; a backslash may stand for another character.
        if (words.Length < 2 || SessionText.Name(words[0]) is not { } user || user.Contains('\\', StringComparison.Ordinal) || SessionText.Address(words[1]) is not { } address)
            return null;
        var program = title[..at];
        return words.Where((_, i) => i != 1).Any(w => SessionText.Address(w) is not null) ? null
            : new("dovecot", user, address, SessionText.Name(program[(program.LastIndexOf('/') + 1)..]), null, source);
    }
}
