using System.Text.Json.Serialization;

namespace Ops.Integrity;

/// <summary>A <see cref="StoreReport"/> as JSON: what <c>ops audit-store --json</c> prints. Fields are only ever added.</summary>
/// <param name="State"><c>damaged</c>, <c>incomplete</c> (no difference, and something was not seen) or <c>clean</c>.</param>
/// <param name="Sentence">The state in one sentence.</param>
/// <param name="NotSeen">What was left out, and why.</param>
/// <param name="ByCheck">All differences, counted; null from a version that did not count them.</param>
/// <param name="DamagesLeftOut">Differences that are counted and not in <paramref name="Damages"/>, because the document is bounded.</param>
/// <param name="HazardsLeftOut">The same for <paramref name="Hazards"/>.</param>
public sealed record AuditDocument(
    string Host, DateTimeOffset StartedAt, string State, string Sentence, IReadOnlyList<AuditedMessage> Damages, IReadOnlyList<AuditedStage> Hazards, AuditCoverage Coverage, IReadOnlyList<string> NotSeen,
    IReadOnlyList<AuditedCheck>? ByCheck = null, long DamagesLeftOut = 0, long HazardsLeftOut = 0)
{
    public static AuditDocument Of(string host, DateTimeOffset startedAt, StoreReport report) => new(
        host, startedAt, StateOf(report), ReportWords.Sentence(report), [.. report.Damages.Select(MessageOf)], [.. report.Hazards.Select(h => StageOf(h, report.Cycle))], CoverageOf(report), report.NotSeen,
        [.. report.Damages.GroupBy(d => d.Suspect.Kind).OrderBy(g => g.Key).Select(g => new AuditedCheck(DamageWords.Of(g.Key), g.Count()))]);

    public static string StateOf(StoreReport report) => report.Damages.Count > 0 ? "damaged" : report.NotSeen.Count > 0 ? "incomplete" : "clean";

    private static AuditedMessage MessageOf(Damage damage)
    {
        var (claim, file) = (damage.Suspect.Claim, damage.Suspect.File);
        var path = damage.Path;
        return new AuditedMessage(
            "mismatch", "message", DamageWords.Of(damage.Suspect.Kind), damage.System, damage.Mailbox.Text, damage.MailboxName, claim?.Uid, path.Text,
            path.IsUtf8 ? null : Convert.ToBase64String(path.Bytes), claim is null ? null : new AuditedClaim((long?)claim.Size, claim.Digest?.ToString()),
            file is null
                ? null
                : new AuditedFile(
                    file.Size, damage.Suspect.Digest?.ToString(), damage.Suspect.LineSize, $"{file.Identity.Major:x2}:{file.Identity.Minor:x2}", file.Identity.Inode, file.LinkCount,
                    file.Changed.ToDateTimeOffset(), file.Modified.ToDateTimeOffset()),
            [.. damage.OtherNames.Select(n => n.Mailbox.Join(n.Key).Text), .. damage.StagedAs.Select(p => p.Text)], DamageWords.Evidence(damage), DamageWords.Next(damage));
    }

    private static AuditedStage StageOf(StageHazard hazard, PidCycle? cycle) => new(
        hazard.Path.Text, hazard.Pid, hazard.PidRuns, hazard.LinkCount, [.. hazard.LinkedTo.Select(p => p.Text)],
        ReportWords.WordOf(hazard.Reuse),
        hazard.Pid is { } pid ? cycle?.Until(pid)?.TotalSeconds : null, cycle?.ForksPerSecond, ReportWords.Comes(hazard, cycle));

    private static AuditCoverage CoverageOf(StoreReport report)
    {
        var counts = report.Counts;
        return new AuditCoverage(
            counts.Mailboxes, counts.Messages, counts.Read, counts.ReadBytes, [.. counts.Reasons.OrderBy(r => r.Key).Select(r => new AuditReason(DamageWords.Of(r.Key), r.Value))], counts.WithoutDigest,
            counts.WithoutSize, counts.Archived, counts.Encoded, counts.WrittenAgain, counts.Settled, counts.Unsettled, counts.Duration.TotalSeconds, counts.OtherSums,
            counts.Spools, counts.SpoolsRead, counts.SpoolMessages, [.. SpoolWords.Remarks(counts.SpoolRemarks).Select(r => new AuditedRemark(r.Word, r.Count))]);
    }
}

/// <param name="Check">As in <see cref="AuditedMessage"/>.</param>
public sealed record AuditedCheck(string Check, long Messages);

