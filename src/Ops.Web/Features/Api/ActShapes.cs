using System.Text.Json;
using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Requests;

namespace Ops.Web.Features.Api;

/// <summary>What an act would be about.</summary>
/// <param name="Host">Id or name of a host.</param>
/// <param name="Action">One of the <c>actions</c> of the finding: <c>break</c>, <c>remove</c>, <c>rescue</c>, <c>ask</c>, <c>term</c>, <c>kill</c>; or <c>undo</c> or <c>purge</c> of what is in quarantine.</param>
/// <param name="Key">Of the finding. Not for undo and purge.</param>
/// <param name="Quarantined">For undo and purge: the id of the operation that took the file away.</param>
public sealed record ActQuestion(string Host, string Action, string? Key = null, Guid? Quarantined = null);

/// <summary>What an act would find and do. Nothing was done.</summary>
/// <param name="Fingerprint">Send it with the act: the agent looks again, and refuses when something differs.</param>
/// <param name="Steps">What will be done, in order.</param>
/// <param name="Affected">Who waits or would be affected.</param>
/// <param name="Approvers">How many other people have to agree before it begins.</param>
/// <param name="Process">Send it with an act on a process: it says which run of which process is meant.</param>
/// <param name="Descriptor">Send it with a rescue.</param>
public sealed record ActAnswer(
    string HostId, string Host, string Action, string? Key, string Path, string Fingerprint, IReadOnlyList<string> Steps, IReadOnlyList<string> Affected, int Approvers,
    ProcessRef? Process, int? Descriptor, Guid? Quarantined);

/// <summary>An act that is asked for, made on what its preview showed.</summary>
/// <param name="OperationId">A random UUID (version 4), chosen by the program, new for each act. The same request with the same id again does nothing more, and is answered with how it stands.</param>
/// <param name="Host">Id or name of a host.</param>
/// <param name="Action">As in the preview.</param>
/// <param name="Fingerprint">As in the preview.</param>
/// <param name="Reason">For the audit, 3 to 500 characters.</param>
/// <param name="Key">As in the preview.</param>
/// <param name="Process">As in the preview.</param>
/// <param name="Descriptor">As in the preview.</param>
/// <param name="Quarantined">As in the preview.</param>
/// <param name="TypedPid">For a kill: the pid, once more.</param>
public sealed record ActOrder(
    Guid OperationId, string Host, string Action, string Fingerprint, string Reason, string? Key = null, ProcessRef? Process = null, int? Descriptor = null, Guid? Quarantined = null,
    string? TypedPid = null);

/// <summary>How an act stands.</summary>
/// <param name="State"><c>waiting-for-approval</c>, <c>intent</c> (under way), <c>done</c>, <c>refused</c>, <c>changed</c>, <c>already-gone</c>, <c>failed</c>, <c>cancelled</c>, <c>unknown</c>
/// (the agent is asked again); or <c>denied</c>, <c>withdrawn</c>, <c>expired</c> of a request for approval.</param>
/// <param name="IsOver">Whether this state is the last one.</param>
/// <param name="Sentence">The same for a person.</param>
/// <param name="Actor">The person, and the token through which a program asked.</param>
/// <param name="Steps">What the agent reported of each.</param>
public sealed record OperationItem(
    Guid Id, string State, bool IsOver, string Sentence, string Action, string Host, string Path, string Actor, string Reason, DateTimeOffset AskedAt, IReadOnlyList<OperationProgress> Steps)
{
    internal static OperationItem Of(OperationView view) => new(
        view.Id, Word(view.State), view.State is not (OperationState.Intent or OperationState.Unknown), view.Sentence, view.Action, view.HostName, view.Path, view.Actor, view.Reason, view.AskedAt,
        view.Result?.Steps ?? view.Steps);

    internal static OperationItem Of(Operation operation) => Of(OperationRuns.View(operation) with { Steps = StoredSteps.Read(operation.Evidence?.Steps) });

    internal static OperationItem Of(ApprovalView request) => new(
        request.Id, request.IsWaiting ? "waiting-for-approval" : Word(request.State), !request.IsWaiting, request.Problem?.Sentence ?? request.Sentence, request.Action, request.Host, request.Path,
        request.Requester, request.Reason, request.RequestedAt, []);

    private static string Word(Enum state) => state is OperationState.ChangedMeanwhile ? "changed" : JsonNamingPolicy.KebabCaseLower.ConvertName(state.ToString());
}
