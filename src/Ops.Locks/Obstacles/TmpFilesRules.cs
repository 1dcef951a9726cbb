using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>One file of rules.</summary>
/// <param name="Name">Without its directory: a file of the same name in a stronger directory stands in place of it.</param>
public sealed record TmpFilesSource(FilePath Path, string Name, string Text);

/// <summary>A rule by which a cleaner removes what has not been used for a time.</summary>
/// <param name="Type">Its letter, without modifiers.</param>
/// <param name="Age">Null: excludes from cleaning (x, X).</param>
/// <param name="KeepsFirstLevel">Age begins with "~": what is directly in the directory stays.</param>
public sealed record TmpFilesRule(char Type, string Path, TimeSpan? Age, bool KeepsFirstLevel, FilePath Source, int Line)
{
    /// <summary>Whether it is about this path: for a cleaning rule what is below its directory, for an excluding one its pattern or (x) what is below.</summary>
    public bool Reaches(string path)
    {
        var pattern = "\\A" + Regex.Escape(Path).Replace("\\*", "[^/]*", StringComparison.Ordinal).Replace("\\?", "[^/]", StringComparison.Ordinal) + (Type == 'X' ? "\\z" : Age is null ? "(/|\\z)" : KeepsFirstLevel ? "/[^/]+/" : "/");
        return Regex.IsMatch(path, pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }
}

/// <summary>The rules of <c>systemd-tmpfiles --clean</c>, of which only those count that remove by age or keep from it.</summary>
/// <remarks>tmpfiles.d(5). A name in /etc stands before one in /run, that before one in /usr/local/lib and /usr/lib; all files are read in the order of their names.</remarks>
public static class TmpFilesRules
{
    private static readonly Dictionary<char, string> Specifiers = new()
    {
        ['%'] = "%",
        ['T'] = "/tmp",
        ['V'] = "/var/tmp",
        ['t'] = "/run",
        ['S'] = "/var/lib",
        ['C'] = "/var/cache",
        ['L'] = "/var/log",
    };

    /// <param name="sources">In the order of their directories, strongest first.</param>
    public static IReadOnlyList<TmpFilesRule> Parse(IEnumerable<TmpFilesSource> sources) =>
        [.. sources.DistinctBy(s => s.Name).OrderBy(s => s.Name, StringComparer.Ordinal).SelectMany(ParseOne)];

    /// <summary>The rule by which a file will be removed once it is old enough; null when none reaches it, or one keeps it.</summary>
    public static TmpFilesRule? For(IReadOnlyList<TmpFilesRule> rules, FilePath file)
    {
        var path = Encoding.Latin1.GetString(file.Bytes);
        return rules.Any(r => r.Age is null && r.Reaches(path)) ? null
            : rules.Where(r => r.Age is not null && r.Reaches(path)).OrderByDescending(r => r.Path.Length).FirstOrDefault();
    }

    private static IEnumerable<TmpFilesRule> ParseOne(TmpFilesSource source)
    {
        var number = 0;
        foreach (var line in source.Text.Split('\n'))
        {
            number++;
            var fields = Fields(line);
            if (fields.Count < 2 || fields[0].Length == 0 || fields[0][0] == '#' || Expand(fields[1]) is not { } path || path[0] != '/')
                continue;
            var type = fields[0][0];
            path = path.Length > 1 ? path.TrimEnd('/') : path;
            if (type is 'x' or 'X')
                yield return new TmpFilesRule(type, path, null, false, source.Path, number);
            else if (type is 'd' or 'D' or 'v' or 'q' or 'Q' or 'e' or 'C' && fields.Count > 5 && Age(fields[5]) is { } age)
                yield return new TmpFilesRule(type, path, age, fields[5].StartsWith('~'), source.Path, number);
        }
    }

    /// <summary>"10d", "1h30min", "~3d", "am:12h"; null for none.</summary>
    internal static TimeSpan? Age(string text)
    {
        text = text.TrimStart('~');
        if (text.LastIndexOf(':') is >= 0 and var colon)
            text = text[(colon + 1)..];
        if (text.Length == 0 || text == "-")
            return null;
        var total = TimeSpan.Zero;
        foreach (Match part in Regex.Matches(text, @"\G(\d{1,9})([a-z]*)"))
        {
            var count = double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture);
            if (part.Groups[2].Value switch
            {
                "" or "s" or "sec" or "second" or "seconds" => TimeSpan.FromSeconds(count),
                "us" or "usec" => TimeSpan.FromMicroseconds(count),
                "ms" or "msec" => TimeSpan.FromMilliseconds(count),
                "m" or "min" or "minute" or "minutes" => TimeSpan.FromMinutes(count),
                "h" or "hr" or "hour" or "hours" => TimeSpan.FromHours(count),
                "d" or "day" or "days" => TimeSpan.FromDays(Math.Min(count, 1e6)),
                "w" or "week" or "weeks" => TimeSpan.FromDays(7 * Math.Min(count, 1e5)),
                _ => (TimeSpan?)null,
            } is not { } span)
            {
                return null;
            }

            total += span;
        }
        return text.All(char.IsAsciiLetterOrDigit) && char.IsAsciiDigit(text[0]) ? total : null;
    }

    // An unknown specifier stands for something of the host: such a rule is left out instead of guessed.
    private static string? Expand(string text)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
                result.Append(text[i]);
            else if (++i < text.Length && Specifiers.TryGetValue(text[i], out var value))
                result.Append(value);
            else
                return null;
        }
        return result.Length == 0 ? null : result.ToString();
    }

    private static List<string> Fields(string line) =>
        [.. Regex.Matches(line, "\"([^\"]*)\"|'([^']*)'|(\\S+)").Select(m => m.Groups.Cast<Group>().Skip(1).First(g => g.Success).Value)];
}