/// <param name="Verdict">Always <c>mismatch</c>.</param>
/// <param name="Kind">Always <c>message</c>.</param>
/// <param name="Check"><c>size</c>, <c>content</c>, <c>missing</c>, <c>extra</c>, <c>names</c> or <c>framing</c>.</param>
/// <param name="System"><c>cyrus</c>, <c>maildir</c>, <c>sdbox</c>, <c>mbox</c>, <c>mmdf</c> or <c>babyl</c>.</param>
/// <param name="Mailbox">Its directory, or the file that holds all its messages.</param>
/// <param name="MailboxName">As the mail system calls it; null when that is not known.</param>
/// <param name="Uid">Null for an extra file, and where the name of the file is the index.</param>
/// <param name="PathBytes">Base64 of the path; only when it is not valid UTF-8.</param>
/// <param name="Index">What the index says; null for an extra file.</param>
/// <param name="Disk">What the disk says; null for a missing file.</param>
/// <param name="OtherNames">Messages and staging names of the same inode.</param>
/// <param name="Next">The next safe step.</param>
public sealed record AuditedMessage(
    string Verdict, string Kind, string Check, string System, string Mailbox, string? MailboxName, long? Uid, string Path, string? PathBytes, AuditedClaim? Index, AuditedFile? Disk,
    IReadOnlyList<string> OtherNames, IReadOnlyList<string> Evidence, string Next);

/// <param name="Size">Bytes; for the check of a Maildir's <c>W=</c>, with line ends of two bytes.</param>
/// <param name="Sha1">The GUID: SHA-1 in hexadecimal; null where the index keeps none.</param>
public sealed record AuditedClaim(long? Size, string? Sha1);

/// <param name="Sha1">Null when the bytes were not read.</param>
/// <param name="LineSize">Bytes with line ends of two bytes, where that was counted.</param>
/// <param name="Dev">Major and minor in hexadecimal.</param>
public sealed record AuditedFile(long Size, string? Sha1, long? LineSize, string Dev, ulong Ino, uint Nlink, DateTimeOffset Ctime, DateTimeOffset Mtime);

/// <summary>A staging name that is also a message: what is written there is written into the message.</summary>
/// <param name="PidRuns">Null when that could not be determined.</param>
/// <param name="LinkedTo">Messages of the same inode.</param>
/// <param name="Reuse">What the Cyrus of the indexes of the same partition does with such a name: <c>may-overwrite</c>, <c>unlinks-first</c>, <c>other-form</c> (it writes no names of this form) or <c>unknown</c>.</param>
/// <param name="ComesInSeconds">Until the pid comes round at the measured rate; null when that cannot be said.</param>
/// <param name="ForksPerSecond">As measured during the audit, threads included.</param>
public sealed record AuditedStage(
    string Path, int? Pid, bool? PidRuns, uint Nlink, IReadOnlyList<string> LinkedTo, string Reuse, double? ComesInSeconds, double? ForksPerSecond, string Sentence);

/// <param name="Messages">Those with a file and something to compare its size with.</param>
/// <param name="Read">Those of which the bytes were read.</param>
/// <param name="WithoutDigest">Those to whose bytes nothing can be compared.</param>
/// <param name="WithoutSize">Files of a Maildir of which nothing says a size; not among the messages.</param>
/// <param name="WrittenAgain">Those that agree with their index and were written again after they arrived: after <c>reconstruct</c> this is what remains to be seen.</param>
/// <param name="Settled">Differences that a second look did not confirm.</param>
/// <param name="Unsettled">Differences that changed with every look and are not reported.</param>
/// <param name="OtherSums">Maildirs whose <c>maildirsize</c> says another sum than their files come to.</param>
/// <param name="Spools">Files of mbox, MMDF and Babyl.</param>
/// <param name="SpoolsRead">Those of them that were read from beginning to end; of the others both ends were.</param>
/// <param name="SpoolMessages">Messages in those that were read.</param>
/// <param name="Remarks">What was seen in those that were read and is no damage; null from a version that did not look.</param>
public sealed record AuditCoverage(
    long Mailboxes, long Messages, long Read, long ReadBytes, IReadOnlyList<AuditReason> ReadBecause, long WithoutDigest, long WithoutSize, long Archived, long Encoded, long WrittenAgain, long Settled, long Unsettled,
    double Seconds, long OtherSums = 0, long Spools = 0, long SpoolsRead = 0, long SpoolMessages = 0, IReadOnlyList<AuditedRemark>? Remarks = null);

/// <param name="Remark"><c>plain-from</c>, <c>no-blank-line</c>, <c>other-length</c>, <c>blank-start</c>, <c>cut-header</c>, <c>control</c>, <c>binary-nuls</c> or <c>outside</c>.</param>
public sealed record AuditedRemark(string Remark, long Count);

/// <param name="Reason"><c>full</c>, <c>staged</c>, <c>several-names</c>, <c>changed-later</c>, <c>written-later</c> or <c>sample</c>.</param>
public sealed record AuditReason(string Reason, long Messages);

/// <summary>Source-generated JSON of this room.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.Never, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AuditDocument))]
[JsonSerializable(typeof(ReplicaDocument))]
public sealed partial class IntegrityJson : JsonSerializerContext;
