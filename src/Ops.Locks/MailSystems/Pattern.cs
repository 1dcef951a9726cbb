using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>
/// Regular expressions on names as Latin-1: one char per byte, every byte allowed. They are written so that a name of 255 bytes, the longest there is,
/// takes at most some ten thousand steps; longer ones are never matched (<see cref="ConventionMatcher"/>).
/// </summary>
/// <remarks>RegexOptions.NonBacktracking was tried: a second to set up and 45 MB for a hundred expressions.</remarks>
public static class Pattern
{
    /// <summary>A pid as decimal text without leading zeros; whether it is at most 4,194,304 is checked when it is read.</summary>
    public const string Pid = "[1-9][0-9]{0,6}";

    /// <summary>Seconds since 1970 in ten figures: September 2001 to 2065.</summary>
    public const string Seconds = "[12][0-9]{9}";

    /// <summary>
    /// Far beyond what any name takes (a test tries hostile ones): a mistake in an expression ends a scan with an error instead of stopping it permanently. It counts
    /// wall time: on a host so loaded that a thread waits seconds for a processor, one second ended scans that had nothing wrong with them.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Any mailbox's <c>X.lock</c>; group 1 is X.</summary>
    public static Regex LockBesideMailbox { get; } = Whole(@"(.+)\.lock");

    /// <summary>Matches all of a name, line breaks in it included.</summary>
    public static Regex Whole(string pattern) =>
        new(@"\A(?:" + pattern + @")\z", RegexOptions.Singleline | RegexOptions.CultureInvariant, Longest);
}
