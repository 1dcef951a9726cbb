using System.Globalization;

namespace Ops.Locks;

/// <summary>Reads pid and time out of the parts of a file name. A number that no kernel could have assigned names no owner.</summary>
public static class NameText
{
    /// <summary>Largest value of <c>pid_max</c> on any Linux.</summary>
    public const int LargestPid = 4194304;

    private const string Procmail64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const string Exim62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>One claim, or none when the pid is impossible.</summary>
    public static IReadOnlyList<OwnerClaim> Claim(int? pid, string? host = null, DateTimeOffset? at = null, bool configured = false, bool truncated = false) =>
        pid is { } p ? [new OwnerClaim(p, host, truncated, configured, at)] : [];

    /// <summary>For a writer that puts either the whole host name or the part before its first dot.</summary>
    public static IReadOnlyList<OwnerClaim> ShortOrFullHost(int? pid, string host, DateTimeOffset? at = null) =>
        pid is { } p ? [new OwnerClaim(p, host, At: at), new OwnerClaim(p, host, At: at, HostIsShort: true)] : [];

    public static int? HexPid(string figures) =>
        long.TryParse(figures, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var pid) ? Plausible(pid) : null;

    /// <summary>procmail's base 64: least significant figure first, A is 0 (<c>src/acommon.c: ultoan</c>).</summary>
    public static int? ProcmailPid(string figures) => ProcmailNumber(figures) is { } pid ? Plausible(pid) : null;

    public static DateTimeOffset? ProcmailTime(string figures) => ProcmailNumber(figures) is { } time ? Time(time) : null;

    /// <summary>Exim's base 62: most significant figure first, 0 is 0 (<c>src/string.c: string_base62_32</c>).</summary>
    public static int? EximPid(string figures)
    {
        long value = 0;
        foreach (var c in figures)
        {
            var figure = Exim62.IndexOf(c, StringComparison.Ordinal);
            if (figure < 0)
                return null;
            value = (value * 62) + figure;
            if (value > LargestPid)
                return null;
        }
        return Plausible(value);
    }

    /// <summary>Seconds since 1970 in decimal; null when that is no time an operating system could have shown.</summary>
    public static DateTimeOffset? Time(string seconds) =>
        long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? Time(value) : null;

    public static DateTimeOffset? HexTime(string seconds) =>
        long.TryParse(seconds, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? Time(value) : null;

    /// <summary>The pid in an Exim message id, of the process that received the message: <c>TIME-PID-FRACTION</c>.</summary>
    public static int? EximReceiver(string messageId) => messageId.Split('-') is [_, var pid, _] ? EximPid(pid) : null;

    private static int? Plausible(long pid) => pid is > 0 and <= LargestPid ? (int)pid : null;

    private static DateTimeOffset? Time(long seconds) => seconds is > 0 and <= uint.MaxValue ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static long? ProcmailNumber(string figures)
    {
        if (figures.Length is 0 or > 10)
            return null;
        long value = 0;
        for (var i = figures.Length - 1; i >= 0; i--)
        {
            var figure = Procmail64.IndexOf(figures[i], StringComparison.Ordinal);
            if (figure < 0)
                return null;
            value = (value * 64) + figure;
        }
        return value;
    }
}
