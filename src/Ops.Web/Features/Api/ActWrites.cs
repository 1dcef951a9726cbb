using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Api;

/// <summary>Acts, by the commands of the pages: the same checks, rights, approvals, pace and audit. Only with a token that acts in the name of a person.</summary>
internal static class ActWrites
{
    private const int LargestBody = 64 * 1024, LongestText = 16 * 1024;

    public static void MapActWrites(this IEndpointRouteBuilder api)
    {
        api.MapGet("/operations/{id:guid}", OperationAsync).WithName("getOperation").WithSummary("How an act stands: progress, and how it ended")
            .WithDescription("Ask again while `isOver` is false.");
        var acts = api.MapGroup("/acts")
            .RequireAuthorization(p => p.AddAuthenticationSchemes(ApiTokenScheme.Name).RequireClaim(ApiTokenScheme.Right, ApiRights.Act))
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .WithMetadata(new RequestSizeLimitAttribute(LargestBody));
        acts.MapPost("/preview", PreviewAsync).WithName("previewAct").WithSummary("What an act would find and do, without doing it").Accepts<ActQuestion>("application/json")
            .WithDescription("The agent is asked. A refusal is a problem with its sentence in `detail` and its word in `reason`; it is in the audit.");
        acts.MapPost("", StartAsync).WithName("startAct").WithSummary("Asks for an act that was previewed").Accepts<ActOrder>("application/json")
            .WithDescription("Answers as soon as the act is written down and begun, or waits for the approval of others: follow it with `getOperation`. The same `operationId` again begins nothing.");
    }

    private static async Task<Results<Ok<OperationItem>, ProblemHttpResult>> OperationAsync(Guid id, OperationBoard board, OperationLog log, ApprovalBook approvals, CancellationToken stop) =>
        await FindAsync(id, board, log, approvals, stop) is { } found ? TypedResults.Ok(found) : ApiProblem.NotFound("There is no operation with this id.");

