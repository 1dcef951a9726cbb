using System.Globalization;
using Ops.Data;
using Ops.Web.Features.Approvals;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Break;

/// <summary>One row as the person saw it when they opened the sheet; never changes after that.</summary>
/// <param name="Number">From 1; a row keeps it whatever becomes of the others.</param>
/// <param name="Fingerprint">Of the finding as it was listed; null when nothing was offered.</param>
public sealed record BulkRow(int Number, BreakTarget Target, string Host, string Path, string? PathBytes, string Verdict, string? Fingerprint)
{
    /// <summary>The act that a bulk act would do to a finding: what is offered of break and remove. Living processes and quarantines are for one at a time.</summary>
    public static Act? ActOf(Finding finding) => finding.Fingerprint is null ? null : finding.Actions.Select(Acts.Find).FirstOrDefault(a => a is { Word: Acts.Break or Acts.Remove });

    public static BulkRow Of(int number, LiveFinding found) => new(
        number, new(found.HostId, found.Key, ActOf(found.Finding)?.Word ?? ""), found.Finding.Host, found.Finding.Path, found.Finding.PathBytes, found.Finding.Verdict,
        ActOf(found.Finding) is null ? null : found.Finding.Fingerprint);

    public ApprovalItem ToItem(Guid operationId, bool stopAtFailure) => new(Number, operationId, Target, Host, Path, PathBytes, Fingerprint, stopAtFailure);
}

/// <summary>A row with what the agent found when it was asked again.</summary>
/// <param name="Problem">Why it drops out; null when it is as it was seen.</param>
public sealed record BulkLook(BulkRow Row, string? Problem);

/// <summary>Every row, in order, and who else has to agree to those that are left.</summary>
public sealed record BulkPreview(IReadOnlyList<BulkLook> Rows, ApprovalNeed? Need, IReadOnlyList<string> Warnings)
{
    public IReadOnlyList<BulkRow> Left => [.. Rows.Where(r => r.Problem is null).Select(r => r.Row)];
}

/// <summary>A decision about the rows of a preview.</summary>
/// <param name="Preview">What the person saw: exactly these rows, those that dropped out included.</param>
public sealed record BulkRequest(BulkPreview Preview, string Reason, bool StopAtFailure);

/// <summary>Where one row stands.</summary>
public enum BulkRowState
{
    Waiting,
    Running,
    Done,

    /// <summary>Not as it was seen: nobody was asked to act on it.</summary>
    Dropped,

    /// <summary>The console or the agent said no, or found it gone or changed.</summary>
    Refused,
    Failed,

    /// <summary>Not attempted, because an earlier row failed.</summary>
    NotStarted,
}

/// <summary>One row of a bulk act at one moment.</summary>
public sealed record BulkRowView(int Number, string Action, string HostId, string Host, string Path, BulkRowState State, string Sentence, Guid OperationId);

/// <summary>A bulk act at one moment; never changes.</summary>
public sealed record BulkView(Guid Id, string Actor, IReadOnlyList<BulkRowView> Rows)
{
    public bool IsOver => Rows.All(r => r.State is not (BulkRowState.Waiting or BulkRowState.Running));

    public string Sentence => BulkWords.Sum(Rows.Select(r => r.State));
}

/// <summary>Sums in words.</summary>
public static class BulkWords
{
    private static readonly (BulkRowState State, string Word)[] Order =
    [
        (BulkRowState.Done, "done"), (BulkRowState.Running, "under way"), (BulkRowState.Waiting, "waiting"), (BulkRowState.Dropped, "dropped out"), (BulkRowState.Refused, "refused"),
        (BulkRowState.Failed, "failed"), (BulkRowState.NotStarted, "not started"),
    ];

    /// <summary>"8 done, 1 dropped out, 1 failed".</summary>
    public static string Sum(IEnumerable<BulkRowState> states)
    {
        var counts = states.CountBy(s => s).ToDictionary();
        return string.Join(", ", Order.Where(o => counts.ContainsKey(o.State)).Select(o => string.Create(CultureInfo.InvariantCulture, $"{counts[o.State]} {o.Word}")));
    }

    /// <summary>From the table: what became of the rows, long after the page was left. A row that dropped out is refused there.</summary>
    public static string Sum(IReadOnlyList<Operation> rows) => rows.Count == 0 ? "" : Sum(rows.Select(r => StateOf(r.State)));

    public static BulkRowState StateOf(OperationState state) => state switch
    {
        OperationState.Intent => BulkRowState.Running,
        OperationState.Done => BulkRowState.Done,
        OperationState.Failed or OperationState.Unknown => BulkRowState.Failed,
        _ => BulkRowState.Refused,
    };

    public static (string Label, string Icon, string Tone) Look(BulkRowState state) => state switch
    {
        BulkRowState.Done => ("Done", "yes", "success"),
        BulkRowState.Running => ("Under way", "running", "info"),
        BulkRowState.Waiting => ("Waiting", "clock", "neutral"),
        BulkRowState.Dropped => ("Dropped out", "question", "warning"),
        BulkRowState.Refused => ("Refused", "question", "warning"),
        BulkRowState.Failed => ("Failed", "no", "danger"),
        _ => ("Not started", "stop", "neutral"),
    };

    /// <summary>"Break or remove 12 rows".</summary>
    public static string Title(IReadOnlyCollection<BulkRow> rows)
    {
        var words = rows.Where(r => r.Fingerprint is not null).Select(r => r.Target.Action).Distinct().Order(StringComparer.Ordinal).Select(w => Labels.Action(w)).ToList();
        return $"{(words.Count == 0 ? "Act on" : words.Count == 1 ? words[0] : $"{words[0]} or {words[1].ToLowerInvariant()}")} {Labels.Count(rows.Count, "row")}";
    }
}
