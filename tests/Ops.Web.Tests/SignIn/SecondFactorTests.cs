using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Tests.SignIn;

public sealed class SecondFactorTests(SecondFactorConsole site) : IClassFixture<SecondFactorConsole>
{
    private ConsoleFactory Console => site.Console;

    [Fact]
    public async Task A_second_factor_is_on_once_a_code_of_its_key_has_come_back()
    {
        using var visitor = await site.VisitorAsync("enrols", OpsRoles.Operator);
        var page = await visitor.OpenAsync("/account/second-factor");
        Assert.Null(page.QuerySelector(".qr [style], style, script:not([src])"));
        Assert.NotNull(page.QuerySelector(".qr svg path"));

        var (wrong, key) = await SecondFactorConsole.SendOfferAsync(visitor, site.WrongCode, ConsoleFactory.Password);
        var again = await Visitor.ReadAsync(wrong);
        Assert.Equal(SecondFactorCommand.WrongCode, again.QuerySelector("[role=alert]")!.TextContent);
        // The app has it already: a mistyped code must not cost another scan.
        Assert.Equal(key, SecondFactorConsole.KeyOn(again));
        Assert.False(await IsOnAsync("enrols"));

        using var right = await visitor.SendAsync(again, "/account/second-factor", "form:has([name='Start.Code'])", ("Start.Code", site.Code(key)), ("Start.Password", ConsoleFactory.Password));
        Assert.Equal(SecondFactorCommand.RecoveryCodes, SecondFactorConsole.CodesOn(await Visitor.ReadAsync(right)).Distinct().Count());
        Assert.True(await IsOnAsync("enrols"));
        // The sign-in in which it was turned on goes on; the page does not show the codes a second time.
        Assert.Empty(SecondFactorConsole.CodesOn(await visitor.OpenAsync("/account/second-factor")));
        Assert.Contains(await Console.AuditAsync(), e => e is { Action: AuditActions.UserChanged, Actor: "enrols", Outcome: "turned on their second factor" });
    }

    [Fact]
    public async Task A_second_factor_is_not_turned_on_without_the_password()
    {
        using var visitor = await site.VisitorAsync("stolen-page", OpsRoles.Operator);
        var (answer, _) = await SecondFactorConsole.SendOfferAsync(visitor, site.Code, "not the password");
        Assert.Equal(SignInCommand.Rejected, (await Visitor.ReadAsync(answer)).QuerySelector("[role=alert]")!.TextContent);
        Assert.False(await IsOnAsync("stolen-page"));
    }

