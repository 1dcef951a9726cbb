using Microsoft.AspNetCore.Http.HttpResults;
using Ops.Web.Features.Acts;

namespace Ops.Web.Features.Api;

/// <summary>Why an act was refused: the sentence of the pages, and a word for programs in <c>reason</c>.</summary>
internal static class ActProblem
{
    public static ProblemHttpResult OfIdInUse => Of(StatusCodes.Status409Conflict, "id-in-use", "This operationId belongs to another act. Choose a new one.");

    public static ProblemHttpResult Of(ActError error)
    {
        var (status, reason) = error switch
        {
            ActError.NotAllowed => (StatusCodes.Status403Forbidden, "not-allowed"),
            ActError.ReasonUnusable => (StatusCodes.Status400BadRequest, "reason-unusable"),
            ActError.PidNotTyped => (StatusCodes.Status400BadRequest, "pid-not-typed"),
            ActError.FindingGone => (StatusCodes.Status404NotFound, "finding-gone"),
            ActError.NotInQuarantine => (StatusCodes.Status404NotFound, "not-in-quarantine"),
            ActError.TooManyActs => (StatusCodes.Status429TooManyRequests, "too-many-acts"),
            ActError.HostNotConnected => (StatusCodes.Status503ServiceUnavailable, "host-not-connected"),
            ActError.NoAnswer => (StatusCodes.Status503ServiceUnavailable, "no-answer"),
            ActError.ConsoleIsDead => (StatusCodes.Status503ServiceUnavailable, "console-is-dead"),
            ActError.AuditUnwritable => (StatusCodes.Status503ServiceUnavailable, "audit-unwritable"),
            ActError.DatabaseUnusable => (StatusCodes.Status503ServiceUnavailable, "database-unusable"),
            ActError.RefusedByAgent refused => (StatusCodes.Status409Conflict, refused.Refusal.Reason),
            ActError.ActionNotOffered => (StatusCodes.Status409Conflict, "not-offered"),
            ActError.HostSaysNo => (StatusCodes.Status409Conflict, "host-says-no"),
            ActError.QuarantineChanged => (StatusCodes.Status409Conflict, "quarantine-changed"),
            ActError.ProcessChanged => (StatusCodes.Status409Conflict, "process-changed"),
            ActError.ActUnderWay => (StatusCodes.Status409Conflict, "act-under-way"),
            _ => (StatusCodes.Status409Conflict, "refused"),
        };
        return Of(status, reason, error.Sentence);
    }

    private static ProblemHttpResult Of(int status, string reason, string sentence) =>
        TypedResults.Problem(sentence, statusCode: status, extensions: new Dictionary<string, object?> { ["reason"] = reason });
}
