namespace Ops.Web.Live;

/// <summary>What the ways of agents into the console, its TLS port and its Unix socket, have in common.</summary>
internal static class AgentDoors
{
    /// <summary>Addresses of the pages, as the settings name them without <c>Kestrel:Endpoints</c>. A way that is added takes their place unless they are named again.</summary>
    public static string[] PageAddresses(IConfiguration settings) =>
        settings["urls"] is { Length: > 0 } urls ? Split(urls) : [.. Ports(settings, "http"), .. Ports(settings, "https")];

    /// <summary>Answers nothing but these addresses to what came by one way: it is no second door to the pages. Before everything that would make a page of the answer.</summary>
    public static void AnswerOnly(this IApplicationBuilder app, Func<HttpContext, bool> cameThrough, params PathString[] addresses) => app.Use((http, next) =>
    {
        if (!cameThrough(http) || addresses.Any(a => http.Request.Path.StartsWithSegments(a)))
            return next(http);
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    // `http_ports` means all addresses of the machine, as it does to Kestrel where nothing else is said.
    private static IEnumerable<string> Ports(IConfiguration settings, string scheme) => Split(settings[$"{scheme}_ports"]).Select(p => $"{scheme}://*:{p}");

    private static string[] Split(string? list) => (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