    [Fact]
    public async Task The_database_has_neither_the_key_nor_the_recovery_codes_in_plain_text()
    {
        using var visitor = await site.VisitorAsync("hashed", OpsRoles.Viewer);
        var (key, codes) = await site.EnrolAsync(visitor);
        await using var db = await Console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync();
        var kept = await db.UserTokens.Where(t => db.Users.Any(u => u.Id == t.UserId && u.UserName == "hashed")).Select(t => t.Value!).ToListAsync();
        Assert.Equal(2, kept.Count);
        Assert.All(kept, value => Assert.DoesNotContain(key, value, StringComparison.Ordinal));
        Assert.All(kept, value => Assert.DoesNotContain(codes, code => value.Contains(code, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_password_opens_nothing_until_the_code_has_come_and_a_code_is_accepted_once()
    {
        using var first = await site.VisitorAsync("two-steps", OpsRoles.Viewer);
        var (key, _) = await site.EnrolAsync(first);
        using var visitor = new Visitor(Console.Address);
        using (var half = await visitor.SignInAsync("two-steps", ConsoleFactory.Password, "/sign-in?returnUrl=%2Flocks"))
            Assert.Equal("/sign-in/second?returnUrl=%2Flocks", PathOf(half));
        using (var shut = await visitor.GetAsync("/account"))
            Assert.StartsWith("/sign-in?", PathOf(shut));
        using (var wrong = await StepAsync(visitor, site.WrongCode(key)))
            Assert.Equal(SecondFactorCommand.WrongCode, (await Visitor.ReadAsync(wrong)).QuerySelector("[role=alert]")!.TextContent);
        var code = site.Code(key);
        using (var right = await StepAsync(visitor, code[..3] + " " + code[3..]))
            Assert.Equal("/locks", PathOf(right));
        await visitor.OpenAsync("/account");

        using var thief = new Visitor(Console.Address);
        (await thief.SignInAsync("two-steps", ConsoleFactory.Password)).Dispose();
        using var replayed = await StepAsync(thief, code);
        Assert.Equal(SecondFactorCommand.WrongCode, (await Visitor.ReadAsync(replayed)).QuerySelector("[role=alert]")!.TextContent);
        Assert.Equal(
            ["password accepted, second factor asked for", "wrong code of the second factor, or locked out", "signed in with a second factor"],
            (await Console.AuditAsync()).Where(e => e.Actor == "two-steps").Select(e => e.Outcome).SkipWhile(o => o != "password accepted, second factor asked for").Take(3));
    }

    [Fact]
    public async Task A_recovery_code_signs_in_once_in_any_case()
    {
        using var first = await site.VisitorAsync("no-phone", OpsRoles.Viewer);
        var (_, codes) = await site.EnrolAsync(first);
        using var visitor = new Visitor(Console.Address);
        (await visitor.SignInAsync("no-phone", ConsoleFactory.Password)).Dispose();
        using (var right = await StepAsync(visitor, codes[3].ToLowerInvariant()))
            Assert.Equal("/locks", PathOf(right));
        Assert.Contains(await Console.AuditAsync(), e => e is { Actor: "no-phone", Outcome: "signed in with a recovery code, 9 left" });
        Assert.Contains("9 recovery codes are left", (await visitor.OpenAsync("/account/second-factor")).Body!.TextContent, StringComparison.Ordinal);
        using var again = new Visitor(Console.Address);
        (await again.SignInAsync("no-phone", ConsoleFactory.Password)).Dispose();
        using var used = await StepAsync(again, codes[3]);
        Assert.Equal(HttpStatusCode.OK, used.StatusCode);
    }

    [Fact]
    public async Task Wrong_codes_lock_the_account_and_a_right_password_between_them_buys_no_more()
    {
        using var first = await site.VisitorAsync("guessed", OpsRoles.Viewer);
        var (key, _) = await site.EnrolAsync(first);
        for (var i = 0; i < SignInLimit.FromOnePlace; i++)
        {
            // From another address each time the browser is one in which the user has not signed in; the place is the same.
            using var guesser = new Visitor(Console.Address);
            (await guesser.SignInAsync("guessed", ConsoleFactory.Password)).Dispose();
            (await StepAsync(guesser, site.WrongCode(key))).Dispose();
        }
        using var late = new Visitor(Console.Address);
        using var locked = await late.SignInAsync("guessed", ConsoleFactory.Password);
        Assert.Equal(SignInCommand.Rejected, (await Visitor.ReadAsync(locked)).QuerySelector("[role=alert]")!.TextContent);
    }

    [Fact]
    public async Task A_password_that_was_changed_before_the_code_came_opens_nothing()
    {
        using var owner = await site.VisitorAsync("changes-in-time", OpsRoles.Viewer);
        await site.EnrolAsync(owner);
        using var thief = new Visitor(Console.Address);
        (await thief.SignInAsync("changes-in-time", ConsoleFactory.Password)).Dispose();
        Assert.NotNull((await thief.OpenAsync("/sign-in/second")).QuerySelector("[name='Input.Code']"));
        (await owner.SubmitAsync("/account", ("Input.Current", ConsoleFactory.Password), ("Input.New", "another horse battery"))).Dispose();
        Assert.Null((await thief.OpenAsync("/sign-in/second")).QuerySelector("[name='Input.Code']"));
    }

    [Fact]
    public async Task An_administrator_resets_the_second_factor_of_another_user_and_not_their_own()
    {
        using var lost = await site.VisitorAsync("lost-phone", OpsRoles.Operator);
        await site.EnrolAsync(lost);
        var admin = await Console.UserAsync("resetter", OpsRoles.Admin);
        var command = Console.Services.GetRequiredService<UsersCommand>();
        var row = (await command.ListAsync()).Single(u => u.Name == "lost-phone");
        Assert.True(row.HasSecondFactor);
        Assert.Null(await command.ResetSecondFactorAsync(admin, row.Id));
        Assert.NotNull(await command.ResetSecondFactorAsync(admin, (await command.ListAsync()).Single(u => u.Name == "resetter").Id));

        using var visitor = new Visitor(Console.Address);
        using var answer = await visitor.SignInAsync("lost-phone", ConsoleFactory.Password);
        Assert.Equal("/", PathOf(answer));
        Assert.Contains(await Console.AuditAsync(), e => e is { Action: AuditActions.UserChanged, Actor: "resetter", Outcome: "lost-phone: second factor reset: done" });
    }

    [Fact]
    public async Task A_key_that_cannot_be_read_does_not_make_the_password_enough()
    {
        using var first = await site.VisitorAsync("unreadable", OpsRoles.Viewer);
        var (key, _) = await site.EnrolAsync(first);
        await using var db = await Console.Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync();
        Assert.Equal(1, await db.UserTokens.Where(t => t.Name == "AuthenticatorKey" && db.Users.Any(u => u.Id == t.UserId && u.UserName == "unreadable")).ExecuteUpdateAsync(s => s.SetProperty(t => t.Value, "of other keys")));
        using var visitor = new Visitor(Console.Address);
        (await visitor.SignInAsync("unreadable", ConsoleFactory.Password)).Dispose();
        using var step = await StepAsync(visitor, site.Code(key));
        Assert.Equal(SecondFactorCommand.WrongCode, (await Visitor.ReadAsync(step)).QuerySelector("[role=alert]")!.TextContent);
        using var shut = await visitor.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, shut.StatusCode);
    }

    [Fact]
    public async Task A_code_turns_it_off_and_makes_new_recovery_codes()
    {
        using var visitor = await site.VisitorAsync("changes", OpsRoles.Viewer);
        var (key, before) = await site.EnrolAsync(visitor);
        using (var renewed = await visitor.SubmitAsync("/account/second-factor", ("Renewal.Code", site.Code(key))))
            Assert.Empty(SecondFactorConsole.CodesOn(await Visitor.ReadAsync(renewed)).Intersect(before));
        using (var old = await visitor.SubmitAsync("/account/second-factor", ("End.Code", before[0])))
            Assert.Equal(SecondFactorCommand.WrongCode, (await Visitor.ReadAsync(old)).QuerySelector("[role=alert]")!.TextContent);
        site.Pass(TimeSpan.FromMinutes(1));
        (await visitor.SubmitAsync("/account/second-factor", ("End.Code", site.Code(key)))).Dispose();
        Assert.False(await IsOnAsync("changes"));
    }

    private async Task<bool> IsOnAsync(string name) => (await Console.Services.GetRequiredService<UsersCommand>().ListAsync()).Single(u => u.Name == name).HasSecondFactor;

    private static Task<HttpResponseMessage> StepAsync(Visitor visitor, string code) => visitor.SubmitAsync("/sign-in/second?returnUrl=%2Flocks", ("Input.Code", code));

    private static string PathOf(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        var location = answer.Headers.Location!;
        return location.IsAbsoluteUri ? location.PathAndQuery : location.ToString();
    }
}

public sealed class RequiredSecondFactorTests : IAsyncLifetime
{
    private readonly SecondFactorConsole _site = new([("Ops:RequireSecondFactor", "true")]);

    public Task InitializeAsync() => _site.InitializeAsync();

    public Task DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Where_it_is_required_a_person_without_one_only_looks_until_it_is_set_up()
    {
        await _site.Console.UserAsync("chief", OpsRoles.Admin);
        using var visitor = new Visitor(_site.Console.Address);
        using (var signedIn = await visitor.SignInAsync("chief", ConsoleFactory.Password))
            Assert.EndsWith("/account/second-factor", signedIn.Headers.Location!.ToString(), StringComparison.Ordinal);
        using (var denied = await visitor.GetAsync("/users"))
            Assert.Contains("/denied", denied.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Contains(OpsRoles.Viewer, (await visitor.OpenAsync("/account")).Body!.TextContent, StringComparison.Ordinal);

        var (key, _) = await _site.EnrolAsync(visitor);
        await visitor.OpenAsync("/users");
        using var kept = await visitor.SubmitAsync("/account/second-factor", ("Renewal.Code", _site.Code(key)));
        Assert.Null((await visitor.OpenAsync("/account/second-factor")).QuerySelector("[name='End.Code']"));
    }

    [Fact]
    public async Task Where_it_is_required_a_viewer_is_not_held_up()
    {
        await _site.Console.UserAsync("watches", OpsRoles.Viewer);
        using var visitor = new Visitor(_site.Console.Address);
        using var signedIn = await visitor.SignInAsync("watches", ConsoleFactory.Password);
        Assert.Equal("/", new Uri(_site.Console.Address, signedIn.Headers.Location!).PathAndQuery);
        Assert.DoesNotContain("requires a second factor", (await visitor.OpenAsync("/")).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_it_is_required_the_rights_of_a_person_without_one_do_not_count()
    {
        var actors = _site.Console.Services.GetRequiredService<Actors>();
        var plain = await actors.FindAsync(await _site.Console.UserAsync("plain", OpsRoles.Operator));
        Assert.True(plain!.LacksSecondFactor);
        Assert.False(plain.IsOperator);
    }
}
