using System.Net;
using AngleSharp.Html.Dom;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using OtpNet;

namespace Ops.Web.Tests.SignIn;

/// <summary>A console whose clock a test can set forward, and people with authenticator apps.</summary>
public sealed class SecondFactorConsole : IAsyncLifetime
{
    private readonly ShiftedClock _clock = new();

    public SecondFactorConsole()
        : this([])
    {
    }

    internal SecondFactorConsole(IReadOnlyList<(string Name, string Value)> settings) =>
        Console = new() { Settings = settings, Instead = services => services.AddSingleton<TimeProvider>(_clock) };

    public ConsoleFactory Console { get; }

    public async Task InitializeAsync()
    {
        await Console.InitializeAsync();
        // Without an administrator the sign-in page shows no form.
        await Console.UserAsync("first-admin", OpsRoles.Admin);
    }

    public Task DisposeAsync() => ((IAsyncLifetime)Console).DisposeAsync();

    public void Pass(TimeSpan time) => _clock.Pass(time);

    /// <summary>What the app shows now.</summary>
    public string Code(string key) => new Totp(Base32Encoding.ToBytes(key)).ComputeTotp(_clock.GetUtcNow().UtcDateTime);

    /// <summary>A code that is not right at any time near now.</summary>
    public string WrongCode(string key)
    {
        List<string> right = [.. Enumerable.Range(-5, 11).Select(i => new Totp(Base32Encoding.ToBytes(key)).ComputeTotp(_clock.GetUtcNow().UtcDateTime.AddSeconds(30 * i)))];
        return Enumerable.Range(0, 20).Select(i => i.ToString("D6", System.Globalization.CultureInfo.InvariantCulture)).First(c => !right.Contains(c));
    }

    internal async Task<Visitor> VisitorAsync(string name, string role)
    {
        await Console.UserAsync(name, role);
        var visitor = new Visitor(Console.Address);
        (await visitor.SignInAsync(name, ConsoleFactory.Password)).Dispose();
        return visitor;
    }

    /// <summary>Turns the second factor on and lets the code that did it pass.</summary>
    internal async Task<(string Key, IReadOnlyList<string> Codes)> EnrolAsync(Visitor visitor)
    {
        var (answer, key) = await SendOfferAsync(visitor, Code, ConsoleFactory.Password);
        using (answer)
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var codes = CodesOn(await Visitor.ReadAsync(answer));
            Pass(TimeSpan.FromMinutes(2));
            return (key, codes);
        }
    }

    /// <summary>Opens the page, reads its key, and sends the form that came with it.</summary>
    internal static async Task<(HttpResponseMessage Answer, string Key)> SendOfferAsync(Visitor visitor, Func<string, string> code, string password)
    {
        var page = await visitor.OpenAsync("/account/second-factor");
        var key = KeyOn(page);
        return (await visitor.SendAsync(page, "/account/second-factor", "form:has([name='Start.Code'])", ("Start.Code", code(key)), ("Start.Password", password)), key);
    }

    internal static string KeyOn(IHtmlDocument page) => string.Concat(page.QuerySelector(".secret")!.TextContent.Where(c => !char.IsWhiteSpace(c)));

    internal static IReadOnlyList<string> CodesOn(IHtmlDocument page) => [.. page.QuerySelectorAll(".recovery-codes li").Select(l => l.TextContent)];
}
