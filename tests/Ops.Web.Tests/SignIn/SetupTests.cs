using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;

namespace Ops.Web.Tests.SignIn;

public sealed class SetupTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new();

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task The_link_makes_one_administrator_signs_them_in_and_works_only_once()
    {
        var link = await LinkAsync();
        using var first = new Visitor(_console.Address);
        using var made = await first.SubmitAsync(link, ("Input.Name", "root"), ("Input.Password", ConsoleFactory.Password), ("Input.Again", ConsoleFactory.Password));
        Assert.Equal((HttpStatusCode.Redirect, "/"), (made.StatusCode, made.Headers.Location!.ToString().Replace(_console.Address.ToString(), "/", StringComparison.Ordinal)));
        using var home = await first.GetAsync("/hosts");
        Assert.Equal(HttpStatusCode.OK, home.StatusCode);

        using var second = new Visitor(_console.Address);
        Assert.Empty((await second.OpenAsync(link)).QuerySelectorAll("form"));

        var audit = await _console.AuditAsync();
        Assert.Single(audit, e => e is { Action: AuditActions.Setup, Actor: "root" });
    }

    [Fact]
    public async Task A_wrong_link_creates_no_user()
    {
        await LinkAsync();
        using var visitor = new Visitor(_console.Address);
        using var answer = await visitor.SubmitAsync(
            "/setup?token=opss_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ("Input.Name", "root"), ("Input.Password", ConsoleFactory.Password), ("Input.Again", ConsoleFactory.Password));

        Assert.Contains("not valid", (await Visitor.ReadAsync(answer)).QuerySelector("[role=alert]")!.TextContent);
        await using var scope = _console.Services.CreateAsyncScope();
        Assert.True(await scope.ServiceProvider.GetRequiredService<FirstAdministrator>().IsNeededAsync());
    }

    [Fact]
    public async Task A_weak_password_is_refused_and_the_link_stays_good()
    {
        var link = await LinkAsync();
        using var visitor = new Visitor(_console.Address);
        using var weak = await visitor.SubmitAsync(link, ("Input.Name", "root"), ("Input.Password", "short"), ("Input.Again", "short"));
        Assert.NotNull((await Visitor.ReadAsync(weak)).QuerySelector("[role=alert]"));

        using var good = await visitor.SubmitAsync(link, ("Input.Name", "root"), ("Input.Password", ConsoleFactory.Password), ("Input.Again", ConsoleFactory.Password));
        Assert.Equal(HttpStatusCode.Redirect, good.StatusCode);
    }

    [Fact]
    public async Task Until_there_is_an_administrator_the_sign_in_page_says_where_the_link_is()
    {
        using var visitor = new Visitor(_console.Address);
        var page = await visitor.OpenAsync("/sign-in");
        Assert.Contains("setup link", page.Body!.TextContent);
        Assert.Empty(page.QuerySelectorAll("input[type=password]"));
    }

    private async Task<string> LinkAsync()
    {
        // The console makes a link of its own once it listens, which ends every earlier one: ours must be the later.
        await Wait.Until(async () => (await _console.AuditAsync()).Any(e => e.Action == AuditActions.SetupLink));
        await using var scope = _console.Services.CreateAsyncScope();
        return "/setup?token=" + await scope.ServiceProvider.GetRequiredService<FirstAdministrator>().CreateTokenAsync();
    }
}
