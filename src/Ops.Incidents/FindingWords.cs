using System.Globalization;

namespace Ops.Incidents;

/// <summary>Findings in pieces of sentences, for terminals and pages alike. What came from a host is escaped here.</summary>
public static class FindingWords
{
    /// <summary>The true path: of its bytes where it is not UTF-8. An agent may send anything; bytes that cannot be decoded leave the text.</summary>
    public static FilePath PathOf(Finding finding) => PathOf(finding.Path, finding.PathBytes);

    /// <inheritdoc cref="PathOf(Finding)"/>
    public static FilePath PathOf(string path, string? pathBytes)
    {
        var bytes = new byte[pathBytes?.Length ?? 0];
        return pathBytes is not null && Convert.TryFromBase64String(pathBytes, bytes, out var length) ? new FilePath(bytes.AsSpan(0, length)) : FilePath.FromText(path);
    }

    internal static string Name(Finding finding) => PathOf(finding).Display;

    /// <summary>For a shell; a name that is not plain text is given by its bytes.</summary>
    public static string Quoted(Finding finding)
    {
        var path = PathOf(finding);
        return path.IsUtf8 && path.Display == path.Text ? "'" + path.Text.Replace("'", "'\\''", StringComparison.Ordinal) + "'"
            : "--path-bytes " + Convert.ToBase64String(path.Bytes);
    }

    /// <summary>Pid, command, session, user and unit.</summary>
    public static string Who(FindingProcess process) =>
        $"pid {process.Pid.ToString(CultureInfo.InvariantCulture)} ({FilePath.Escape(process.Command)}{(process.Session is { } session ? ", session of " + Session(session) : "")}{(process.User is { } user ? ", user " + FilePath.Escape(user) : "")}"
        + $"{(process.Unit is { } unit ? ", " + FilePath.Escape(unit) : "")})";

    /// <summary>User and address: "alice from 192.0.2.7".</summary>
    public static string Session(FindingSession session) => FilePath.Escape(session.User) + (session.Address is { } address ? " from " + FilePath.Escape(address) : "");

    /// <summary>With a capital letter first.</summary>
    public static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>With a capital letter and a full stop.</summary>
    internal static string Sentence(string text) => Capital(FilePath.Escape(text.TrimEnd().EndsWith('.') ? text.TrimEnd() : text.TrimEnd() + "."));

    /// <summary>With its article, as people write it.</summary>
    internal static string LockClass(string word) => word switch
    {
        "posix" => "a POSIX",
        "ofd" => "an OFD",
        "flock" => "a flock",
        _ => "a " + FilePath.Escape(word),
    };

    internal static string Count(long number, string one, string many) => $"{number.ToString(CultureInfo.InvariantCulture)} {(number == 1 ? one : many)}";

    /// <summary>In one unit, rounded down: "45 s", "4 min", "3 h", "2 d".</summary>
    internal static string Age(TimeSpan age) => age.TotalSeconds < 90 ? $"{(long)age.TotalSeconds} s"
        : age.TotalMinutes < 90 ? $"{(long)age.TotalMinutes} min"
        : age.TotalHours < 48 ? $"{(long)age.TotalHours} h"
        : $"{(long)age.TotalDays} d";
}
