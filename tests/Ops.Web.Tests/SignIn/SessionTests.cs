using System.Net;
using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;

namespace Ops.Web.Tests.SignIn;

public sealed class SessionTests(SecondFactorConsole site) : IClassFixture<SecondFactorConsole>
{
    private ConsoleFactory Console => site.Console;

    private SessionsCommand Sessions => Console.Services.GetRequiredService<SessionsCommand>();

    [Fact]
    public async Task A_user_sees_their_sessions_and_ends_one_whose_cookie_is_then_refused_at_its_next_request()
    {
        using var here = await site.VisitorAsync("two-browsers", OpsRoles.Operator);
        using var there = await AgainAsync("two-browsers");
        var page = await here.OpenAsync("/account");
        Assert.Equal(2, page.QuerySelectorAll(".sessions li").Length);
        var other = page.QuerySelector(".sessions button[name='End.Session']")!.GetAttribute("value")!;
        using (var ended = await here.SendAsync(page, "/account", "form:has(.sessions)", ("End.Session", other)))
            Assert.Single((await Visitor.ReadAsync(ended)).QuerySelectorAll(".sessions li"));
        using (var refused = await there.GetAsync("/account"))
            Assert.StartsWith("/sign-in", refused.Headers.Location!.PathAndQuery, StringComparison.Ordinal);
        await here.OpenAsync("/account");
        Assert.Contains(await Console.AuditAsync(), e => e is { Action: AuditActions.UserChanged, Actor: "two-browsers", Outcome: "two-browsers: session ended" });
    }

    [Fact]
    public async Task An_administrator_sees_and_ends_the_sessions_of_every_user_and_others_only_their_own()
    {
        var admin = await Console.UserAsync("ends-others", OpsRoles.Admin);
        using var visitor = await site.VisitorAsync("is-ended", OpsRoles.Operator);
        var other = await Console.UserAsync("ends-none", OpsRoles.Operator);
        var id = await IdOfAsync("is-ended");
        Assert.Empty(await Sessions.ListAsync(other, id));
        var session = Assert.Single(await Sessions.ListAsync(admin, id));
        Assert.NotNull(await Sessions.EndAsync(other, session.Id));
        await visitor.OpenAsync("/account");
        Assert.Null(await Sessions.EndAsync(admin, session.Id));
        using var refused = await visitor.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
    }

    [Fact]
    public async Task An_open_page_cannot_act_once_its_session_was_ended()
    {
        using var visitor = await site.VisitorAsync("open-page", OpsRoles.Admin);
        var session = Assert.Single(await Sessions.ListAsync(await Console.UserAsync("ends-page", OpsRoles.Admin), await IdOfAsync("open-page")));
        var page = await PersonAsync("open-page", session.Id);
        var actors = Console.Services.GetRequiredService<Actors>();
        Assert.NotNull(await actors.FindAsync(page));
        Assert.Null(await Sessions.EndAsync(page, session.Id));
        Assert.Null(await actors.FindAsync(page));
    }

    [Theory]
    [InlineData("sign-out")]
    [InlineData("disable")]
    [InlineData("role")]
    [InlineData("password")]
    [InlineData("second-factor")]
    public async Task The_open_pages_of_a_session_end_with_it_whatever_ends_it(string how)
    {
        var name = $"ends-by-{how}";
        using var visitor = await site.VisitorAsync(name, OpsRoles.Operator);
        var user = await IdOfAsync(name);
        var admin = await Console.UserAsync($"{name}-admin", OpsRoles.Admin);
        var session = Assert.Single(await Sessions.ListAsync(admin, user));
        using var elsewhere = await AgainAsync(name);
        var left = new TaskCompletionSource();
        using var page = Console.Services.GetRequiredService<OpenPages>().Follow(session.Id, left.SetResult);
        var users = Console.Services.GetRequiredService<UsersCommand>();
        switch (how)
        {
            case "sign-out":
                (await visitor.SubmitFormAsync("/account", "form[action='/sign-out']")).Dispose();
                break;
            case "disable":
                Assert.Null(await users.SetDisabledAsync(admin, user, true));
                break;
            case "role":
                Assert.Null(await users.SetRoleAsync(admin, user, OpsRoles.Viewer));
                break;
            case "password":
                (await elsewhere.SubmitAsync("/account", ("Input.Current", ConsoleFactory.Password), ("Input.New", "another horse battery"))).Dispose();
                await elsewhere.OpenAsync("/account");
                break;
            case "second-factor":
                await site.EnrolAsync(elsewhere);
                await elsewhere.OpenAsync("/account");
                break;
        }
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
        using var refused = await visitor.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
    }

