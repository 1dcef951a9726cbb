using System.Text.RegularExpressions;

namespace Ops.Locks;

/// <summary>
/// Living processes that may be the owner of a lock that names no owner although they have nothing open: the script that called lockfile(1), the shell whose
/// redirection made the file. Such an owner is as old as its lock and runs as the lock's user; one of these further signs has to be there, or its program
/// has to be unknown.
/// </summary>
public static partial class ScriptOwner
{
    private static readonly HashSet<string> Interpreters = new(StringComparer.Ordinal)
    {
        "sh", "dash", "bash", "ash", "busybox", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "perl", "python", "ruby", "php", "lua", "node", "java", "tclsh", "expect",
    };

    // They make no files, whatever started them.
    private static readonly HashSet<string> MakesNoLock = new(StringComparer.Ordinal) { "sleep", "cat", "tail", "head", "tee", "grep", "sort", "wc", "ssh-agent", "gpg-agent", "(sd-pam)" };

    /// <summary>The first such process, with the sign; null when there is none.</summary>
    /// <param name="others">Programs of which another rule says when they may have it.</param>
    internal static (ProcessFacts Process, string Sign)? Of(ArtefactFacts artefact, HostFacts host, IReadOnlyCollection<string> others)
    {
        var file = artefact.File;
        var made = (file.BornAt ?? file.ChangedAt).ToDateTimeOffset() + Activity.Grain;
        var asking = Ancestors(host);
        foreach (var process in host.Processes.MayRunAs(file.Uid))
        {
            if (!process.IsKernelThread && process.StartedAt <= made && !MakesNoLock.Contains(process.Command) && !others.Contains(process.Command)
                && Sign(process, artefact, host, asking.Contains(process.Pid)) is { } sign)
            {
                return (process, sign);
            }
        }
        return null;
    }

    /// <summary>Whether a process runs scripts: then its text decides what it does.</summary>
    public static bool IsInterpreter(ProcessFacts process) => Interpreters.Contains(Stem(process.Executable ?? (process.CommandLine is [var first, ..] ? first : process.Command)));

    /// <summary>The file of the script that a process runs, as its command line gives it; null when it runs none, one from a pipe, or one that is in the command line itself.</summary>
    public static string? ScriptFile(ProcessFacts process) => IsInterpreter(process) && process.CommandLine.Skip(1).ToList() is var arguments && Inline(arguments) is null
        ? arguments.Find(a => a is [not '-', ..]) is { } file && !file.StartsWith("/dev/", StringComparison.Ordinal) && !file.StartsWith("/proc/", StringComparison.Ordinal) ? file : null
        : null;

    /// <summary>Whether the verdict on this artefact may rest on the texts of scripts: a lock that names no owner.</summary>
    public static bool IsAskedFor(ArtefactFacts artefact) => NamesNobody(artefact.Matches, artefact.File.Content);

    /// <summary>Whether a name is a lock's and no reading of its text gives an owner.</summary>
    public static bool NamesNobody(IReadOnlyList<ConventionMatch> matches, FileContent content) =>
        matches.Select(m => m.Convention).OfType<DotLock>().ToList() is { Count: > 0 } locks && locks.TrueForAll(l => l.ReadHolder(content) is null);

    private static string? Sign(ProcessFacts process, ArtefactFacts artefact, HostFacts host, bool isAsking)
    {
        var arguments = process.CommandLine.Skip(1).ToList();
        if (arguments.Exists(a => Mentions(a, artefact)))
            return "its command line names the lock or its mailbox";
        if (isAsking)
            return null;
        var isInterpreter = IsInterpreter(process);
        var text = isInterpreter ? Inline(arguments) : null;
        // A text that is all there, calls no name from elsewhere and does not name the lock is about something else.
        if (text is not null && !text.AsSpan().ContainsAny("$`*?["))
            return null;
        if (host.OpenFiles.Of(artefact.Directory.Identity).Any(o => o.Process.Pid == process.Pid))
            return "it works in the directory of the lock";
        if (text is not null)
            return LocksSomething().IsMatch(text) ? "its script takes locks whose names are not in it" : null;
        if (!isInterpreter)
            return null;
        // A person's shell, or commands from a pipe: of root there are always some, and they alone say nothing.
        if (!host.Processes.Scripts.TryGetValue(process.Pid, out var script))
            return process.EffectiveUid == 0 ? null : "what it runs is unknown";
        return script is null ? "it runs a script that could not be read"
            : Mentions(script, artefact) || LocksSomething().IsMatch(script) ? "its script takes locks, or names this one or its mailbox"
            : null;
    }

    /// <summary>The name of what is locked, as a word of its own, or the directory.</summary>
    private static bool Mentions(string text, ArtefactFacts artefact)
    {
        var subject = ArtefactClassifier.SubjectOf(artefact.File.Path) ?? artefact.File.Path;
        return Word(text, subject.NameLatin1) || (text.AsSpan().ContainsAny("$*?`") && artefact.Directory.Path.Bytes.Length > 1 && text.Contains(artefact.Directory.Path.Display + "/", StringComparison.Ordinal));
    }

    private static bool Word(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (at + word.Length == text.Length || !char.IsLetterOrDigit(text[at + word.Length])))
                return true;
        }
        return false;
    }

    /// <summary>The text of <c>sh -c TEXT</c>, <c>perl -e TEXT</c>; null when the script is not in the command line.</summary>
    private static string? Inline(List<string> arguments) =>
        arguments is [['-', not '-', ..] option, ..] && option.AsSpan(1).ContainsAny('c', 'e', 'E') ? string.Join(' ', arguments.Skip(1)) : null;

    /// <summary>Who started the look: a person at a shell, a cron job, a console. It asks about the lock and does not hold it without a further sign.</summary>
    private static HashSet<int> Ancestors(HostFacts host)
    {
        HashSet<int> found = [];
        for (var pid = host.OwnPid; pid is { } known && found.Add(known) && host.Processes.Processes.TryGetValue(known, out var process);)
            pid = process.ParentPid;
        return found;
    }

    private static string Stem(string path) => path[(path.LastIndexOf('/') + 1)..].TrimStart('-').TrimEnd("0123456789.".ToCharArray());

    // With an argument: prose about a lockfile takes none. Lines of comment are skipped.
    [GeneratedRegex("""^(?!\s*#).*?(?:(?:^|[\s;&|(/])(?:lockfile|dotlockfile|lockfile-create|exim_lock|postlock|lockmail)\s+(?:["'$/-]|\S*\.\S)|noclobber|set\s+-C|O_EXCL)""", RegexOptions.Multiline)]
    private static partial Regex LocksSomething();
}
