namespace Ops.Locks;

/// <summary>By which names a process is known: what it calls itself, the file it runs, the script an interpreter was given.</summary>
/// <remarks>
/// A name is a hint. A renamed binary or a wrapper has another one, and any process may choose any: a name that fits makes a file in use, one that
/// does not fit proves nothing.
/// </remarks>
public static class ProgramName
{
    /// <summary>Bytes of <c>/proc/PID/comm</c>: a longer name is cut there.</summary>
    private const int CommandLimit = 15;

    /// <summary>The shortest beginning of a name that is taken for that name.</summary>
    private const int ShortestCut = 3;

    private static readonly string[] Interpreters = ["perl", "python", "ruby", "java", "node", "php", "sh", "dash", "bash", "ash", "ksh", "zsh", "busybox"];

    public static bool IsAnyOf(ProcessFacts process, IReadOnlyList<string> programs)
    {
        var keys = KeysOf(process).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return programs.SelectMany(KeysOf).Any(keys.Contains);
    }

    /// <summary>What a process is looked up by. A name that the kernel may have cut ends in a star.</summary>
    internal static IEnumerable<string> KeysOf(ProcessFacts process)
    {
        foreach (var name in NamesOf(process).Where(n => n.Length > 0))
        {
            yield return name;
            // "amavisd (master)", "rspamd: main process", "exim-4.98", "python3.13"
            if (name.AsSpan().IndexOfAnyExcept(Letters) is var end && end > 0)
                yield return name[..end];
        }
        // Perl scripts call themselves by their path: "/usr/sbin/postg".
        if (process.Command.Length == CommandLimit && LastPart(process.Command) is { Length: >= ShortestCut } cut)
            yield return cut + "*";
    }

    /// <summary>The same for a declared name, with all of its beginnings.</summary>
    internal static IEnumerable<string> KeysOf(string program)
    {
        yield return program;
        for (var length = ShortestCut; length <= Math.Min(program.Length, CommandLimit); length++)
            yield return program[..length] + "*";
    }

    private static readonly System.Buffers.SearchValues<char> Letters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

    private static IEnumerable<string> NamesOf(ProcessFacts process)
    {
        yield return LastPart(process.Command);
        if (process.Executable is { } executable)
            yield return LastPart(WithoutMark(executable));
        if (process.CommandLine is not [var called, ..])
            yield break;
        yield return LastPart(FirstWord(called));
        var runs = process.Executable is { } file ? LastPart(WithoutMark(file)) : LastPart(FirstWord(called));
        if (Interpreters.Any(i => runs.StartsWith(i, StringComparison.Ordinal)) && process.CommandLine.Skip(1).FirstOrDefault(a => !a.StartsWith('-')) is { } script)
            yield return LastPart(script);
    }

    private static string LastPart(string path) => path[(path.LastIndexOf('/') + 1)..];

    // A script that gives itself a new title leaves one argument: "/usr/sbin/postgrey --daemonize".
    private static string FirstWord(string text) => text.IndexOf(' ') is > 0 and var end ? text[..end] : text;

    private static string WithoutMark(string executable) =>
        executable.EndsWith(" (deleted)", StringComparison.Ordinal) ? executable[..^" (deleted)".Length] : executable;
}
