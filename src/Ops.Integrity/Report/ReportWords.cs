using System.Globalization;

namespace Ops.Integrity;

/// <summary>Sentences about an audit as a whole.</summary>
public static class ReportWords
{
    /// <summary>The state in one sentence.</summary>
    public static string Sentence(StoreReport report)
    {
        var counts = report.Counts;
        var seen = Text($"{Count(counts.Messages, "message")} in {Count(counts.Mailboxes, "mailbox", "mailboxes")}: all sizes compared, {Count(counts.Read, "message")} read ({Share(counts)})");
        if (report.Damages.Count == 0)
            return $"{seen}. No difference was found.";
        var kinds = report.Damages.GroupBy(d => d.Suspect.Kind).OrderBy(g => g.Key).Select(g => Text($"{g.Count()} {DamageWords.Of(g.Key)}"));
        return $"{seen}. {Count(report.Damages.Count, "difference")}: {string.Join(", ", kinds)}.";
    }

    /// <summary>What the numbers mean, and what they do not prove.</summary>
    public static IReadOnlyList<string> Coverage(StoreReport report)
    {
        var counts = report.Counts;
        List<string> lines = [];
        if (counts.Read > 0)
            lines.Add(Text($"Read {Bytes(counts.ReadBytes)} in {counts.Duration.TotalSeconds:0.0} s; reasons: {string.Join(", ", counts.Reasons.OrderBy(r => r.Key).Select(r => Text($"{DamageWords.Of(r.Key)} {r.Value}")))}."));
        if (counts.Messages - counts.Read is > 0 and var unread)
            lines.Add($"Of {Count(unread, "message")} only the size was compared: a file of the right size with other bytes is not found among them. --full reads all.");
        if (counts.WithoutDigest > 0)
            lines.Add($"{Count(counts.WithoutDigest, "message")} without anything to compare the bytes with: only the size, and the rule that all names of one inode agree.");
        if (counts.WithoutSize > 0)
            lines.Add($"{Count(counts.WithoutSize, "file")} in Maildirs whose names say no size: nothing to compare.");
        if (counts.WrittenAgain > 0)
            lines.Add($"{Count(counts.WrittenAgain, "message")} agree with the index, and the file was written at another time than the message arrived. After reconstruct an index agrees with any bytes: compare these with the other replica first.");
        if (counts.Archived > 0)
            lines.Add($"{Count(counts.Archived, "message")} in an archive partition: not looked at.");
        if (counts.Encoded > 0)
            lines.Add($"{Count(counts.Encoded, "file")} compressed or encrypted: the sizes in their names cannot be compared.");
        if (counts.OtherSums > 0)
            lines.Add($"{Count(counts.OtherSums, "Maildir")} whose maildirsize says another sum than the files come to. The file is counted again only now and then: this is no damage.");
        if (counts.Spools > 0)
            lines.Add($"{Count(counts.Spools, "file")} of mbox, MMDF or Babyl: {Count(counts.SpoolsRead, "file")} read from beginning to end with {Count(counts.SpoolMessages, "message")}; of the others both ends. --full reads all.");
        if (SpoolWords.Remarks(counts.SpoolRemarks) is { Count: > 0 } remarks)
            lines.Add($"In these, no damage and perhaps a dialect: {string.Join(", ", remarks.Select(r => Text($"{r.Count} {r.Label}")))}.");
        if (counts.Settled > 0)
            lines.Add($"{Count(counts.Settled, "difference")} gone at the second look: messages came, went or moved.");
        if (counts.Unsettled > 0)
            lines.Add($"{Count(counts.Unsettled, "difference")} changed with every look and not reported: run the audit again.");
        return lines;
    }

    /// <summary>When the pid of a staging name comes round, as far as that was measured.</summary>
    public static string Comes(StageHazard hazard, PidCycle? cycle) => (hazard.PidRuns, hazard.Pid) switch
    {
        (_, null) => "The name holds no pid",
        (true, _) => "A process with its pid runs now: a delivery under way, or the number was given out again",
        _ when cycle is null || cycle.ForksPerSecond <= 0 => "No process was started while it was measured",
        (_, { } pid) => cycle.Until(pid) is { } time ? Text($"Its pid comes round in about {Span(time)}; every number does once in {Span(TimeSpan.FromSeconds(cycle.Highest / cycle.ForksPerSecond))}, at {cycle.ForksPerSecond:0.#} starts a second") : "Its pid is never given out again by itself",
    };

    /// <summary>As written in JSON.</summary>
    public static string WordOf(StageReuse reuse) => reuse switch
    {
        StageReuse.UnlinksFirst => "unlinks-first",
        StageReuse.MayOverwrite => "may-overwrite",
        StageReuse.OtherForm => "other-form",
        _ => "unknown",
    };

    public static string Of(StageReuse reuse) => reuse switch
    {
        StageReuse.UnlinksFirst => "Litter: by the version of the indexes, this Cyrus unlinks the name before it writes",
        StageReuse.MayOverwrite => "Danger: by the version of the indexes, this Cyrus may write into the message when it gets that pid",
        StageReuse.OtherForm => "Litter: by the version of the indexes, this Cyrus is 2.4 or later and gives its staging files other names",
        _ => "Unknown: no index of this partition was read, so which Cyrus runs here is not known",
    };

    public static string Bytes(long bytes) => bytes switch
    {
        < 10_000 => Text($"{bytes} bytes"),
        < 10_000_000 => Text($"{bytes / 1000.0:0} kB"),
        < 10_000_000_000 => Text($"{bytes / 1000_000.0:0} MB"),
        _ => Text($"{bytes / 1000_000_000.0:0} GB"),
    };

    private static string Span(TimeSpan time) => time switch
    {
        { TotalMinutes: < 2 } => Text($"{time.TotalSeconds:0} s"),
        { TotalHours: < 2 } => Text($"{time.TotalMinutes:0} min"),
        { TotalDays: < 2 } => Text($"{time.TotalHours:0} h"),
        _ => Text($"{time.TotalDays:0} days"),
    };

    private static string Share(AuditCounts counts) => counts.Messages == 0 ? "none" : (counts.Read / (double)counts.Messages).ToString("0.0 %", CultureInfo.InvariantCulture);

    internal static string Count(long number, string one, string? many = null) => Text($"{number:#,0} {(number == 1 ? one : many ?? one + "s")}");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
