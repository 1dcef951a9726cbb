namespace Ops.Incidents;

/// <summary>Which mailbox a file inside a store belongs to, and whose it is, by the conventions of paths. Pure: nothing is looked up.</summary>
public static class MailboxPath
{
    // Directories of a Maildir (maildir(5)) and of Dovecot's dbox (Dovecot manual, "Mailbox formats: dbox"): what is in them belongs to the directory above.
    private static readonly HashSet<string> Inside = new(StringComparer.Ordinal) { "cur", "new", "tmp", "dbox-Mails" };

    // Directories of that name that are no Maildir's.
    private static readonly HashSet<string> Temporary = new(StringComparer.Ordinal) { "/tmp", "/var/tmp", "/usr/tmp" };

    // Below these, the next part of the path is a user; or a domain, and then a user.
    private static readonly string[] Spools = ["/var/mail/", "/var/spool/mail/", "/var/spool/mbox/"];
    private static readonly string[] Homes = ["/home/", "/srv/mail/", "/srv/vmail/", "/var/vmail/", "/var/mail/vhosts/", "/mail/", "/var/lib/dovecot/mail/"];

    /// <summary>The mailbox of a file: the directory of a Maildir or index file, the mbox of a dot lock, else the file itself.</summary>
    public static string Of(string path)
    {
        var name = Name(path);
        if (name.EndsWith(".lock", StringComparison.Ordinal) && name.Length > ".lock".Length)
        {
            path = path[..^".lock".Length];
            name = Name(path);
        }
        if (name.StartsWith("dovecot", StringComparison.Ordinal) && (name.Contains('.') || name.Contains('-')) || name.StartsWith("cyrus.", StringComparison.Ordinal) || name is "maildirsize" or "maildirfolder" or "courierimapuiddb")
            path = Parent(path);
        if (IsPart(Parent(path)))
            path = Parent(path);
        return IsPart(path) ? Parent(path) : path;
    }

    /// <summary>Whether the path is inside a store with files of its own for each message or index: there its mailbox is known from the path alone.</summary>
    public static bool IsInsideMailbox(string path) => Of(path) != path && !path.EndsWith(".lock", StringComparison.Ordinal);

    /// <summary>Login name or address of the mailbox's user; null where the path does not say.</summary>
    public static string? UserOf(string path)
    {
        if (Spools.FirstOrDefault(s => path.StartsWith(s, StringComparison.Ordinal)) is { } spool && !Homes.Any(h => path.StartsWith(h, StringComparison.Ordinal)))
        {
            // Spools with subdirectories of a letter or two: /var/mail/a/alice.
            var parts = path[spool.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
            return parts.SkipWhile(p => p.Length <= 2 && parts.Length > 1 && p != parts[^1]).FirstOrDefault();
        }
        if (CyrusUser(path) is { } cyrus)
            return cyrus;
        foreach (var home in Homes.Where(h => path.StartsWith(h, StringComparison.Ordinal)))
        {
            return path[home.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries) switch
            {
                [var domain, var user, ..] when domain.Contains('.') => $"{user}@{domain}",
                [var user, ..] => user,
                _ => null,
            };
        }
        return null;
    }

    // Partition of Cyrus: .../user/alice/Sent, or hashed .../a/user/alice, with ^ for a dot of the name (imap/mboxname.c).
    private static string? CyrusUser(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var at = Array.LastIndexOf(parts, "user");
        if (at < 1 || at + 1 >= parts.Length)
            return null;
        var user = parts[at + 1].Replace('^', '.');
        var domain = Array.IndexOf(parts, "domain");
        return domain >= 0 && domain + 2 < at ? $"{user}@{parts[domain + 2]}" : user;
    }

    private static bool IsPart(string directory) => Inside.Contains(Name(directory)) && !Temporary.Contains(directory) && Parent(directory).Length > 1;

    private static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string Parent(string path) => path.LastIndexOf('/') is > 0 and var at ? path[..at] : "/";
}
