using System.Globalization;
using Ops.Data;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts.Batch;

/// <summary>One row as the person saw it when they opened the sheet; never changes after that.</summary>
/// <param name="Number">From 1; a row keeps it whatever becomes of the others.</param>
/// <param name="Fingerprint">Of the finding as it was listed; null when nothing was offered.</param>
public sealed record BatchRow(int Number, ActTarget Target, string Host, string Path, string? PathBytes, string Verdict, string? Fingerprint)
{
    /// <summary>The act that a bulk act would do to a finding: what is offered of break and remove. Living processes and quarantines are for one at a time.</summary>
    public static Act? ActOf(Finding finding) => finding.Fingerprint is null ? null : finding.Actions.Select(Act.Find).FirstOrDefault(a => a is { Word: Act.Break or Act.Remove });

    public static BatchRow Of(int number, LiveFinding found) => new(
        number, new(found.HostId, found.Key, ActOf(found.Finding)?.Word ?? ""), found.Finding.Host, found.Finding.Path, found.Finding.PathBytes, found.Finding.Verdict,
        ActOf(found.Finding) is null ? null : found.Finding.Fingerprint);

    public ApprovalItem ToItem(Guid operationId, bool stopAtFailure) => new(Number, operationId, Target, Host, Path, PathBytes, Fingerprint, stopAtFailure);
}

/// <summary>A row with what the agent found when it was asked again.</summary>
/// <param name="Problem">Why it drops out; null when it is as it was seen.</param>
public sealed record BatchLook(BatchRow Row, string? Problem);

/// <summary>Every row, in order, and who else has to agree to those that are left.</summary>
public sealed record BatchPreview(IReadOnlyList<BatchLook> Rows, ApprovalNeed? Need, IReadOnlyList<string> Warnings)
{
    public IReadOnlyList<BatchRow> Left => [.. Rows.Where(r => r.Problem is null).Select(r => r.Row)];
}

/// <summary>A decision about the rows of a preview.</summary>
/// <param name="Preview">What the person saw: exactly these rows, those that dropped out included.</param>
public sealed record BatchRequest(BatchPreview Preview, string Reason, bool StopAtFailure);

/// <summary>Where one row stands.</summary>
public enum BatchRowState
{
    Waiting,
    Running,
    Done,

    /// <summary>Not as it was seen: no agent was asked to act on it.</summary>
    Dropped,

    /// <summary>The console or the agent said no, or found it gone or changed.</summary>
    Refused,
    Failed,

    /// <summary>Not attempted, because an earlier row failed.</summary>
    NotStarted,
}

/// <summary>One row of a bulk act at one moment.</summary>
public sealed record BatchRowView(int Number, string Action, string HostId, string Host, string Path, BatchRowState State, string Sentence, Guid OperationId);

/// <summary>A bulk act at one moment; never changes.</summary>
public sealed record BatchView(Guid Id, string Actor, IReadOnlyList<BatchRowView> Rows)
{
    public bool IsOver => Rows.All(r => r.State is not (BatchRowState.Waiting or BatchRowState.Running));

    public string Sentence => BatchWords.Sum(Rows.Select(r => r.State));
}

/// <summary>Sums in words.</summary>
public static class BatchWords
{
    private static readonly (BatchRowState State, string Word)[] Order =
    [
        (BatchRowState.Done, "done"), (BatchRowState.Running, "under way"), (BatchRowState.Waiting, "waiting"), (BatchRowState.Dropped, "dropped out"), (BatchRowState.Refused, "refused"),
        (BatchRowState.Failed, "failed"), (BatchRowState.NotStarted, "not started"),
    ];

    /// <summary>"8 done, 1 dropped out, 1 failed".</summary>
    public static string Sum(IEnumerable<BatchRowState> states)
    {
        var counts = states.CountBy(s => s).ToDictionary();
        return string.Join(", ", Order.Where(o => counts.ContainsKey(o.State)).Select(o => string.Create(CultureInfo.InvariantCulture, $"{counts[o.State]} {o.Word}")));
    }

    /// <summary>From the table: what became of the rows, long after the page was left. A row that dropped out is refused there.</summary>
    public static string Sum(IReadOnlyList<Operation> rows) => rows.Count == 0 ? "" : Sum(rows.Select(r => StateOf(r.State)));

    public static BatchRowState StateOf(OperationState state) => state switch
    {
        OperationState.Intent => BatchRowState.Running,
        OperationState.Done => BatchRowState.Done,
        OperationState.Failed or OperationState.Unknown => BatchRowState.Failed,
        _ => BatchRowState.Refused,
    };

    public static (string Label, string Icon, string Tone) Look(BatchRowState state) => state switch
    {
        BatchRowState.Done => ("Done", "yes", "success"),
        BatchRowState.Running => ("Under way", "running", "info"),
        BatchRowState.Waiting => ("Waiting", "clock", "neutral"),
        BatchRowState.Dropped => ("Dropped out", "question", "warning"),
        BatchRowState.Refused => ("Refused", "question", "warning"),
        BatchRowState.Failed => ("Failed", "no", "danger"),
        _ => ("Not started", "stop", "neutral"),
    };

    /// <summary>"Break or remove 12 rows".</summary>
    public static string Title(IReadOnlyCollection<BatchRow> rows)
    {
        var words = rows.Where(r => r.Fingerprint is not null).Select(r => r.Target.Action).Distinct().Order(StringComparer.Ordinal).Select(w => Labels.Action(w)).ToList();
        return $"{(words.Count == 0 ? "Act on" : words.Count == 1 ? words[0] : $"{words[0]} or {words[1].ToLowerInvariant()}")} {Labels.Count(rows.Count, "row")}";
    }
}
