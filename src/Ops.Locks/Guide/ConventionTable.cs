using System.Globalization;
using System.Text;

namespace Ops.Locks;

/// <summary>One convention as the table of <c>ops conventions</c> shows it.</summary>
/// <param name="System">Name of the mail system, as in findings.</param>
/// <param name="Kind">Kind of artefact, as in findings.</param>
/// <param name="Owner">Where an owner is named: <c>text</c>, <c>name</c>, <c>hitching post</c>, <c>kernel lock</c>, or <c>nowhere</c>.</param>
/// <param name="Ownerless">What becomes of one that names no owner, when none is found.</param>
/// <param name="Offered"><c>break</c>, <c>remove</c> or <c>nothing</c>: what is ever offered for such a file, with proof that its owner is gone.</param>
/// <param name="OwnRule">When its own programs would remove it.</param>
public sealed record ConventionRow(
    string System, string Kind, string Form, string What, string Owner, string Ownerless, string Offered, string OwnRule, string Source);

/// <summary>All declared conventions in one table. Made from the declarations by <see cref="OwnerlessRule"/>, by which the classifiers decide. Pure.</summary>
public static class ConventionTable
{
    /// <summary>Texts without an owner as programs write them, with the mode that distinguishes some of them.</summary>
    private static readonly (string Text, uint Mode)[] Ownerless = [("", Look.Octal(600)), ("", 0), ("0", Look.Octal(444)), ("0\n", Look.Octal(644)), ("0\0", 0), ("data\n", Look.Octal(600))];

    public static IReadOnlyList<ConventionRow> Rows() =>
    [
        .. MailSystems.All.SelectMany(s => s.Conventions, (system, c) => new ConventionRow(
            system.Name, Word(c.Kind), c.Form, c.What, Owner(system, c), Words(c), Offered(c), GuidePages.OwnRule(c), c.Source)),
    ];

    /// <summary>The rules by which a file of this convention without an owner is judged. Several when its looks differ; none when every file of it names one.</summary>
    public static IReadOnlyList<OwnerlessRule> RulesOf(Convention convention) => convention switch
    {
        DotLock dotLock => [.. Ownerless.Concat(dotLock.UsualModes.Select(mode => ("", mode))).Select(o => Sample(o.Item1, o.Item2)).Where(f => dotLock.Looks(f) && dotLock.ReadHolder(f.Content) is null)
            .Select(f => OwnerlessRule.Of(Sharing(dotLock, f), f)).Distinct()],
        StagingFile { NamesOwner: true } or LinkLock => [],
        _ => [OwnerlessRule.Of([convention])],
    };

    /// <summary>The page of the docs.</summary>
    internal static string Page()
    {
        var text = new StringBuilder();
        text.Append("""
            # Conventions

            Every file that is known, one a line, with what is done when neither its content nor anything else shows its owner. The same as `ops conventions`.

            - **owner**: where a file of this kind names its owner. A process that has it open or locked is its owner as well, whatever the file says.
            - **without an owner**: what is concluded about one that names no owner and that no process is seen to use. An age counts by ctime and mtime. A general `X.lock` can be of several systems:
              the most cautious of those that write the same text and mode counts.
            - **offered**: what can ever be asked for, once its owner is proven gone.
            - **own rule**: when its own programs would remove it. It is not our rule.

            | system | file | kind | owner | without an owner | offered | own rule | source |
            | --- | --- | --- | --- | --- | --- | --- | --- |

            """);
        foreach (var row in Rows())
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| [{row.System}](systems/{row.System}.md) | `{Cell(row.Form)}` | {row.Kind} | {row.Owner} | {Cell(row.Ownerless)} | {row.Offered} | {Cell(row.OwnRule)} | {Cell(row.Source)} |\n");
        }
        text.Append("\n[All mail systems](mail-systems.md) · [the verdicts](verdicts.md)\n");
        return text.ToString();
    }

    // A name may be shared, a general one always is: every convention of the same name whose looks fit is a candidate for the file.
    private static IReadOnlyCollection<Convention> Sharing(DotLock dotLock, FileFacts file) =>
        [.. MailSystems.All.SelectMany(s => s.Conventions).OfType<DotLock>()
            .Where(c => c.IsGeneral == dotLock.IsGeneral && c.Name.ToString() == dotLock.Name.ToString() && c.Place == dotLock.Place && c.Looks(file))];

    private static string Owner(MailSystem system, Convention convention) => convention switch
    {
        DotLock dotLock => string.Join(", ", DotLockOwner(system, dotLock)),
        StagingFile { NamesOwner: true } => "name",
        LinkLock => "text of the link",
        StagingFile { HasGuard: true } => "holder of the lock that guards it",
        PidFile pidFile => $"{(pidFile.OwnerLocksIt ? "kernel lock, " : "")}text{(pidFile.IsNamedAfterProgram ? ", of NAME" : pidFile.Programs.Count == 0 ? "" : ", of " + string.Join(" or ", pidFile.Programs))}",
        MbxLock or NotALock { AsKind: ArtefactKind.LockFile } => "kernel lock",
        _ => "nowhere",
    };

    private static IEnumerable<string> DotLockOwner(MailSystem system, DotLock dotLock)
    {
        var text = dotLock.ReadHolder != LockText.Nothing;
        var post = dotLock.IsGeneral && system.Conventions.OfType<StagingFile>().Any(s => s is { AsKind: ArtefactKind.StagingFile, NamesOwner: true, IsDirectory: false });
        if (text)
            yield return "text";
        if (post)
            yield return "hitching post";
        if (!text && !post)
            yield return "nowhere";
    }

    private static string Words(Convention convention) =>
        RulesOf(convention) is { Count: > 0 } rules ? string.Join("; ", rules.Select(r => Words(r, convention)).Distinct()) : "none: it names its owner";

    private static string Words(OwnerlessRule rule, Convention convention) => rule switch
    {
        { Word: VerdictWord.NotALock } => "not a lock",
        { Word: VerdictWord.Stale, After: { } age } =>
            $"stale after {GuidePages.Words(age)}{(rule.NeedsMailbox ? ", only next to its mailbox, while that is idle" : ", while what it guards is idle")}",
        { Word: VerdictWord.Orphan, After: null } => "orphan while no process holds the lock that guards it",
        { Word: VerdictWord.Orphan, After: { } age } =>
            $"orphan after {GuidePages.Words(age)}{(convention is StagingFile { HasGuard: true } ? ", while no process holds the lock that guards it" : ", while no process has it open")}",
        _ => $"refused: {rule.Why}",
    };

    private static string Offered(Convention convention) => convention switch
    {
        DotLock { Write: not null } => "break",
        StagingFile staging when staging.NamesOwner || OwnerlessRule.OfStaged([staging]).Word == VerdictWord.Orphan => "remove",
        PidFile { IsPermanent: false } => "remove",
        _ => "nothing",
    };

    private static FileFacts Sample(string text, uint mode)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        return new FileFacts(FilePath.FromText("/var/mail/x.lock"), FileKind.Regular, default, mode, 0, 0, 1, bytes.Length, default, default, default, null, 0, FileContent.Of(bytes));
    }

    // As on the wire: DotLock is dot-lock.
    private static string Word(ArtefactKind kind) =>
        string.Concat(kind.ToString().Select((c, i) => char.IsAsciiLetterUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
