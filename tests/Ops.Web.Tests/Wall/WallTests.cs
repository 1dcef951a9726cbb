using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Tests.Wall;

/// <summary>The wallboard over HTTP, as a screen asks for it.</summary>
public sealed class WallTests(ConsoleFactory console) : IClassFixture<ConsoleFactory>
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task A_link_opens_the_wallboard_and_leaves_the_address_for_a_cookie_of_this_path()
    {
        var token = await LinkAsync("hall");
        using var screen = new Visitor(console.Address);

        using var opened = await screen.GetAsync($"/wall?token={token}&theme=dark");

        Assert.Equal((HttpStatusCode.Redirect, "/wall?theme=dark"), (opened.StatusCode, opened.Headers.Location!.OriginalString));
        var cookie = Assert.Single(opened.Headers.GetValues("Set-Cookie"));
        foreach (var part in (string[])["ops-wall=", "path=/wall", "httponly", "samesite=lax"])
            Assert.Contains(part, cookie, StringComparison.Ordinal);
        var page = await screen.OpenAsync("/wall?theme=dark");
        Assert.NotNull(page.QuerySelector("#wall header h1"));
        Assert.Equal("dark", page.DocumentElement.GetAttribute("data-theme"));
    }

    [Fact]
    public async Task It_has_nothing_to_act_on_and_no_way_into_the_console()
    {
        console.Services.GetRequiredService<LiveState>().SetStatus(Status());
        console.Services.GetRequiredService<LiveState>().Replace("host-w", Golden.Relations, s => s);
        using var screen = await ScreenAsync("hall");

        var page = await screen.OpenAsync("/wall");

        Assert.NotEmpty(page.QuerySelectorAll(".box"));
        Assert.Contains("Losing mail", page.QuerySelector(".box")!.TextContent, StringComparison.Ordinal);
        Assert.StartsWith("(", page.Title, StringComparison.Ordinal);
        Assert.Empty(page.QuerySelectorAll("a, button, form, input, [style], script:not([src])"));
        Assert.Equal(["/js/wall.js"], page.QuerySelectorAll("script").Select(s => s.GetAttribute("src")!.Split('?')[0]));
    }

    [Fact]
    public async Task Without_a_link_or_with_a_wrong_or_revoked_one_it_is_refused_in_words()
    {
        var links = console.Services.GetRequiredService<WallLinks>();
        var (link, plain) = await links.CreateAsync("hall", Day, "anna");
        using var screen = new Visitor(console.Address);
        using (var opened = await screen.GetAsync($"/wall?token={plain}"))
            Assert.Equal(HttpStatusCode.Redirect, opened.StatusCode);
        await links.RevokeAsync(link.Id, "anna");

        using var stranger = new Visitor(console.Address);
        foreach (var (visitor, path) in new[] { (stranger, "/wall"), (stranger, "/wall?token=wrong"), (stranger, $"/wall?token={plain}"), (screen, "/wall") })
        {
            using var answer = await visitor.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            var page = await Visitor.ReadAsync(answer);
            Assert.Contains("does not open the wallboard", page.QuerySelector("#wall h1")!.TextContent, StringComparison.Ordinal);
            Assert.Empty(page.QuerySelectorAll(".box, .hosts"));
        }
    }

    [Fact]
    public async Task The_token_of_a_wallboard_opens_no_other_page_export_or_hub()
    {
        var token = await LinkAsync("hall");
        using var screen = new Visitor(console.Address);
        // As no browser would send it: to every path.
        screen.Cookies.Add(new Cookie("ops-wall", token, "/", console.Address.Host));
        screen.Cookies.Add(new Cookie("ops-session", token, "/", console.Address.Host));
        foreach (var path in (string[])["/", "/mailboxes", "/graph", "/locks", "/audit", "/wallboards", "/audit/export", "/incidents/00000000-0000-0000-0000-000000000001/export", "/account", "/_blazor/negotiate?negotiateVersion=1", "/metrics", "/wall/x"])
        {
            using var answer = await screen.GetAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}token={token}");
            Assert.True(answer.StatusCode is HttpStatusCode.Redirect && answer.Headers.Location!.PathAndQuery.StartsWith("/sign-in", StringComparison.Ordinal)
                || answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound, $"{path}: {answer.StatusCode} {answer.Headers.Location}");
        }
        using var circuit = await screen.PostAsync($"/_blazor/negotiate?negotiateVersion=1&token={token}");
        Assert.NotEqual(HttpStatusCode.OK, circuit.StatusCode);
        foreach (var path in (string[])["/hubs/agent/negotiate?negotiateVersion=1", "/metrics"])
        {
            using var bearer = new HttpClient();
            bearer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = path == "/metrics" ? await bearer.GetAsync(new Uri(console.Address, path)) : await bearer.PostAsync(new Uri(console.Address, path), null);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public void No_other_endpoint_asks_for_the_link_of_a_wallboard()
    {
        var asking = console.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => a.AuthenticationSchemes?.Contains("WallLink", StringComparison.Ordinal) == true)
                || e.Metadata.GetOrderedMetadata<AuthorizationPolicy>().Any(p => p.AuthenticationSchemes.Contains("WallLink")))
            .Select(e => e.RoutePattern.RawText);

        Assert.Equal(["/wall"], asking);
    }

    [Fact]
    public async Task A_token_of_an_agent_is_refused_and_a_person_who_is_signed_in_needs_no_link()
    {
        var (_, ofAgent) = await console.Services.GetRequiredService<AgentTokens>().CreateAsync("mail9", "anna");
        using var screen = new Visitor(console.Address);
        using var refused = await screen.GetAsync($"/wall?token={ofAgent}");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        await console.UserAsync("wall-admin", OpsRoles.Admin);
        await console.UserAsync("viewer", OpsRoles.Viewer);
        using var person = new Visitor(console.Address);
        using var signedIn = await person.SignInAsync("viewer", ConsoleFactory.Password);
        Assert.NotNull((await person.OpenAsync("/wall")).QuerySelector("#wall header"));
        // A wrong link does not seem to work because of who opened it.
        using var wrong = await person.GetAsync("/wall?token=wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
    }

    private async Task<string> LinkAsync(string label) => (await console.Services.GetRequiredService<WallLinks>().CreateAsync(label, Day, "anna")).Plain;

    private async Task<Visitor> ScreenAsync(string label)
    {
        var screen = new Visitor(console.Address);
        using var opened = await screen.GetAsync($"/wall?token={await LinkAsync(label)}");
        Assert.Equal(HttpStatusCode.Redirect, opened.StatusCode);
        return screen;
    }

    private static HostStatus Status() => new(
        "host-w", "mail1", "token", false, HostConnection.Live, null, "0.1.0", Guid.Empty, true, [], ["/var/mail"], [], new Dictionary<string, double>(), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow);
}
