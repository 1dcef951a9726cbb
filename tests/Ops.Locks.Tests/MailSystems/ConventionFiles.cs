using System.Globalization;
using System.Text;

namespace Ops.Locks.Tests.MailSystems;

/// <summary>A file that one convention's program would make: right name in the right place, right looks, naming this owner where the convention names one.</summary>
/// <param name="Path">As in the tables of names: absolute, to be put below any root.</param>
/// <param name="NamesOwner">Whether name or text say whose it is.</param>
/// <param name="Mailbox">What the lock stands for; null where its name does not tell.</param>
public sealed record ConventionFile(
    MailSystem System, Convention Convention, FilePath Path, FileKind Kind, byte[] Content, uint Mode, bool NamesOwner, FilePath? Mailbox)
{
    public override string ToString() => $"{System.Name} {Convention.Form}: {Path.Display} \"{FilePath.Escape(Content)}\"";
}

/// <summary>Whom the files name.</summary>
public sealed record FileOwner(int Pid, string Host, DateTimeOffset At);

/// <summary>
/// Makes files for every declared convention, out of the tables that each system has to have: names from <c>names.tsv</c>, texts from <c>looks.tsv</c> and from what the declaration itself would
/// write. Number, host and time are replaced in whatever figures they are written, and what comes out has to be read back by the declaration. A new system needs nothing here.
/// </summary>
public static class ConventionFiles
{
    private const int NamesOfEach = 4;
    private static readonly (int Pid, string Host) InTexts = (4711, "mx1");

