using Ops.Web.Shared;

namespace Ops.Web.Features.Detail;

/// <summary>What the mail systems of a finding do with such a file by their own rules, read off their declarations.</summary>
public static class SystemRules
{
    // More would be a manual.
    private const int MostForms = 3;

    /// <summary>One sentence for each system that could have written it, most likely first; where its files of this kind have several forms, one for each.</summary>
    public static IReadOnlyList<string> Of(Finding finding)
    {
        var names = finding.Systems.Count > 0 ? finding.Systems : [finding.System];
        List<string> rules = [];
        foreach (var name in names)
        {
            if (MailSystems.All.FirstOrDefault(s => s.Name == name) is not { } system)
                continue;
            var known = system.Conventions.Where(c => Words.Of(c.Kind) == finding.Kind)
                .Select(c => (c.Form, Rule: Rule(c))).Where(c => c.Rule is not null).GroupBy(c => c.Rule!, c => c.Form).ToList();
            // The finding does not say which form of the system's files it is; where each form has a rule of its own the reader can decide.
            if (known is [var only])
                rules.Add($"{system.Title}: {only.Key}");
            else if (known.Count <= MostForms)
                rules.AddRange(known.Select(r => $"{system.Title} ({string.Join("; ", r)}): {r.Key}"));
        }
        return rules;
    }

    private static string? Rule(Convention convention) => convention switch
    {
        DotLock lockFile => DotLockRule(lockFile),
        LinkLock link => link.WhyNever,
        MbxLock => "the file alone means nothing; only a kernel lock on it does.",
        StagingFile { OrphanByAge: { } age } => $"with no owner in its name, it is considered unused after {Ages.Rule(age)}.",
        StagingFile { MayHoldMail: true } => "it may hold the only copy of a message.",
        PidFile { IsPermanent: true } => "its program never removes it.",
        PidFile { OwnerLocksIt: true } => "the living daemon keeps a kernel lock on it.",
        NotALock no => no.Why,
        LookAlike no => no.Why,
        _ => null,
    };

    private static string DotLockRule(DotLock lockFile)
    {
        if (lockFile.WhyNever is { } why)
            return why;
        if (lockFile.OwnRule is { } rule)
            return $"when it removes a lock itself: {rule}.";
        var age = lockFile.StaleAfter is { } stale
            ? $"removes a lock itself after {Ages.Rule(stale)}, counted from its {(lockFile.Clock == FileClock.Modified ? "last write (mtime)" : lockFile.Clock == FileClock.Accessed ? "last read (atime)" : "last change (ctime)")}"
            : "never removes a lock by age";
        return age + (lockFile.ChecksOwner ? "; at once when the owner is dead." : ".");
    }
}
