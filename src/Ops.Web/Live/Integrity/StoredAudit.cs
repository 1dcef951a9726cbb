using System.Text.Json;
using System.Text.Json.Serialization;
using Ops.Data;
using Ops.Integrity;

namespace Ops.Web.Live.Integrity;

/// <summary>What a list shows of a report.</summary>
/// <param name="Sentence">The state in one sentence. Written by the agent.</param>
/// <param name="Gaps">How much was not seen.</param>
public sealed record AuditSummary(string State, string Sentence, IReadOnlyList<AuditedCheck> Checks, long Mailboxes, long Messages, long Read, long Gaps, long Hazards)
{
    public long Damages => Checks.Sum(c => c.Messages);

    public static AuditSummary Of(AuditDocument report) => new(
        report.State, report.Sentence, report.ByCheck ?? [.. report.Damages.GroupBy(d => d.Check).Select(g => new AuditedCheck(g.Key, g.Count()))], report.Coverage.Mailboxes, report.Coverage.Messages, report.Coverage.Read,
        report.NotSeen.Count, report.Hazards.Count + report.HazardsLeftOut);
}

/// <summary>The last audit of a store, and a summary of its last report.</summary>
/// <param name="Summary">Null when no audit was done.</param>
public sealed record StoredAudit(string HostId, string Host, StoreAuditEnd End, DateTimeOffset? ReportAt, bool ReportFull, AuditSummary? Summary)
{
    /// <summary>What its report says of damage; null when there is none.</summary>
    public StoreDamage? Damage => Summary is { } summary && End.ReportId is { } report && ReportAt is { } at
        ? new(End.Root, report, at, ReportFull && summary is { Gaps: 0 }, summary.Damages, summary.Sentence)
        : null;

    internal static StoredAudit Of(StoreAuditRow row) => new(
        row.HostId, row.Host,
        new(row.AuditId, row.Root, row.Asked, row.Full, row.Outcome, row.Note, DateTimeOffset.FromUnixTimeMilliseconds(row.StartedAt), DateTimeOffset.FromUnixTimeMilliseconds(row.EndedAt), row.ReportId),
        row.ReportAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null, row.ReportFull, row.Summary is { } summary ? JsonSerializer.Deserialize(summary, AuditSummaryJson.Default.AuditSummary) : null);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AuditSummary))]
internal sealed partial class AuditSummaryJson : JsonSerializerContext;
