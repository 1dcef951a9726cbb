using System.Globalization;
using System.Text.RegularExpressions;

namespace Ops.Incidents;

/// <summary>The grammar behind <see cref="Question"/>.</summary>
/// <remarks>
/// Shapes of log lines: syslog headers (RFC 3164, RFC 5424), <c>program[pid]</c>, Dovecot's <c>service(user)&lt;pid&gt;&lt;session&gt;</c>
/// (lib-master <c>log-prefix</c>), Postfix's <c>program[pid]: QUEUEID:</c>, Exim's message ids (both lengths) and <c>==</c> before a deferred address, Perl's
/// <c>at FILE line N</c> after a message.
/// </remarks>
internal static partial class QuestionReader
{
    public static Question Read(string text)
    {
        if (Single(text) is { } single)
            return single;
        var header = Header().Match(text);
        var body = header.Success ? text[header.Length..] : text;
        var addresses = Distinct(Address().Matches(body).Where(m => !IsMessageId(body, m.Index)).Select(m => m.Value.TrimEnd('.')));
        var tagged = Tag().Match(body);
        return new Question(
            text,
            Paths(body),
            Distinct(LockName().Matches(body).Select(m => m.Groups["name"].Value)),
            Pids(body),
            Distinct(Users(body).Concat(addresses.Select(LocalPart))),
            addresses,
            Distinct([.. Header(header), .. Host().Matches(body).Select(m => m.Groups["host"].Value), .. PidAtHost().Matches(body).Select(m => m.Groups["host"].Value)]),
            Distinct([.. EximId().Matches(body).Select(m => m.Value), .. PostfixId().Matches(body).Select(m => m.Groups["id"].Value)]),
            Waited(body),
            tagged.Success ? ProgramOf(tagged.Groups["program"].Value) : null);
    }

    // One word, or one path that may have blanks in it: what people type.
    private static Question? Single(string text)
    {
        var none = new Question(text, [], [], [], [], [], [], [], null, null);
        if (text.StartsWith('/') && !Failure().IsMatch(text))
            return none with { Paths = [text.Length > 1 ? text.TrimEnd('/') : text] };
        if (text.Length == 0 || text.Any(char.IsWhiteSpace))
            return text.Length == 0 ? none : null;
        if (Pid(text) is { } pid)
            return none with { Pids = [pid] };
        if (EximId().Match(text) is { Success: true } exim && exim.Length == text.Length)
            return none with { QueueIds = [text] };
        if (Address().Match(text) is { Success: true } address && address.Length == text.Length)
            return none with { Addresses = [text], Users = [LocalPart(text)] };
        if (text.EndsWith(".lock", StringComparison.Ordinal) && !text.Contains('/'))
            return none with { FileNames = [text] };
        if (!Word().IsMatch(text))
            return null;
        // A word may be a user, a host or a queue id: which one, only what is there can say.
        return none with { Users = [text], Hosts = [text], QueueIds = ShortQueueId().IsMatch(text) ? [text] : [] };
    }

    private static IReadOnlyList<string> Paths(string body)
    {
        var scripts = ScriptLine().Matches(body).Select(m => m.Groups["path"].Index).ToHashSet();
        var found = QuotedPath().Matches(body).Select(m => m.Groups["path"])
            .Concat(BarePath().Matches(body).Select(m => m.Groups["path"]))
            .Where(g => !scripts.Contains(g.Index))
            .Select(g => (g.Index, Path: Trimmed(g.Value)))
            .Where(p => p.Path.Length > 1 && !Programs().IsMatch(p.Path))
            .OrderBy(p => p.Index).ToList();
        // "cannot update mailbox A ... unable to create lock file B": the lock is what stands in the way.
        return Distinct(found.OrderByDescending(p => p.Path.EndsWith(".lock", StringComparison.Ordinal)).Select(p => p.Path));
    }

    private static string Trimmed(string path)
    {
        path = path.TrimEnd('.', ',', ':', ';', '!', '?');
        // A bracket that was opened outside the path closes outside it.
        while (path.Length > 1 && path[^1] == ')' && path.Count(c => c == '(') < path.Count(c => c == ')'))
            path = path[..^1].TrimEnd('.', ',', ':', ';');
        return path.Length > 1 ? path.TrimEnd('/') : path;
    }

