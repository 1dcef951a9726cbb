using Microsoft.AspNetCore.Http.HttpResults;

namespace Ops.Web.Features.Api;

/// <summary>Why there is no answer, as <c>application/problem+json</c> (RFC 9457) with a sentence for the person who reads it.</summary>
internal static class ApiProblem
{
    public static ProblemHttpResult Of(int status, string sentence) => TypedResults.Problem(sentence, statusCode: status);

    /// <summary>400: the address asks for something that cannot be.</summary>
    public static ProblemHttpResult Wrong(string sentence) => Of(StatusCodes.Status400BadRequest, sentence);

    public static ProblemHttpResult NotFound(string sentence) => Of(StatusCodes.Status404NotFound, sentence);
}
