using System.Diagnostics.CodeAnalysis;

namespace Ops.Web.Live;

/// <summary>Whether what an agent sent has everything that its type promises. A page that met a missing item would end for its reader.</summary>
/// <remarks>The reader of the hub refuses fields that are missing or null; an answer that is null as a whole, or a null within a list, comes through it.</remarks>
internal static class Whole
{
    private const int MostQueues = 8, LongestQueueText = 400;

    public static bool Is(PreviewAnswer? answer) =>
        answer is not null && Has(answer.Steps) && Has(answer.Victims) && Is(answer.Refusal) && (answer.Finding is null || Is(answer.Finding));

    public static bool Is(OperationResult? result) =>
        result is { Outcome: not null, Summary: not null } && Has(result.Steps) && result.Steps.All(Is) && Is(result.Refusal)
        && (result.Removed is not { } removed || removed.ExtendedAttributes is not null)
        && (result.Settle is not { } settle || (Has(settle.Sightings) && Has(settle.Notes)))
        && (result.Rescued is not { } rescued || (rescued is { Path: not null, Sha256: not null } && Has(rescued.NotInMailbox)));

    public static bool Is(OperationProgress? progress) => progress is { Title: not null, State: not null };

    public static bool Is(QuarantineAnswer? answer) => answer is not null && Has(answer.Items) && Has(answer.Problems);

    public static bool Is(ShadowReport? report) => report is not null && Has(report.Entries);

    public static bool Is(StoreAuditState? state) => state is not null && Has(state.Roots) && Has(state.Last);

    public static bool Is(StoreAuditAnswer? answer) => answer is not null && Is(answer.Refusal);

    public static bool Is(StoreAuditReport? answer) => answer is not null && (answer.Report is not { } report || (
        report is { Coverage: not null, Sentence: not null } && Has(report.Damages) && Has(report.Hazards) && Has(report.NotSeen) && (report.ByCheck is null || Has(report.ByCheck))
        && report.Damages.All(d => Has(d.Evidence) && Has(d.OtherNames)) && report.Hazards.All(h => Has(h.LinkedTo))));

    public static bool Is(ProcessAnswer? answer) =>
        answer is { HostName: not null } && Has(answer.Processes) && Has(answer.Files) && answer.Processes.All(p => p is { State: not null, Detail: not null }) && answer.Files.All(f => f is { Dev: not null, Used: not null, Detail: not null });

    public static bool Is(Hello hello) => Has(hello.Capabilities) && Has(hello.Roots) && Has(hello.BlindSpots) && (hello.Policy is not { } policy || Has(policy.Verbs));

    public static bool Is(IReadOnlyList<Finding>? findings) => findings is not null && findings.All(Is);

    public static bool Has<T>(IReadOnlyList<T>? list)
        where T : class => list is not null && list.All(static item => item is not null);

    /// <summary>What is kept of the queues that an agent reports: as much as one of ours would send.</summary>
    public static IReadOnlyList<QueueReport>? Kept(IReadOnlyList<QueueReport>? queues) => queues is null ? null :
    [
        .. queues.Where(q => q is { System: not null, For: not null }).Take(MostQueues)
            .Select(q => q with { System = Cut(q.System), Problem = Cut(q.Problem), For = [.. q.For.Where(f => f?.User is not null).Take(QueueCount.MostUsers).Select(f => f with { User = Cut(f.User), Reason = Cut(f.Reason) })] }),
    ];

    [return: NotNullIfNotNull(nameof(text))]
    private static string? Cut(string? text) => text?.Length > LongestQueueText ? text[..LongestQueueText] : text;

    private static bool Is(Finding? finding) => finding is not null && Has(finding.Systems) && Has(finding.Evidence) && Has(finding.Actions);

    private static bool Is(OperationRefusal? refusal) => refusal is null or { Reason: not null, Sentence: not null };
}
