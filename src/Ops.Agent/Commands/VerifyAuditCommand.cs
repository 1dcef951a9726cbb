using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops verify-audit</c>.</summary>
internal static class VerifyAuditCommand
{
    /// <param name="against">The other side's chain: an export of the console for a journal, or the other way round.</param>
    public static int Run(Terminal terminal, string file, string? against)
    {
        var reading = file;
        try
        {
            var found = Verify(terminal, file);
            if (against is null || found == ExitCode.Broken)
                return found;
            reading = against;
            found = Worse(found, Verify(terminal, against));
            return found == ExitCode.Broken ? found : Worse(found, Compare(terminal, Read(file), Read(against)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Remark($"ops: {FilePath.Escape(reading)} cannot be read: {FilePath.Escape(e.Message)}");
            return ExitCode.Failed;
        }
    }

    // Broken before remarks before nothing.
    private static int Worse(int one, int other) =>
        one == ExitCode.Broken || other == ExitCode.Broken ? ExitCode.Broken : Math.Max(one, other);

    private static int Verify(Terminal terminal, string file)
    {
        var verification = Journal.Verify(file);
        terminal.Line($"{FilePath.Escape(file)}: {FilePath.Escape(verification.Sentence)}");
        if (verification is not AuditVerification.Intact intact)
            return ExitCode.Broken;
        foreach (var remark in intact.Remarks)
            terminal.Line(FilePath.Escape(remark));
        return intact.Remarks.Count == 0 ? ExitCode.Done : ExitCode.Remarks;
    }

    private static int Compare(Terminal terminal, List<AuditRecord> first, List<AuditRecord> second)
    {
        if (AuditWitness.LooksLikeJournal(first) == AuditWitness.LooksLikeJournal(second))
        {
            terminal.Line("Only an agent's journal that holds acts can be compared with a console's export; these two files cannot.");
            return ExitCode.Remarks;
        }
        var witness = AuditWitness.LooksLikeJournal(first) ? AuditWitness.Compare(second, first) : AuditWitness.Compare(first, second);
        foreach (var disagreement in witness.Disagreements)
            terminal.Line(FilePath.Escape(disagreement));
        if (witness.Younger > 0)
            terminal.Line($"{witness.Younger} requests in the journal are more recent than the last entry of the console's export. If the export was made after them, its end is missing: export and compare again.");
        terminal.Line(witness.Disagreements.Count == 0
            ? $"Console and agent agree: {witness.Agreed} statements about each other match."
            : $"Console and agent disagree: {witness.Disagreements.Count} statements do not match, {witness.Agreed} do.");
        return witness.Disagreements.Count > 0 ? ExitCode.Broken : witness.Younger > 0 ? ExitCode.Remarks : ExitCode.Done;
    }

    private static List<AuditRecord> Read(string file) =>
        [.. File.ReadLines(file).Where(l => !string.IsNullOrWhiteSpace(l)).Select(l => AuditLines.Parse(l, out _)).OfType<AuditRecord>()];
}
