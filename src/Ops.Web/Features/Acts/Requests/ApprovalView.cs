using System.Collections.Immutable;
using Ops.Data;

namespace Ops.Web.Features.Acts.Requests;

/// <summary>One row of a request for approval: exactly what is to be done.</summary>
/// <param name="Number">From 1, as the requester saw it.</param>
/// <param name="OperationId">Under which it will run.</param>
/// <param name="Fingerprint">From the requester's preview; an approver must find the same.</param>
/// <param name="StopAtFailure">Of a row among several: whether the others are left when one fails.</param>
/// <param name="Token">The API token through which a program asked, which must still be good when it begins; null for a person at a page.</param>
public sealed record ApprovalItem(
    int Number, Guid OperationId, ActTarget Target, string Host, string Path, string? PathBytes, string? Fingerprint, bool StopAtFailure = true, Guid? Token = null);

/// <summary>One row as an approver finds it now.</summary>
/// <param name="Answer">Null when the agent was not asked or did not answer.</param>
/// <param name="Problem">Why it cannot be agreed to; null when it is as the requester saw it.</param>
/// <param name="Kept">For an act on the quarantine: what is there now.</param>
public sealed record ItemLook(ApprovalItem Item, PreviewAnswer? Answer, string? Problem, QuarantineItem? Kept = null);

/// <summary>Why others have to agree, and how many.</summary>
/// <param name="MayBreakGlass">Whether the host's policy lets an administrator go ahead without them.</param>
public sealed record ApprovalNeed(int Others, bool MayBreakGlass)
{
    public string Sentence => Others == 1
        ? "The rules require the approval of one other person."
        : $"The rules require the approval of {Others} other people.";

    /// <summary>Null when no one else has to agree.</summary>
    /// <param name="isWeaker">Whether it may have to go by the weaker protocol.</param>
    public static ApprovalNeed? For(GroupRules rules, HostPolicy? policy, string action, int rows = 1, bool isWeaker = false)
    {
        var hostWants = Math.Max(
            policy?.Approvers.GetValueOrDefault(action) ?? 0,
            isWeaker ? policy?.Approvers.GetValueOrDefault(WeakerProtocol.Word, WeakerProtocol.DefaultApprovers) ?? WeakerProtocol.DefaultApprovers : 0);
        return rules.OthersFor(action, rows, hostWants) is > 0 and var others ? new(others, policy?.BreakGlassAllowed ?? true) : null;
    }
}

/// <summary>A request for approval at one moment; never changes.</summary>
/// <param name="ApprovedBy">Names, in the order in which they agreed.</param>
/// <param name="Problem">Why an approved act did not start; null when it did, or is not approved yet.</param>
public sealed record ApprovalView(
    Guid Id, string RequesterId, string Requester, string Action, string Host, string Path, string Reason, IReadOnlyList<ApprovalItem> Items, int Needed,
    DateTimeOffset RequestedAt, DateTimeOffset ExpiresAt, ApprovalState State, IReadOnlyList<string> ApprovedBy, string? EndedBy = null, string? Note = null,
    ActError? Problem = null)
{
    public bool IsWaiting => State == ApprovalState.Waiting;

    /// <summary>How it stands, for the requester.</summary>
    public string Sentence => State switch
    {
        ApprovalState.Waiting => $"Waiting for {(Needed == 1 ? "one other person" : $"{Needed - ApprovedBy.Count} of {Needed} other people")} to agree.",
        ApprovalState.Approved => $"{string.Join(", ", ApprovedBy)} agreed.",
        ApprovalState.Denied => $"{EndedBy} said no{(string.IsNullOrEmpty(Note) ? "." : $": {Note}")}",
        ApprovalState.Withdrawn => "The request was withdrawn.",
        _ => "No decision was made within 15 minutes. Request approval again.",
    };
}

/// <summary>The requests that this console knows of: waiting ones, and those that ended since its start.</summary>
public sealed record ApprovalList(ImmutableDictionary<Guid, ApprovalView> ById)
{
    public static ApprovalList Empty { get; } = new(ImmutableDictionary<Guid, ApprovalView>.Empty);

    /// <summary>Oldest first.</summary>
    public IEnumerable<ApprovalView> Waiting => ById.Values.Where(v => v.IsWaiting).OrderBy(v => v.RequestedAt);
}
