using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Ops.Testing;

/// <summary>One person at one browser: cookies of its own, one page, and a list of everything that must not happen there.</summary>
public sealed class Visit : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _problems = new();

    private Visit(IBrowserContext context, IPage page, Uri console)
    {
        (_context, Page, Console) = (context, page, console);
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !IsExpected(message.Text))
            {
                _problems.Enqueue($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => _problems.Enqueue($"{page.Url}: {error}");
        page.Response += (_, response) =>
        {
            if (response.Status >= 400 && response.Status != ExpectedStatus)
            {
                _problems.Enqueue($"{response.Status} {response.Url}");
            }
        };
    }

    public IPage Page { get; }

    public Uri Console { get; }

    /// <summary>An HTTP status that this test provokes.</summary>
    public int ExpectedStatus { get; set; }

    /// <summary>Whether the console is stopped on purpose: its pages then say that they cannot reach it.</summary>
    public bool ConsoleMayBeAway { get; set; }

    /// <summary>Refused by the content security policy, not found, failed, thrown: empty when all is well.</summary>
    public IReadOnlyList<string> Problems => [.. _problems];

    public static async Task<Visit> StartAsync(Chromium chromium, Uri console, int width = 1440, int height = 900, bool dark = false)
    {
        var context = await chromium.Browser.NewContextAsync(new()
        {
            BaseURL = console.AbsoluteUri,
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            // Animations only make a test wait.
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(30_000);
        return new Visit(context, await context.NewPageAsync(), console);
    }

    /// <summary>Opens a page and waits until it is alive, not only drawn.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await AliveAsync();
    }

    /// <summary>Waits until the page's circuit answers: before that a click does nothing.</summary>
    public async Task AliveAsync() => await Page.WaitForFunctionAsync("() => document.querySelector('.segments [aria-pressed=true]') !== null");

    /// <summary>Makes the first administrator.</summary>
    public async Task SetUpAsync(Uri link, string name = "admin")
    {
        await Page.GotoAsync(link.AbsoluteUri);
        await Page.GetByLabel("Name").FillAsync(name);
        await Page.GetByLabel("Password", new() { Exact = true }).FillAsync(Password);
        await Page.GetByLabel("Password again").FillAsync(Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Create the administrator" }).ClickAsync();
        await this.AddressAsync($"^{Regex.Escape(new Uri(Console, "/").AbsoluteUri)}$");
    }

    public async Task SignInAsync(string name = "admin", string password = Password)
    {
        if (!new Uri(Page.Url, UriKind.RelativeOrAbsolute).IsAbsoluteUri || !Page.Url.Contains("/sign-in", StringComparison.Ordinal))
        {
            await Page.GotoAsync("/sign-in");
        }

        await Page.GetByLabel("Name").FillAsync(name);
        await Page.GetByLabel("Password").FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private bool IsExpected(string message) =>
        (ExpectedStatus != 0 && message.Contains($"status of {ExpectedStatus}", StringComparison.Ordinal))
        || (ConsoleMayBeAway && (message.Contains("WebSocket", StringComparison.Ordinal) || message.Contains("ERR_CONNECTION_REFUSED", StringComparison.Ordinal)
            || message.Contains("connection", StringComparison.OrdinalIgnoreCase)));
}