    private static IReadOnlyList<int> Pids(string body) => Distinct(
        new[] { HolderPid(), PidAtHost(), NamedPid(), RunningPid(), SessionPid(), TagPid(), ListedPid(), UserPids() }
            .SelectMany(shape => shape.Matches(body).Select(m => Pid(m.Groups["pid"].Value))).OfType<int>());

    private static IEnumerable<string> Users(string body) =>
        new[] { SessionUser(), UserWord(), CyrusUser() }.SelectMany(shape => shape.Matches(body).Select(m => m.Groups["user"].Value))
            .Select(u => u.TrimEnd('.', ',', ':')).Where(u => u.Length > 0 && !u.Contains('/')).SelectMany(u => u.Contains('@') ? [u, LocalPart(u)] : new[] { u });

    private static TimeSpan? Waited(string body) => Duration().Matches(body).Select(Length).OfType<TimeSpan>().Select(t => (TimeSpan?)t).FirstOrDefault();

    private static TimeSpan? Length(Match match)
    {
        if (!double.TryParse(match.Groups["number"].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > 1e7)
            return null;
        return match.Groups["unit"].Value[0] switch
        {
            'm' when match.Groups["unit"].Value.StartsWith("ms", StringComparison.Ordinal) || match.Groups["unit"].Value.StartsWith("mil", StringComparison.Ordinal) => TimeSpan.FromMilliseconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => TimeSpan.FromSeconds(number),
        };
    }

    private static int? Pid(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid is > 0 and <= 4_194_304 ? pid : null;

    private static string ProgramOf(string tag) => tag[(tag.LastIndexOf('/') + 1)..];

    private static string LocalPart(string address) => address[..address.LastIndexOf('@')];

    // <...@host> after "id" or "message-id" names a message, not a person.
    private static bool IsMessageId(string body, int at) => MessageIdBefore().IsMatch(body[Math.Max(0, at - 16)..at]);

    private static IEnumerable<string> Header(Match header) => header.Success && header.Groups["host"].Success ? [header.Groups["host"].Value] : [];

    private static IReadOnlyList<T> Distinct<T>(IEnumerable<T> items) => [.. items.Distinct()];

    [GeneratedRegex(@"^(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\s+(?:(?<host>[A-Za-z0-9][\w.-]*)\s+(?=[\w./-]+(?:\[\d+\])?:))?")]
    private static partial Regex Header();

    [GeneratedRegex(@"""(?<path>/[^""]+)""|'(?<path>/[^']+)'|`(?<path>/[^`']+)[`']")]
    private static partial Regex QuotedPath();

    [GeneratedRegex(@"(?<![\w/.@~""'`-])(?<path>/(?:[^\s""'`<>|\[\]{},;:=]|[,;:=](?=[^\s/""']))+)")]
    private static partial Regex BarePath();

    [GeneratedRegex(@"\bat (?<path>/\S+) line \d+")]
    private static partial Regex ScriptLine();

    [GeneratedRegex(@"^/(?:usr/)?(?:local/)?(?:s?bin|lib(?:exec|64)?|share)/|^/opt/[^/]+/s?bin/|^/proc/|^/dev/(?!shm/)")]
    private static partial Regex Programs();

    [GeneratedRegex(@"(?<![\w/.-])(?<name>[\w.@+-]+\.lock)\b(?![\w/.])")]
    private static partial Regex LockName();

    [GeneratedRegex(@"\b(?:held|locked|owned|used|blocked|taken|in use)\b[^,;.]{0,40}?\bby\s+(?:another\s+)?(?:process\s*(?:id)?\s*|pid\s*)?[:=#]?\s*(?:[A-Za-z][\w./-]*\s*[\[(]\s*(?:pid\s*)?)?(?<pid>\d{1,7})\b", RegexOptions.IgnoreCase)]
    private static partial Regex HolderPid();

    [GeneratedRegex(@"\b(?:pid|process id|process)\b\s*[:=#]?\s*\(?(?<pid>\d{1,7})\b", RegexOptions.IgnoreCase)]
    private static partial Regex NamedPid();

    // "another foreground fetchmail is running at 4711."
    [GeneratedRegex(@"\brunning\s+(?:at|as|with|under)\s+(?<pid>\d{1,7})\b(?!\.\d)", RegexOptions.IgnoreCase)]
    private static partial Regex RunningPid();

    // Rows of lslocks(8), lsof(8) and /proc/locks (proc_locks(5)).
    [GeneratedRegex(@"^\S+\s+(?<pid>\d{1,7})\s+(?:POSIX|FLOCK|OFDLCK|LEASE)\b|^\S+\s+(?<pid>\d{1,7})\s+(?:\d+\s+)?\S+\s+(?:\d+[urw-]?[NrRwWuUxX]?|mem|cwd|txt)\s+(?:REG|DIR)\b|^\d+:\s+(?:->\s+)?(?:POSIX|FLOCK|OFDLCK)\s+\w+\s+(?:READ|WRITE)\s+(?<pid>\d{1,7})\s")]
    private static partial Regex ListedPid();

    // fuser(1): the file, then who uses it.
    [GeneratedRegex(@"(?<=^/\S+:\s(?:.*\s)?)(?<pid>\d{1,7})(?=[cefrmF]*(?:\s|$))(?=[\dcefrmF\s]*$)")]
    private static partial Regex UserPids();

    [GeneratedRegex(@"\b(?<pid>\d{1,7})[@:](?<host>[A-Za-z][A-Za-z0-9.-]*[A-Za-z0-9])\b")]
    private static partial Regex PidAtHost();

    [GeneratedRegex(@"\b[a-z][\w-]*\([^()\s]*\)<(?<pid>\d{1,7})>")]
    private static partial Regex SessionPid();

    [GeneratedRegex(@"(?<![\w/])[A-Za-z][\w./-]*\[(?<pid>\d{1,7})\]")]
    private static partial Regex TagPid();

    [GeneratedRegex(@"^(?:[a-z]+: )?(?<program>[A-Za-z][\w./-]*)(?:\[\d+\]|\([^()\s]*\)(?:<\d+>)?(?:<[^>]*>)?)?:")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\b(?:imap|pop3|lmtp|lda|deliver|imap-login|pop3-login|managesieve|submission|doveadm|indexer-worker|indexer|dsync(?:-\w+)?|quota-status|virtual|backend)\((?:[^()\s,]*,)?(?<user>[^()\s,<>]+)\)")]
    private static partial Regex SessionUser();

    [GeneratedRegex(@"\buser(?:name)?\s*[=:]\s*<?(?<user>[^\s,;<>()\[\]""']+)|\b(?:for|of|mailbox of) user\s+[""'<]?(?<user>[^\s,;<>()\[\]""']+)|\b(?:orig_)?to=<(?<user>[^<>\s]+)>|\blogin:?\s+[""'<]?(?<user>[\w.+-]+@[\w.-]+)", RegexOptions.IgnoreCase)]
    private static partial Regex UserWord();

    // Mailbox names of Cyrus in either hierarchy separator.
    [GeneratedRegex(@"(?<![\w/.])(?:[\w.-]+!)?user(?:\.|/)(?<user>[\w^+-]+)")]
    private static partial Regex CyrusUser();

    [GeneratedRegex(@"[\w.+%-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")]
    private static partial Regex Address();

    [GeneratedRegex(@"\b(?:on |by )?host(?:name)?\s*[:=]?\s+?[""'<]?(?<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)\b|\bhost(?:name)?=(?<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)\b")]
    private static partial Regex Host();

    [GeneratedRegex(@"\b(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{6}-[0-9A-Za-z]{11}-[0-9A-Za-z]{4})\b")]
    private static partial Regex EximId();

    [GeneratedRegex(@"(?:\]: |^)(?<id>[0-9A-F]{6,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}): ")]
    private static partial Regex PostfixId();

    [GeneratedRegex(@"^(?:[0-9A-F]{6,15}|(?=.*\d)[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20})$")]
    private static partial Regex ShortQueueId();

    [GeneratedRegex(@"(?<![\w.:/-])(?<number>\d+(?:\.\d+)?)\s?(?<unit>milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b(?![\w/-])")]
    private static partial Regex Duration();

    [GeneratedRegex(@"^[\p{L}\p{N}_][\p{L}\p{N}_.+-]*$")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?:message-?id|msgid|\bid)\s*=\s*<?$", RegexOptions.IgnoreCase)]
    private static partial Regex MessageIdBefore();

    // A path that was pasted with the program's complaint behind it.
    [GeneratedRegex(@"^/[^:]*: \S|\s(?:is|was|already|locked|held|failed|cannot|permission)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Failure();
}
