namespace Ops.Web;

/// <summary>What every answer forbids the browser.</summary>
public static class SecurityHeaders
{
    // Scripts: files of our own only, nothing inline. MudBlazor and virtual rows need style attributes,
    // but no style elements. 'self' in connect-src covers the WebSocket to the page's own origin.
    public const string Csp =
        "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; " +
        "script-src 'self'; style-src-elem 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'";

    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Csp;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer"; // the setup link holds a secret
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (IsForeignSocket(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }
        return next(context);
    });

    // A WebSocket is not held back by the same-origin rule: a foreign page could open one to us. Agents send no Origin.
    private static bool IsForeignSocket(HttpRequest request) =>
        request.HttpContext.WebSockets.IsWebSocketRequest
        && request.Headers.Origin.ToString() is { Length: > 0 } origin
        && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
}