    private static async Task<Results<Ok<ActAnswer>, ProblemHttpResult>> PreviewAsync(HttpContext http, LiveState live, ActPreviews previews, CancellationToken stop)
    {
        var (question, wrong) = await ReadAsync(http, ApiJson.Default.ActQuestion);
        if (question is null)
            return wrong!;
        if (HostOf(live, question.Host, out var noHost) is not { } host)
            return noHost!;
        if (TargetOf(host, question.Action, question.Key, question.Quarantined, out var noTarget) is not { } target)
            return noTarget!;
        return await previews.PreviewAsync(http.User, target, stop) switch
        {
            PreviewOutcome.Ready ready => TypedResults.Ok(new ActAnswer(
                target.HostId, host.Status.HostName, target.Action, question.Key, ready.Kept?.Path ?? ready.Answer.Finding?.Path ?? host.Find(target.FindingKey)?.Finding.Path ?? "",
                ready.Answer.Fingerprint!, ready.Answer.Steps, ready.Answer.Victims, ready.Need?.Others ?? 0, target.Process, target.Descriptor, target.Quarantined)),
            PreviewOutcome.Refused refused => ActProblem.Of(refused.Error),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static async Task<Results<Accepted<OperationItem>, Ok<OperationItem>, ProblemHttpResult>> StartAsync(
        HttpContext http, LiveState live, ActCommand command, OperationBoard board, OperationLog log, ApprovalBook approvals, CancellationToken stop)
    {
        var (order, wrong) = await ReadAsync(http, ApiJson.Default.ActOrder);
        if (order is null)
            return wrong!;
        // The console's own ids are of version 7. The audit shows those of rows that wait for their turn: no program can take one before them.
        if (order.OperationId.Version != 4)
            return ApiProblem.Wrong("Choose an operationId, a new one for each act: a random UUID (version 4).");
        if (HostOf(live, order.Host, out var noHost) is not { } host)
            return noHost!;
        if (await ActIdentity.OfAsync(order.OperationId, log, approvals, stop) is { } before)
        {
            return before.IsOf(order, host.Status.HostId) && await FindAsync(order.OperationId, board, log, approvals, stop) is { } known
                ? TypedResults.Ok(known)
                : ActProblem.OfIdInUse;
        }
        if (string.IsNullOrEmpty(order.Fingerprint) || !IsText(order.Fingerprint) || order.Reason is null)
            return ApiProblem.Wrong("Send the fingerprint of the preview, and a reason.");
        if (TargetOf(host, order.Action, order.Key, order.Quarantined, out var noTarget) is not { } target)
            return noTarget!;
        // The process that the program saw, not the one of now: the check compares the two.
        var act = Act.Find(target.Action)!;
        target = target with { Process = act.IsOnProcess ? order.Process : null, Descriptor = act.Word == Act.Rescue ? order.Descriptor : null };
        // It goes on whatever becomes of the connection.
        var outcome = await command.StartAsync(http.User, new(target, order.Fingerprint, order.Reason, order.TypedPid) { OperationId = order.OperationId });
        if (outcome is StartOutcome.NotStarted refused)
            return ActProblem.Of(refused.Error);
        // Another order may have taken the id at the same moment: then that one has begun, and not this one.
        return await ActIdentity.OfAsync(order.OperationId, log, approvals, CancellationToken.None) is { } taken && taken.IsOf(order, host.Status.HostId)
            && await FindAsync(order.OperationId, board, log, approvals, CancellationToken.None) is { } begun
            ? TypedResults.Accepted($"/api/v1/operations/{order.OperationId}", begun)
            : ActProblem.OfIdInUse;
    }

    private static async Task<OperationItem?> FindAsync(Guid id, OperationBoard board, OperationLog log, ApprovalBook approvals, CancellationToken stop) =>
        board.Find(id) is { } live ? OperationItem.Of(live)
        : await log.GetAsync(id, stop) is { } stored ? OperationItem.Of(stored)
        : await approvals.FindStoredAsync(id, stop) is not { } request ? null
        // The last yes came between the two looks: the operation was written together with it.
        : request.State == ApprovalState.Approved && await log.GetAsync(id, stop) is { } begun ? OperationItem.Of(begun)
        : OperationItem.Of(request);

    private static HostView? HostOf(LiveState live, string? host, out ProblemHttpResult? problem)
    {
        var hosts = string.IsNullOrEmpty(host) ? null : LiveReads.Pick(live.Current, host);
        problem = hosts is null ? LiveReads.NoHost(host) : hosts.Count > 1 ? ApiProblem.Wrong("Several hosts have this name. Ask with the id of one.") : null;
        return problem is null ? hosts![0] : null;
    }

    private static ActTarget? TargetOf(HostView host, string? action, string? key, Guid? quarantined, out ProblemHttpResult? problem)
    {
        problem = null;
        if (Act.Find(action ?? "") is not { } act)
            problem = ApiProblem.Wrong($"action must be one of: {string.Join(", ", Act.All.Select(a => a.Word))}.");
        else if (act.IsOnQuarantine ? quarantined is null : string.IsNullOrEmpty(key))
            problem = ApiProblem.Wrong(act.IsOnQuarantine ? "Say in quarantined which operation took the file away." : "Say in key which finding is meant.");
        else if (!IsText(key))
            problem = ApiProblem.Wrong("The key is none that a list gives.");
        else if (act.IsOnQuarantine)
            return new(host.Status.HostId, "", act.Word, Quarantined: quarantined);
        else
            return host.Find(key!) is { } found ? ActTarget.Of(found, act) : new(host.Status.HostId, key!, act.Word);
        return null;
    }

    // What cannot be stored as it is cannot be one that the console has given.
    private static bool IsText(string? text) => text is null || (text.Length <= LongestText && AuditChain.Storable(text) == text);

    private static async Task<(T? Body, ProblemHttpResult? Problem)> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        if (!http.Request.HasJsonContentType())
            return (null, ApiProblem.Of(StatusCodes.Status415UnsupportedMediaType, "Send JSON as application/json."));
        try
        {
            var body = await http.Request.ReadFromJsonAsync(type, http.RequestAborted);
            return body is null ? (null, ApiProblem.Wrong("The request is empty.")) : (body, null);
        }
        catch (BadHttpRequestException e)
        {
            return (null, ApiProblem.Of(e.StatusCode, "The request is too large, or was cut off."));
        }
        catch (JsonException e)
        {
            return (null, ApiProblem.Wrong($"The request cannot be read{(e.Path is { } at ? $" at {HostText.Escape(at)}" : "")}; {ApiSetup.DocumentAddress} says what it must be."));
        }
    }
}
