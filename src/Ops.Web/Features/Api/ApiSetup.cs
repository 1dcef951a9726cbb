using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;
using Ops.Data;

namespace Ops.Web.Features.Api;

/// <summary><c>/api/v1</c>: what a viewer may see, for programs; and acts, for a token that may. No other address of it changes anything.</summary>
internal static class ApiSetup
{
    public const string DocumentAddress = Root + "/openapi.json";

    private const string Root = "/api/v1", Document = "v1", Token = "token";

    public static void AddApi(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApiTokenScheme>(ApiTokenScheme.Name, null);
        services.AddRateLimiter(o => o.AddPolicy<string, ApiPace>(ApiPace.Name));
        services.AddSingleton<ApiTokensCommand>();
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
            // Numbers are numbers: a document that also allowed texts would say so of every field.
            o.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddOpenApi(Document, o =>
        {
            o.ShouldInclude = api => api.RelativePath?.StartsWith(Root[1..], StringComparison.Ordinal) == true;
            o.AddSchemaTransformer((schema, context, _) =>
            {
                // A time with a writer of its own is still a time.
                if (context.JsonTypeInfo.Type == typeof(DateTimeOffset) && schema.Type is null)
                    (schema.Type, schema.Format) = (JsonSchemaType.String, "date-time");
                return Task.CompletedTask;
            });
            o.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new()
                {
                    Title = "Mailstore Ops",
                    Version = Document,
                    Description = "What the hosts report and what the console keeps; and acts, for tokens that act in the name of a person. Fields may be added, never removed or renamed: readers ignore those that they do not know.",
                };
                // The address that a request used is not part of the document.
                document.Servers = [];
                document.Components ??= new();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    [Token] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "Made by an administrator on the page API tokens." },
                };
                document.Security = [new() { [new(Token, document)] = [] }];
                return Task.CompletedTask;
            });
        });
    }

    public static void MapApi(this WebApplication app)
    {
        var api = app.MapGroup(Root)
            .RequireAuthorization(p => p.AddAuthenticationSchemes(ApiTokenScheme.Name).RequireAuthenticatedUser().RequireClaim(ApiTokenScheme.Right, ApiRights.Read))
            .RequireRateLimiting(ApiPace.Name)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status429TooManyRequests).ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .WithTags(Document)
            .AddEndpointFilter(AnswerAsync);
        api.MapLiveReads();
        api.MapStoredReads();
        api.MapActWrites();
        api.MapOpenApi("/openapi.json");
        api.Map("/{**rest}", (HttpRequest request) => Refuse(request)).ExcludeFromDescription();
    }

    private static ProblemHttpResult Refuse(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method))
            return ApiProblem.NotFound($"The API has no such address; {DocumentAddress} lists those that it has.");
        request.HttpContext.Response.Headers.Allow = HttpMethods.Get;
        return ApiProblem.Of(StatusCodes.Status405MethodNotAllowed, "This address reads only: ask with GET.");
    }

    private static async ValueTask<object?> AnswerAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        // Not for other readers of a shared cache, and never used without asking whether it is still so.
        http.Response.Headers.CacheControl = "private, no-cache";
        // A parameter is missing or of another kind; the handler was not called.
        if (http.Response.StatusCode == StatusCodes.Status400BadRequest)
            return ApiProblem.Wrong($"A parameter is missing or cannot be read; {DocumentAddress} says which there are.");
        try
        {
            return await next(context);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return ApiProblem.Of(StatusCodes.Status503ServiceUnavailable, "The console's database does not answer. What the hosts report now does not need it.");
        }
    }
}
