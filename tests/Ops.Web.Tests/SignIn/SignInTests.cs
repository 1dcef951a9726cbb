using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Tests.SignIn;

public sealed class SignInTests(ConsoleFactory console) : IClassFixture<ConsoleFactory>, IAsyncLifetime
{
    private static readonly SemaphoreSlim OneAdministrator = new(1, 1);

    // Without an administrator the sign-in page shows no form.
    public async Task InitializeAsync()
    {
        await OneAdministrator.WaitAsync();
        await using var scope = console.Services.CreateAsyncScope();
        if (await scope.ServiceProvider.GetRequiredService<FirstAdministrator>().IsNeededAsync())
            await console.UserAsync("first-admin", OpsRoles.Admin);
        OneAdministrator.Release();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_page_shows_nothing_without_signing_in()
    {
        using var visitor = new Visitor(console.Address);
        foreach (var path in (string[])["/", "/hosts", "/users", "/account"])
        {
            using var answer = await visitor.GetAsync(path);
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
            Assert.StartsWith("/sign-in?returnUrl=", answer.Headers.Location!.PathAndQuery);
        }
    }

    [Fact]
    public async Task The_session_cookie_is_out_of_reach_of_scripts_and_other_sites_and_ends_with_the_browser()
    {
        await console.UserAsync("cookie", OpsRoles.Viewer);
        using var visitor = new Visitor(console.Address);
        using var answer = await visitor.SignInAsync("cookie", ConsoleFactory.Password);

        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("ops-session=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=strict", cookie);
        Assert.DoesNotContain("expires", cookie);
    }

    [Fact]
    public async Task After_signing_in_one_comes_to_the_page_that_was_asked_for_and_never_to_a_foreign_one()
    {
        await console.UserAsync("returning", OpsRoles.Viewer);
        using var visitor = new Visitor(console.Address);
        using var answer = await visitor.SignInAsync("returning", ConsoleFactory.Password, "/sign-in?returnUrl=%2Fhealthz");
        Assert.Equal("/healthz", Path(answer));

        using var other = new Visitor(console.Address);
        using var foreign = await other.SignInAsync("returning", ConsoleFactory.Password, "/sign-in?returnUrl=%2F%2Fevil.example%2F");
        Assert.Equal("/", Path(foreign));
    }

    [Theory]
    [InlineData("/locks?sel=1", "/locks?sel=1")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("https://evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("/a\tb", "/")]
    [InlineData("", "/")]
    [InlineData(null, "/")]
    public void Only_a_path_of_this_console_is_returned_to(string? asked, string expected) => Assert.Equal(expected, SignInSetup.LocalOrHome(asked));

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account_even_for_the_right_one()
    {
        var signedIn = await console.UserAsync("victim", OpsRoles.Operator);
        using var visitor = new Visitor(console.Address);
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await visitor.SignInAsync("victim", "not the password");
            Assert.Equal(SignInCommand.Rejected, (await Visitor.ReadAsync(wrong)).QuerySelector("[role=alert]")!.TextContent);
        }
        using var right = await visitor.SignInAsync("victim", ConsoleFactory.Password);
        Assert.Equal(SignInCommand.Rejected, (await Visitor.ReadAsync(right)).QuerySelector("[role=alert]")!.TextContent);

        var failures = (await console.AuditAsync()).Where(e => e is { Action: AuditActions.SignInFailed, Actor: "victim" }).ToList();
        Assert.Equal(6, failures.Count);
        Assert.Equal("locked out", failures[^1].Outcome);

        // Anybody can type wrong passwords: who is signed in already must not be stopped by it in the middle of an incident.
        Assert.NotNull(await console.Services.GetRequiredService<Actors>().FindAsync(signedIn));
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_answered_like_a_wrong_password_and_audited()
    {
        using var visitor = new Visitor(console.Address);
        using var answer = await visitor.SignInAsync("nobody-here", "whatever it is");

        Assert.Equal(SignInCommand.Rejected, (await Visitor.ReadAsync(answer)).QuerySelector("[role=alert]")!.TextContent);
        Assert.Contains(await console.AuditAsync(), e => e is { Action: AuditActions.SignInFailed, Actor: "nobody-here" });
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_needs_the_form_of_the_account_page()
    {
        await console.UserAsync("leaving", OpsRoles.Viewer);
        using var visitor = new Visitor(console.Address);
        (await visitor.SignInAsync("leaving", ConsoleFactory.Password)).Dispose();

        using var forged = await visitor.PostAsync("/sign-out");
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        await visitor.OpenAsync("/account");

        using var left = await visitor.SubmitFormAsync("/account", "form[action='/sign-out']");
        Assert.Equal("/sign-in", Path(left));
        using var after = await visitor.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);
        Assert.Equal([AuditActions.SignIn, AuditActions.SignOut], (await console.AuditAsync()).Where(e => e.Actor == "leaving").Select(e => e.Action));
    }

    [Fact]
    public async Task A_viewer_may_not_open_the_pages_of_administrators()
    {
        await console.UserAsync("only-viewer", OpsRoles.Viewer);
        using var visitor = new Visitor(console.Address);
        (await visitor.SignInAsync("only-viewer", ConsoleFactory.Password)).Dispose();
        foreach (var path in (string[])["/hosts", "/users"])
        {
            using var answer = await visitor.GetAsync(path);
            Assert.StartsWith("/denied", Path(answer));
        }
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers()
    {
        using var visitor = new Visitor(console.Address);
        foreach (var path in (string[])["/", "/sign-in", "/healthz", "/css/app.css", "/nothing-here"])
        {
            using var answer = await visitor.GetAsync(path);
            Assert.Equal(SecurityHeaders.Csp, answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.False(answer.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task An_address_without_a_page_says_so_to_those_who_are_signed_in()
    {
        await console.UserAsync("lost", OpsRoles.Viewer);
        using var visitor = new Visitor(console.Address);
        (await visitor.SignInAsync("lost", ConsoleFactory.Password)).Dispose();
        using var answer = await visitor.GetAsync("/no-such-page");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("Page not found", (await Visitor.ReadAsync(answer)).QuerySelector("h1")!.TextContent);
    }

    [Fact]
    public async Task Health_is_reported_without_signing_in()
    {
        using var visitor = new Visitor(console.Address);
        using var answer = await visitor.GetAsync("/healthz");
        Assert.Equal("Healthy", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_administrator_adds_disables_and_enables_users_and_a_viewer_cannot()
    {
        var command = console.Services.GetRequiredService<UsersCommand>();
        var admin = await console.UserAsync("user-admin", OpsRoles.Admin);
        var viewer = await console.UserAsync("user-viewer", OpsRoles.Viewer);

        Assert.NotNull(await command.AddAsync(viewer, "made-by-viewer", ConsoleFactory.Password, OpsRoles.Admin));
        Assert.NotNull(await command.AddAsync(admin, "weak", "short", OpsRoles.Viewer));
        Assert.Null(await command.AddAsync(admin, "fresh", ConsoleFactory.Password, OpsRoles.Operator));
        var fresh = (await command.ListAsync()).Single(u => u.Name == "fresh");
        Assert.Equal((OpsRoles.Operator, false), (fresh.Role, fresh.IsDisabled));

        Assert.Null(await command.SetDisabledAsync(admin, fresh.Id, true));
        using var visitor = new Visitor(console.Address);
        using var refused = await visitor.SignInAsync("fresh", ConsoleFactory.Password);
        Assert.Equal(HttpStatusCode.OK, refused.StatusCode);

        Assert.Null(await command.SetDisabledAsync(admin, fresh.Id, false));
        using var accepted = await visitor.SignInAsync("fresh", ConsoleFactory.Password);
        Assert.Equal(HttpStatusCode.Redirect, accepted.StatusCode);

        Assert.DoesNotContain(await command.ListAsync(), u => u.Name is "made-by-viewer" or "weak");
        Assert.Contains(await console.AuditAsync(), e => e is { Action: AuditActions.UserChanged, Actor: "user-admin" } && e.Outcome!.Contains("fresh: disabled: done"));
    }

    [Fact]
    public async Task A_user_who_lost_a_role_or_was_disabled_cannot_act_from_a_page_that_is_still_open()
    {
        var actors = console.Services.GetRequiredService<Actors>();
        var admin = await console.UserAsync("role-admin", OpsRoles.Admin);
        var page = await console.UserAsync("demoted", OpsRoles.Operator);
        Assert.True((await actors.FindAsync(page))!.IsOperator);

        await using var scope = console.Services.CreateAsyncScope();
        var id = (await scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>().FindByNameAsync("demoted"))!.Id;
        Assert.Null(await console.Services.GetRequiredService<UsersCommand>().SetRoleAsync(admin, id, OpsRoles.Viewer));

        Assert.Null(await actors.FindAsync(page));
    }

    [Fact]
    public async Task A_disabled_user_cannot_get_back_in_by_a_change_of_the_own_password()
    {
        var admin = await console.UserAsync("pw-admin", OpsRoles.Admin);
        await console.UserAsync("pw-leaver", OpsRoles.Viewer);
        using var visitor = new Visitor(console.Address);
        using var signedIn = await visitor.SignInAsync("pw-leaver", ConsoleFactory.Password);
        var page = await visitor.OpenAsync("/account");
        var command = console.Services.GetRequiredService<UsersCommand>();
        Assert.Null(await command.SetDisabledAsync(admin, (await command.ListAsync()).Single(u => u.Name == "pw-leaver").Id, true));

        using var answer = await visitor.SendAsync(page, "/account", "form:has([name='Input.Current'])", ("Input.Current", ConsoleFactory.Password), ("Input.New", "another horse battery"));
        Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(c => c.StartsWith("ops-session=", StringComparison.Ordinal) && !c.StartsWith("ops-session=;", StringComparison.Ordinal)));
        await using var scope = console.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>();
        Assert.True(await users.CheckPasswordAsync((await users.FindByNameAsync("pw-leaver"))!, ConsoleFactory.Password));
    }

    [Fact]
    public async Task Two_administrators_who_disable_or_demote_each_other_at_once_leave_one()
    {
        var command = console.Services.GetRequiredService<UsersCommand>();
        for (var i = 0; i < 4; i++)
        {
            var (one, other) = (await console.UserAsync($"duel-a{i}", OpsRoles.Admin), await console.UserAsync($"duel-b{i}", OpsRoles.Admin));
            var rows = await command.ListAsync();
            string Id(string name) => rows.Single(u => u.Name == name).Id;
            var results = await Task.WhenAll(
                Task.Run(() => command.SetDisabledAsync(one, Id($"duel-b{i}"), true)), Task.Run(() => command.SetRoleAsync(other, Id($"duel-a{i}"), OpsRoles.Viewer)));
            Assert.Single(results, r => r is null);
        }
    }

    [Fact]
    public async Task A_name_that_no_user_can_have_does_not_fill_the_audit()
    {
        using var visitor = new Visitor(console.Address);
        using var answer = await visitor.SignInAsync("long-" + new string('x', 300_000), ConsoleFactory.Password);
        Assert.Contains("Wrong name or password", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var entry = Assert.Single(await console.AuditAsync(), e => e.Actor.StartsWith("long-", StringComparison.Ordinal));
        Assert.Equal(AuditActions.SignInFailed, entry.Action);
        Assert.InRange(entry.Actor.Length, 5, 300);
    }

    private static string Path(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        var location = answer.Headers.Location!;
        return location.IsAbsoluteUri ? location.PathAndQuery : location.ToString();
    }
}
