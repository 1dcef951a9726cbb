using System.Globalization;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What there is to say of a subject that no finding is about: what was looked at, and what is known of the subject itself. Pure.</summary>
internal static class UnknownSubject
{
    /// <summary>Sentences for the operator, below "nothing is known".</summary>
    public static IReadOnlyList<string> Explain(Search search) => [.. Itself(search), Looked(search), .. search.Gaps.Select(g => $"Not seen: {FilePath.Escape(g)}."), Next(search)];

    private static IEnumerable<string> Itself(Search search)
    {
        foreach (var file in search.Files)
            yield return Itself(file);
        if (search.Pid is { } pid)
        {
            yield return search.Process is not { } process ? $"There is no process {Number(pid)}."
                : $"{Activity(process)} {(process.IsAlive ? $"has run since {process.StartedAt:u}" : "has ended and waits to be collected by its parent")}: it has no kernel lock, waits for none, and no lock file below the roots names it.";
        }
        if (search.User is { } user)
            yield return $"{FilePath.Escape(user)} {(search.UserExists ? "is a user of this host" : "is no user of this host")}: no finding is of a mailbox or process of that name.";
    }

    private static string Itself(SearchedFile file) => file switch
    {
        { NotLookedAt: { } why } => $"{file.Path.Display} was not looked at: {FilePath.Escape(why)}.",
        { Status: null, Error: { } error } => $"{file.Path.Display} could not be examined: {FilePath.Escape(error)}.",
        { Status: null } => $"{file.Path.Display} does not exist.",
        { Status: { } status, Systems.Count: 0 } =>
            $"{file.Path.Display} is a {Kind(status)}. Its name and place are of no lock, staging file, temporary file or pid file that is known (ops conventions lists those that are).",
        { Status: { } status } =>
            $"{file.Path.Display} is a {Kind(status)}. Its name could be one of {string.Join(" or ", file.Systems)}, but its kind or content is not what that program writes.",
    };

    private static string Looked(Search search) => string.Create(CultureInfo.InvariantCulture,
        $"Looked at: {search.Locks} kernel locks and the descriptors of their files in {search.Processes} processes (/proc/locks, /proc/PID/fdinfo); {(search.Roots.Count == 0
            ? "no directory, since none is configured or was found"
            : $"the names of locks and leftovers below {string.Join(", ", search.Roots.Select(r => FilePath.Escape(r)))} ({search.Findings} findings)")}.");

    private static string Next(Search search) => search.Files.Count > 0
        ? "Name a lock file, its mailbox, a pid or a user; with --root DIR the names below another directory are looked at as well."
        : "What is outside these directories is not looked at: name another with --root DIR, or the file itself.";

    private static string Kind(FileFacts status) => status.Kind == FileKind.Regular
        ? string.Create(CultureInfo.InvariantCulture, $"regular file of {status.Size} bytes")
        : ArtefactClassifier.Words(status.Kind);

    private static string Activity(ProcessFacts process) => $"Pid {Number(process.Pid)} ({FilePath.Escape(process.Command)}{(process.User is { } user ? ", user " + FilePath.Escape(user) : "")})";

    private static string Number(int pid) => pid.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What was looked at for an explanation, as facts.</summary>
/// <param name="Files">The path that was asked for and the lock next to it; empty for a pid or user.</param>
/// <param name="Locks">Rows of the kernel's list.</param>
/// <param name="Findings">How many findings there are below the roots, about other subjects.</param>
/// <param name="Gaps">What could not be seen.</param>
internal sealed record Search(
    IReadOnlyList<SearchedFile> Files, IReadOnlyList<string> Roots, int Locks, int Processes, int Findings, IReadOnlyList<string> Gaps)
{
    public int? Pid { get; init; }

    public ProcessFacts? Process { get; init; }

    public string? User { get; init; }

    public bool UserExists { get; init; }
}

/// <summary>A name that was looked up.</summary>
/// <param name="Status">Null when nothing is there, or when that could not be determined: then <paramref name="Error"/> says why.</param>
/// <param name="Systems">Titles of the systems whose conventions fit the name and place.</param>
/// <param name="NotLookedAt">Why nothing was looked up; null when it was.</param>
internal sealed record SearchedFile(FilePath Path, FileFacts? Status, string? Error, IReadOnlyList<string> Systems, string? NotLookedAt = null);