    // How programs write a number; the width is that of the example.
    private static readonly Func<long, int, string>[] Figures =
    [
        static (n, width) => n.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0'),
        static (n, width) => n.ToString("x", CultureInfo.InvariantCulture).PadLeft(width, '0'),
        static (n, _) => InBase(n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 0, fromLast: true),
        static (n, width) => InBase(n, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", width, fromLast: false),
    ];

    private static readonly Lazy<IReadOnlyList<string>> TextForms = new(() =>
        [.. File.ReadLines(System.IO.Path.Combine(AppContext.BaseDirectory, "Cases", "dot-locks", "looks.tsv")).Where(l => !l.StartsWith('#')).Select(l => l.Split('\t')[0]).Distinct()]);

    /// <summary>The kinds of convention whose files can be somebody's.</summary>
    public static bool IsOwned(Convention convention) => convention is DotLock or StagingFile or PidFile or MbxLock;

    public static IReadOnlyList<(MailSystem System, Convention Convention)> Owned { get; } =
        [.. Locks.MailSystems.All.SelectMany(s => s.Conventions.Where(IsOwned), (s, c) => (s, c))];

    /// <summary>Files for all conventions, as <paramref name="owner"/> would make them: a few names of each, with every text.</summary>
    public static IReadOnlyList<ConventionFile> For(FileOwner owner)
    {
        var names = NameRow.Rows().Where(r => r.Expectation is not "nothing" && !r.Expectation.StartsWith("not ", StringComparison.Ordinal))
            .Select(r => NameRow.PathOf(r.Path)).Where(IsPlain).Distinct().ToList();
        return [.. names.SelectMany(n => Named(n, owner)).DistinctBy(f => (f.Convention, f.Path, Encoding.Latin1.GetString(f.Content)))
            .GroupBy(f => f.Convention).SelectMany(c => c.GroupBy(f => f.Path).Take(NamesOfEach).SelectMany(f => f))];
    }

    /// <summary>A file name that every program and file system takes: the hostile ones are tried elsewhere.</summary>
    private static bool IsPlain(FilePath path) => path.IsUtf8 && path.Name.Length < 200 && !path.Bytes.ContainsAny((byte)'\n', (byte)'\t');

    private static IEnumerable<ConventionFile> Named(FilePath example, FileOwner owner)
    {
        foreach (var match in Matches(example).Where(m => IsOwned(m.Convention)))
        {
            var paths = match.Convention is StagingFile staging && staging.ReadName(match.Match, example.Parent.NameLatin1) is [var claim, ..]
                ? Rewritten(example, claim, owner).Where(p => Reads(p, match.Convention, owner)).Take(1)
                : [example];
            foreach (var path in paths)
            {
                foreach (var file in Looking(match, path, owner))
                    yield return file;
            }
        }
    }

    private static bool Reads(FilePath path, Convention convention, FileOwner owner) => Matches(path).Any(m => m.Convention == convention
        && ((StagingFile)convention).ReadName(m.Match, path.Parent.NameLatin1) is { Count: > 0 } claims
        && claims.Any(c => c.Pid == owner.Pid && (c.Host is null || c.HostIsConfigured || c.Names(owner.Host))));

    private static IEnumerable<FilePath> Rewritten(FilePath example, OwnerClaim claim, FileOwner owner)
    {
        // The number is in the name, or in that of the directory; in the name it may be after a time that has the same figures.
        foreach (var pidIn in Figures)
        {
            foreach (var timeIn in Figures)
            {
                foreach (var inDirectory in (bool[])[false, true])
                {
                    var text = inDirectory ? example.Parent.NameLatin1 : example.NameLatin1;
                    if (Replace(text, claim, owner, pidIn, timeIn) is not { } changed)
                        continue;
                    yield return inDirectory
                        ? example.Parent.Parent.Join(Encoding.Latin1.GetBytes(changed)).Join(example.Name)
                        : example.Parent.Join(Encoding.Latin1.GetBytes(changed));
                }
            }
        }
    }

    private static string? Replace(string text, OwnerClaim claim, FileOwner owner, Func<long, int, string> pidIn, Func<long, int, string> timeIn)
    {
        var (pidAt, pidLength) = Find(text, claim.Pid, pidIn);
        if (pidAt < 0)
            return null;
        var changed = $"{text[..pidAt]}\u0001{text[(pidAt + pidLength)..]}";
        if (claim.At is { } at)
        {
            var (timeAt, timeLength) = Find(changed, at.ToUnixTimeSeconds(), timeIn);
            if (timeAt < 0)
                return null;
            changed = $"{changed[..timeAt]}{timeIn(owner.At.ToUnixTimeSeconds(), timeLength)}{changed[(timeAt + timeLength)..]}";
        }
        if (claim.Host is { Length: > 0 } host)
        {
            if (changed.LastIndexOf(host, StringComparison.Ordinal) is var hostAt && hostAt < 0)
                return null;
            changed = $"{changed[..hostAt]}{HostLike(claim, owner.Host)}{changed[(hostAt + host.Length)..]}";
        }
        return changed.Replace("\u0001", pidIn(owner.Pid, IsPadded(text, pidAt, pidLength) ? pidLength : 1), StringComparison.Ordinal);
    }

    private static string HostLike(OwnerClaim claim, string host) => claim.HostIsShort && host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? host[..dot] : host;

    private static bool IsPadded(string text, int at, int length) => length > 1 && text[at] is '0' or 'A';

    // The longest form first: with its leading zeros.
    private static (int At, int Length) Find(string text, long number, Func<long, int, string> figures)
    {
        for (var width = 12; width > 0; width--)
        {
            var written = figures(number, width);
            if (written.Length == width && text.LastIndexOf(written, StringComparison.Ordinal) is >= 0 and var at)
                return (at, width);
        }
        return (-1, 0);
    }

    /// <summary>The file with every text that fits: one that names the owner, and one that names nobody, where the convention knows both.</summary>
    private static IEnumerable<ConventionFile> Looking(ConventionMatch match, FilePath path, FileOwner owner)
    {
        var convention = match.Convention;
        var mailbox = ArtefactClassifier.SubjectOf(path);
        if (convention is StagingFile { IsDirectory: true } or StagingFile { IsSocket: true })
        {
            var kind = convention is StagingFile { IsSocket: true } ? FileKind.Socket : FileKind.Directory;
            yield return new ConventionFile(match.System, convention, path, kind, [], Look.Octal(700), ((StagingFile)convention).NamesOwner, null);
            yield break;
        }

        var matches = Matches(path);
        var seen = new HashSet<(bool, string)>();
        foreach (var (content, mode) in Texts(convention, path, owner).SelectMany(text => Modes(convention), (text, mode) => (text, mode)))
        {
            var file = FilesFor.Regular(path, content, mode);
            if (!convention.Looks(file) || !ConventionMatcher.Fitting(matches, file).Any(m => m.Convention == convention))
                continue;
            var claim = convention switch
            {
                DotLock dotLock => dotLock.ReadHolder(file.Content),
                PidFile pidFile => pidFile.ReadHolder(file.Content),
                StagingFile staging => staging.ReadName(matches.First(m => m.Convention == convention).Match, path.Parent.NameLatin1).FirstOrDefault(c => c.Pid == owner.Pid),
                _ => null,
            };
            // Another number, or another host, than the owner's in it is no file of this owner.
            if (claim is not null && (claim.Pid != owner.Pid || claim.Host is not null && !claim.HostIsConfigured && !claim.Names(owner.Host)) || !seen.Add((claim is not null, convention is StagingFile ? content.Length == 0 ? "" : "text" : Encoding.Latin1.GetString(content))))
                continue;
            yield return new ConventionFile(match.System, convention, path, FileKind.Regular, content, mode, claim is not null, mailbox);
        }
    }

    private static uint[] Modes(Convention convention) => convention is DotLock { UsualModes: { Count: > 0 } usual } ? [usual[0], Look.Octal(600)] : [Look.Octal(600), Look.Octal(644), 0];

    private static IEnumerable<byte[]> Texts(Convention convention, FilePath path, FileOwner owner)
    {
        if (convention is DotLock { Write: { } write })
            yield return write(owner.Pid, owner.Host).Content;
        foreach (var text in TextForms.Value)
        {
            if (convention is not MbxLock || text is "" or "4711" or "4711:mx1")
            {
                yield return NameRow.Unescape(text.Replace(InTexts.Pid.ToString(CultureInfo.InvariantCulture), owner.Pid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                    .Replace(InTexts.Host, owner.Host, StringComparison.Ordinal));
            }
        }
        if (convention is MbxLock)
            yield break;
        yield return Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{owner.Pid,10}\n"));
        yield return Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{owner.Host}.{owner.Pid}\n"));
        yield return Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{path.Text.Replace(".lock", ".lck", StringComparison.Ordinal)}|{owner.Host}|{owner.Pid}|1234567890"));
        yield return Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{owner.Host} {owner.Pid} {owner.At.ToUnixTimeSeconds()} 12345\n"));
        yield return path.Bytes.ToArray();
        yield return Encoding.Latin1.GetBytes($"imap\tlocalhost [127.0.0.1]\tfred\t\tAppend\n");
        yield return Encoding.Latin1.GetBytes("From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n");
    }

    private static IReadOnlyList<ConventionMatch> Matches(FilePath path) => ConventionMatcher.Match(NameRow.PlaceOf(path), path);

    private static string InBase(long number, string figures, int width, bool fromLast)
    {
        var text = new StringBuilder();
        for (; number > 0; number /= figures.Length)
            text.Insert(fromLast ? text.Length : 0, figures[(int)(number % figures.Length)]);
        return fromLast ? text.ToString() : text.ToString().PadLeft(width, '0');
    }
}
