using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ops.Demo;

/// <summary>
/// Links that open the console signed in. The door signs in as a person would, with the sign-in form, and hands the session's cookie to the browser: cookies belong to a host name, not to a
/// port. The console has no way in without a password, and needs none for this.
/// </summary>
internal sealed partial class Door(WebApplication app, Uri address) : IAsyncDisposable
{
    public string Link(string account) => new Uri(address, account).AbsoluteUri;

    public static async Task<Door> OpenAsync(DemoSite site)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var address = new Uri($"http://127.0.0.1:{site.Console.Address.Port + 1}");
        builder.WebHost.UseUrls(address.GetLeftPart(UriPartial.Authority));
        var app = builder.Build();
        foreach (var account in new[] { DemoAccounts.Operator, DemoAccounts.Viewer })
        {
            app.MapGet("/" + account, async http =>
            {
                foreach (var cookie in await SignInAsync(site.Console.Address, account, site.Accounts.PasswordOf(account)))
                    http.Response.Headers.Append("Set-Cookie", cookie);
                http.Response.Redirect(site.Console.Address.AbsoluteUri);
            });
        }
        await app.StartAsync();
        return new Door(app, address);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    /// <summary>The cookies of a new session, as the console sets them.</summary>
    private static async Task<IReadOnlyList<string>> SignInAsync(Uri console, string name, string password)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
        using var client = new HttpClient(handler) { BaseAddress = console };
        var page = await client.GetStringAsync(new Uri("/sign-in", UriKind.Relative));
        var fields = HiddenField().Matches(page).ToDictionary(m => m.Groups["name"].Value, m => WebUtility.HtmlDecode(m.Groups["value"].Value));
        (fields["Input.Name"], fields["Input.Password"]) = (name, password);
        using var form = new FormUrlEncodedContent(fields);
        using var answer = await client.PostAsync(new Uri("/sign-in", UriKind.Relative), form);
        return answer.StatusCode == HttpStatusCode.Found && answer.Headers.TryGetValues("Set-Cookie", out var cookies)
            ? [.. cookies] : throw new InvalidOperationException($"The console did not sign {name} in: {answer.StatusCode}");
    }

    [GeneratedRegex("""<input type="hidden" name="(?<name>[^"]+)" value="(?<value>[^"]*)"\s*/?>""")]
    private static partial Regex HiddenField();
}