    [Fact]
    public async Task A_page_that_was_ended_elsewhere_without_a_word_ends_within_seconds()
    {
        using var visitor = await site.VisitorAsync("unheard", OpsRoles.Operator);
        var session = Assert.Single(await Sessions.ListAsync(await Console.UserAsync("unheard-admin", OpsRoles.Admin), await IdOfAsync("unheard")));
        var left = new TaskCompletionSource();
        using var page = Console.Services.GetRequiredService<OpenPages>().Follow(session.Id, () => left.TrySetResult());
        // As another console does it; its message is lost.
        await Console.Services.GetRequiredService<UserSessions>().EndAsync(session.Id);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task The_connection_of_a_page_that_does_not_leave_is_cut()
    {
        using var visitor = await site.VisitorAsync("stays", OpsRoles.Operator);
        var session = Assert.Single(await Sessions.ListAsync(await Console.UserAsync("stays-admin", OpsRoles.Admin), await IdOfAsync("stays")));
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.Cookies = visitor.Cookies;
        await socket.ConnectAsync(new UriBuilder(Console.Address) { Scheme = "ws", Path = "/_blazor" }.Uri, default);
        await Console.Services.GetRequiredService<SessionBook>().EndAsync(session.Id);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAnyAsync<System.Net.WebSockets.WebSocketException>(() => socket.ReceiveAsync(new ArraySegment<byte>(new byte[100]), limit.Token));
    }

    [Fact]
    public async Task A_second_sign_in_of_a_browser_takes_the_place_of_the_first_and_a_refused_cookie_is_removed()
    {
        using var visitor = await site.VisitorAsync("sign-in-over", OpsRoles.Viewer);
        var user = await IdOfAsync("sign-in-over");
        var admin = await Console.UserAsync("sign-in-over-admin", OpsRoles.Admin);
        (await visitor.SignInAsync("sign-in-over", ConsoleFactory.Password)).Dispose();
        var session = Assert.Single(await Sessions.ListAsync(admin, user));
        await Console.Services.GetRequiredService<UserSessions>().EndAsync(session.Id);
        using var refused = await visitor.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
        Assert.DoesNotContain(visitor.Cookies.GetCookies(Console.Address), c => c.Name == "ops-session");
    }

    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone")]
    [InlineData("curl/8.14.1", "curl/8.14.1")]
    [InlineData("", "unknown browser")]
    [InlineData(null, "unknown browser")]
    public void A_browser_is_called_as_people_call_it(string? userAgent, string name) => Assert.Equal(name, BrowserName.Of(userAgent));

    private async Task<Visitor> AgainAsync(string name)
    {
        var visitor = new Visitor(Console.Address);
        (await visitor.SignInAsync(name, ConsoleFactory.Password)).Dispose();
        return visitor;
    }

    private async Task<string> IdOfAsync(string name) => (await Console.Services.GetRequiredService<UsersCommand>().ListAsync()).Single(u => u.Name == name).Id;

    /// <summary>Who is signed in on a page that was opened in this session.</summary>
    private async Task<ClaimsPrincipal> PersonAsync(string name, Guid session)
    {
        await using var scope = Console.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.UserManager<OpsUser>>();
        var person = await scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.IUserClaimsPrincipalFactory<OpsUser>>().CreateAsync((await users.FindByNameAsync(name))!);
        ((ClaimsIdentity)person.Identity!).AddClaim(new(SessionBook.Claim, session.ToString()));
        return person;
    }
}

public sealed class SessionIdleTests : IAsyncLifetime
{
    private readonly SecondFactorConsole _site = new([("Ops:SignInIdle", "00:30:00")]);

    public Task InitializeAsync() => _site.InitializeAsync();

    public Task DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_session_ends_after_the_idle_time_without_use_and_its_pages_with_it()
    {
        using var visitor = await _site.VisitorAsync("idles", OpsRoles.Viewer);
        var services = _site.Console.Services;
        var user = (await services.GetRequiredService<UsersCommand>().ListAsync()).Single(u => u.Name == "idles").Id;
        var session = Assert.Single(await services.GetRequiredService<SessionBook>().ListAsync(user));
        var left = new TaskCompletionSource();
        using var page = services.GetRequiredService<OpenPages>().Follow(session.Id, () => left.TrySetResult());
        _site.Pass(TimeSpan.FromMinutes(29));
        using (var used = await visitor.GetAsync("/account/used"))
            Assert.Equal(HttpStatusCode.NoContent, used.StatusCode);
        _site.Pass(TimeSpan.FromMinutes(29));
        Assert.Single(await services.GetRequiredService<SessionBook>().ListAsync(user));
        Assert.False(left.Task.IsCompleted);
        _site.Pass(TimeSpan.FromMinutes(2));
        Assert.Empty(await services.GetRequiredService<SessionBook>().ListAsync(user));
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
