using System.Globalization;

namespace Ops.Incidents;

/// <summary>Pieces of sentences. What came from a host is escaped here.</summary>
internal static class Text
{
    public static string Name(Finding finding) => PathOf(finding).Display;

    /// <summary>For a shell; a name that is not plain text is given by its bytes.</summary>
    public static string Quoted(Finding finding)
    {
        var path = PathOf(finding);
        return path.IsUtf8 && path.Display == path.Text ? "'" + path.Text.Replace("'", "'\\''", StringComparison.Ordinal) + "'"
            : "--path-bytes " + Convert.ToBase64String(path.Bytes);
    }

    public static string Who(FindingProcess process) =>
        $"pid {process.Pid.ToString(CultureInfo.InvariantCulture)} ({FilePath.Escape(process.Command)}{(process.User is { } user ? ", user " + FilePath.Escape(user) : "")}"
        + $"{(process.Unit is { } unit ? ", " + FilePath.Escape(unit) : "")})";

    public static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>With a capital letter and a full stop.</summary>
    public static string Sentence(string text) => Capital(FilePath.Escape(text.TrimEnd().EndsWith('.') ? text.TrimEnd() : text.TrimEnd() + "."));

    /// <summary>With its article, as people write it.</summary>
    public static string LockClass(string word) => word switch
    {
        "posix" => "a POSIX",
        "ofd" => "an OFD",
        "flock" => "a flock",
        _ => "a " + FilePath.Escape(word),
    };

    public static string Count(int number, string one, string many) => $"{number.ToString(CultureInfo.InvariantCulture)} {(number == 1 ? one : many)}";

    /// <summary>In one unit, rounded down: "45 s", "4 min", "3 h", "2 d".</summary>
    public static string Age(TimeSpan age) => age.TotalSeconds < 90 ? $"{(long)age.TotalSeconds} s"
        : age.TotalMinutes < 90 ? $"{(long)age.TotalMinutes} min"
        : age.TotalHours < 48 ? $"{(long)age.TotalHours} h"
        : $"{(long)age.TotalDays} d";

    private static FilePath PathOf(Finding finding)
    {
        // An agent may send anything; a path that cannot be decoded is shown as its text.
        var bytes = new byte[finding.PathBytes?.Length ?? 0];
        return finding.PathBytes is { } encoded && Convert.TryFromBase64String(encoded, bytes, out var length) ? new FilePath(bytes.AsSpan(0, length)) : FilePath.FromText(finding.Path);
    }
}
