using System.Globalization;
using System.Text;

namespace Ops.Locks;

/// <summary>
/// The docs about verdicts and mail systems, written from the declarations so that they cannot drift. Pure: path below <c>docs/</c> to text. A test compares them with the files;
/// <c>ops conventions --markdown docs</c> writes them.
/// </summary>
public static class GuidePages
{
    private const string Note = "<!-- Written by `ops conventions --markdown docs` from src/Ops.Locks. Change the declarations, not this file. -->\n\n";

    public static IReadOnlyDictionary<string, string> All()
    {
        var pages = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["verdicts.md"] = VerdictIndex(),
            ["mail-systems.md"] = SystemIndex(),
            ["conventions.md"] = Note + ConventionTable.Page(),
            ["locking.md"] = Note + HabitsPage.Page(),
        };
        foreach (var verdict in VerdictGuide.All)
            pages[$"verdicts/{verdict.Name}.md"] = Page(verdict);
        foreach (var system in MailSystems.All)
            pages[$"systems/{system.Name}.md"] = Page(system);
        return pages;
    }

    /// <summary>When the system's own programs would take such a file away, in a few words.</summary>
    public static string OwnRule(Convention convention) => convention switch
    {
        { OwnRule: { } told } => told,
        DotLock { ChecksOwner: true, StaleAfter: { } age } dotLock => $"at once when its owner is dead, never while it lives; else after {Words(age)} by {Clock(dotLock.Clock)}",
        DotLock { StaleAfter: { } age } dotLock => $"after {Words(age)} by {Clock(dotLock.Clock)}, even from a living owner",
        DotLock => "never",
        StagingFile { Place: var place } when place == Places.MaildirTmp => "some readers, after 36 h",
        StagingFile => "never",
        MbxLock => "none: an unlocked one is free",
        PidFile { IsPermanent: true } => "never removed",
        PidFile => "by program",
        NotALock { IsOrdinary: true } => "-",
        _ => "never",
    };

    private static string VerdictIndex()
    {
        var text = new StringBuilder(Note);
        text.Append("""
            # Verdicts

            A finding is one file or one kernel lock, one verdict on it, and the evidence for the verdict.
            The same ten words are used on the pages, in the JSON of the command line, in the audit and here.

            There are three answers to every question: yes, no, and *unknown*. "Unknown" is never taken for "no".
            A verdict is therefore either proven or `refused`.

            | verdict | in short | offered |
            | --- | --- | --- |

            """);
        foreach (var verdict in VerdictGuide.All)
            text.Append(CultureInfo.InvariantCulture, $"| [`{verdict.Name}`](verdicts/{verdict.Name}.md) | {verdict.InShort} | {Offered(verdict)} |\n");
        text.Append("""

            "Offered" is what the page and the command line let you ask for. The agent looks again when you ask, and may still say no:
            see [refusals.md](refusals.md).

            ## Fields that belong to a verdict

            - `ownerAlive` is true, false or null (unknown).
            - `selfHealsAt` is the moment from which one of the mail systems that fit would remove the lock by its own rule. It is null when none would.
            - `fingerprint` is a hash over the file's identity, its content and all evidence answers. Break and Remove carry it; if a fresh look gives another
              fingerprint, nothing is done.
            - `systems` lists all mail systems whose conventions fit, the likeliest first. Several programs write the same look; the most cautious reading wins.

            """);
        return text.ToString();
    }

    private static string Page(VerdictEntry verdict)
    {
        var text = new StringBuilder(Note);
        text.Append(CultureInfo.InvariantCulture, $"# {verdict.Name}\n\n{Sentence(verdict.InShort)} Offered: {Offered(verdict)}.\n");
        Bullets(text, "What we look at", verdict.LookedAt);
        text.Append("\n## What we conclude\n");
        foreach (var paragraph in verdict.Concluded)
            text.Append(CultureInfo.InvariantCulture, $"\n{paragraph}\n");
        Bullets(text, "What you may do", verdict.ToDo);
        Bullets(text, "What we refuse", verdict.Refused);
        text.Append("\n[All verdicts](../verdicts.md) · [the evidence](../evidence.md) · [what is refused and why](../refusals.md)\n");
        return text.ToString();
    }

    private static string SystemIndex()
    {
        var text = new StringBuilder(Note);
        text.Append("""
            # Mail systems

            What each system writes, when it would remove its own lock, and what we look at, conclude and refuse. Each page is one file in `src/Ops.Locks/MailSystems/`.
            The sources name program, file and function. The detail page shows the same conventions for the file that you look at.
            All files in one table, with what is done when nothing says whose they are: [conventions.md](conventions.md).
            Which program takes which locks in which order, and which pairs do not fit: [locking.md](locking.md).

            | system | how it locks |
            | --- | --- |

            """);
        foreach (var system in MailSystems.All)
            text.Append(CultureInfo.InvariantCulture, $"| [{system.Title}](systems/{system.Name}.md) | {Cell(system.About)} |\n");
        text.Append("""

            ## Dot locks: one name, many looks

            Several programs share the name `mailbox.lock`. Text, size and mode show which of them could have written it; all that fit are listed, and the most cautious reading wins.

            - A text that none of them writes is `refused`, whatever its age.
            - With a pid in it, the pid decides. Without one, the lock must be older than 30 minutes (or the program's own limit, if longer) by ctime and mtime, and no process may use the mailbox.
            - "Own rule" is when the program itself removes a lock. It is shown as `selfHealsAt`. It is a fact about the program, not our rule: most programs do not look at the owner at all.
            - The mode is only a hint, to name the likeliest program first; an administrator or a umask may have changed it. (Mode 0000 is more than a hint: no umask makes it.)

            | system | look of `X.lock` | usual modes | own rule | kernel lock on the mailbox too | a living owner touches it |
            | --- | --- | --- | --- | --- | --- |

            """);
        foreach (var system in MailSystems.All)
        {
            foreach (var dotLock in system.Conventions.OfType<DotLock>().Where(d => d.Name == Pattern.LockBesideMailbox))
            {
                var look = dotLock.Form["X.lock, ".Length..];
                text.Append(CultureInfo.InvariantCulture,
                    $"| [{system.Title}](systems/{system.Name}.md) | {Cell(look)} | {(dotLock.UsualModes.Count == 0 ? "-" : string.Join(", ", dotLock.UsualModes.Select(Mode)))} | {Cell(OwnRule(dotLock))} | {(dotLock.AlsoLocksMailbox ? "yes" : "no")} | {(dotLock.Heartbeat is { } beat ? $"every {Words(beat)}" : "no")} |\n");
            }
        }
        text.Append("""

            ## What is not known

            A `.lock` whose text none of these programs writes is `refused`, whatever its age. A file with a name that resembles nothing above is not listed.

            """);
        return text.ToString();
    }

    private static string Page(MailSystem system)
    {
        var text = new StringBuilder(Note);
        text.Append(CultureInfo.InvariantCulture, $"# {system.Title}\n\n{system.About}\n\n| file | what it is | own rule | verdicts |\n| --- | --- | --- | --- |\n");
        // Several forms of one kind of file may be declared one by one, because of where they are.
        foreach (var row in system.Conventions.Select(c => $"| {Code(c.Form)} | {Cell(c.What)} | {Cell(OwnRule(c))} | {Verdicts(c)} |\n").Distinct())
            text.Append(row);
        text.Append("\n\"Own rule\" is when the program itself would remove such a file. It is not our rule.\n");
        Bullets(text, "What we look at", [.. system.LookedAt.Select(Sentence)]);
        text.Append("\n## What we conclude\n\n");
        foreach (var sentence in system.Conventions.Select(Conclusion).OfType<string>().Distinct())
            text.Append(CultureInfo.InvariantCulture, $"- {sentence}\n");
        Bullets(text, "What we refuse or leave alone", [.. system.LeftAlone.Select(Sentence), .. system.Conventions.Select(Warning).OfType<string>().Distinct()]);
        if (system.Notes.Count > 0)
            Bullets(text, "To know", system.Notes);
        Bullets(text, "Sources", [.. system.Conventions.Select(c => c.Source).Distinct()]);
        text.Append("\n[All mail systems](../mail-systems.md) · [the verdicts](../verdicts.md)\n");
        return text.ToString();
    }

    private static string Verdicts(Convention convention)
    {
        IEnumerable<VerdictWord> words = convention switch
        {
            DotLock or LinkLock => [VerdictWord.Held, VerdictWord.Stale, VerdictWord.Refused],
            StagingFile { IsDirectory: true } or StagingFile { IsSocket: true } => [VerdictWord.Held, VerdictWord.Orphan, VerdictWord.Refused],
            StagingFile => [VerdictWord.Held, VerdictWord.Orphan, VerdictWord.OrphanLinked, VerdictWord.Refused],
            MbxLock or PidFile { IsPermanent: true } => [VerdictWord.Held, VerdictWord.NotALock, VerdictWord.Refused],
            PidFile => [VerdictWord.Held, VerdictWord.Orphan, VerdictWord.Refused],
            NotALock => [VerdictWord.NotALock],
            _ => [VerdictWord.Refused],
        };
        var list = string.Join(", ", words.Select(w => $"[{VerdictGuide.Of(w).Name}](../verdicts/{VerdictGuide.Of(w).Name}.md)"));
        return convention switch
        {
            DotLock { Write: null } or LinkLock => list + "; never broken",
            NotALock { IsOrdinary: true } => list + " when asked for; a scan does not list it",
            _ => list,
        };
    }

    private static string? Conclusion(Convention convention) => convention switch
    {
        DotLock { Write: null } => null,
        DotLock { ChecksOwner: true } => "A lock by existence that names its owner is `stale` when that process is proven gone and no process uses what it protects. "
            + "One that names no owner is judged as a lock by existence without an owner.",
        DotLock => "A lock by existence that names no owner is `stale` only when all of this holds: its looks say which programs can have made it, one of them removes such a lock by its age, it is older "
            + "than that age and than 30 minutes by every clock, its mailbox exists and begins as a mailbox does, no process has that open or locked, and no living process of the lock's user is older "
            + "than the lock and may be a script that holds it. Everything else is `refused`.",
        StagingFile { NamesOwner: true, MinimumAge: var age } => age == TimeSpan.Zero
            ? "A staging or temporary file is an `orphan` when the process in its name is proven gone and no process has it open."
            : $"A file that its readers clear by age is an `orphan` when the process in its name is proven gone, no process has it open, and it is older than {Words(age)} by every clock.",
        StagingFile { OrphanByAge: { } age } => $"A file whose name gives no owner is an `orphan` when it is older than {Words(age)} by every clock and no process has it open.",
        LinkLock => "A lock that is a symbolic link is `stale` when the process that its text names is proven gone. It is never broken.",
        MbxLock => "A session lock counts only while a process has a kernel lock on it; its text and age mean nothing.",
        PidFile { IsPermanent: true } => "A pid file that its program never removes is `held` while the program runs, and `not-a-lock` otherwise.",
        PidFile => "A pid file is an `orphan` when its process is proven gone, no process has it open, and no older process of the same program is left. A living process of that number "
            + "that is another program proves neither: it is `refused`.",
        NotALock => "A name that stays by design is `not-a-lock`; a kernel lock on it is a finding of its own.",
        _ => null,
    };

    private static string? Warning(Convention convention) => convention switch
    {
        NotALock no => $"{Code(no.Form)}: {no.Why}",
        LookAlike no => $"{Code(no.Form)}: {no.Why}",
        DotLock { WhyNever: { } why } never => $"{Code(never.Form)}: {why}",
        LinkLock never => $"{Code(never.Form)}: {char.ToUpperInvariant(never.WhyNever[0])}{never.WhyNever[1..]}",
        _ => null,
    };

    private static void Bullets(StringBuilder text, string title, IReadOnlyList<string> items)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
        foreach (var item in items)
            text.Append(CultureInfo.InvariantCulture, $"- {item}\n");
    }

    private static string Offered(VerdictEntry verdict) => verdict.Offered.Count == 0 ? "nothing" : string.Join(", ", verdict.Offered);

    private static string Sentence(string phrase) => char.ToUpperInvariant(phrase[0]) + phrase[1..] + (phrase[^1] is '.' or '!' or '?' or ')' ? "" : ".");

    // In a table a bar would end the cell, also inside code.
    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Code(string form) => $"`{Cell(form)}`";

    private static string Mode(uint mode) => Convert.ToString(mode, 8).PadLeft(4, '0');

    private static string Clock(FileClock clock) => clock switch
    {
        FileClock.Modified => "mtime",
        FileClock.Accessed => "atime",
        _ => "ctime",
    };

    internal static string Words(TimeSpan age) => age switch
    {
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0} s"),
        { TotalMinutes: < 120 } when age.TotalSeconds % 60 == 0 => string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} min"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0} s"),
        { TotalHours: < 72 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0} days"),
    };
}
