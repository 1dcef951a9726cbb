using System.Net;
using Ops.Data;

namespace Ops.Web.Tests.SignIn;

/// <summary>What anyone who can reach the sign-in page can do to those who use it.</summary>
public sealed class SignInFloodTests : IAsyncLifetime, IDisposable
{
    private static readonly IPAddress Attacker = IPAddress.Parse("127.0.0.66");

    private readonly ConsoleFactory _console = new();

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        await _console.UserAsync("anna", OpsRoles.Operator);
        await _console.UserAsync("first-admin", OpsRoles.Admin);
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Wrong_guesses_from_another_address_lock_no_user_out()
    {
        using (var attacker = new Visitor(_console.Address, Attacker))
            await GuessAsync(attacker, 8);

        using var anna = new Visitor(_console.Address);
        using var answer = await anna.SignInAsync("anna", ConsoleFactory.Password);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Fact]
    public async Task Guesses_from_many_addresses_shut_new_browsers_out_but_not_the_one_that_signed_in_before()
    {
        using var known = new Visitor(_console.Address);
        using (var before = await known.SignInAsync("anna", ConsoleFactory.Password))
            Assert.Equal(HttpStatusCode.Redirect, before.StatusCode);
        using (var left = await known.SubmitFormAsync("/account", "form[action='/sign-out']"))
            Assert.Equal(HttpStatusCode.Redirect, left.StatusCode);

        for (var i = 1; i <= 12; i++)
        {
            using var attacker = new Visitor(_console.Address, IPAddress.Parse($"127.0.1.{i}"));
            await GuessAsync(attacker, 5);
        }

        using var fresh = new Visitor(_console.Address, IPAddress.Parse("127.0.2.1"));
        using (var refused = await fresh.SignInAsync("anna", ConsoleFactory.Password))
            Assert.Equal(HttpStatusCode.OK, refused.StatusCode);
        using var answer = await known.SignInAsync("anna", ConsoleFactory.Password);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Fact]
    public async Task A_known_browser_that_guesses_is_locked_like_any_other()
    {
        using var known = new Visitor(_console.Address);
        using (var before = await known.SignInAsync("anna", ConsoleFactory.Password))
            Assert.Equal(HttpStatusCode.Redirect, before.StatusCode);
        using (await known.SubmitFormAsync("/account", "form[action='/sign-out']"))
        {
        }

        await GuessAsync(known, 5);
        using var answer = await known.SignInAsync("anna", ConsoleFactory.Password);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Opening_the_sign_in_page_often_does_not_shut_it()
    {
        using var visitor = new Visitor(_console.Address);
        for (var i = 0; i < 80; i++)
        {
            using var page = await visitor.GetAsync(i % 2 == 0 ? "/sign-in" : "/setup?token=x");
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        }
        using var answer = await visitor.SignInAsync("anna", ConsoleFactory.Password);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Fact]
    public async Task More_than_sixty_attempts_a_minute_from_one_address_are_turned_away_and_other_addresses_go_on()
    {
        using (var attacker = new Visitor(_console.Address, Attacker))
        {
            HttpStatusCode last = default;
            for (var i = 0; i < 61; i++)
            {
                using var answer = await attacker.PostAsync("/sign-in");
                last = answer.StatusCode;
            }
            Assert.Equal(HttpStatusCode.TooManyRequests, last);
        }

        using var anna = new Visitor(_console.Address);
        using var signedIn = await anna.SignInAsync("anna", ConsoleFactory.Password);
        Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
    }

    private static async Task GuessAsync(Visitor visitor, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var answer = await visitor.SignInAsync("anna", "not the password");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }
}
