using Microsoft.Playwright;

namespace Ops.Testing;

/// <summary>The distribution's Chromium, driven by Playwright; nothing is downloaded, and nothing but loopback can be reached.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, Browser) = (playwright, browser);

    /// <summary>Another one can be named with <c>OPS_CHROMIUM</c>.</summary>
    public static string Executable => Environment.GetEnvironmentVariable("OPS_CHROMIUM") ?? "/usr/bin/chromium";

    public IBrowser Browser { get; }

    public static async Task<Chromium> StartAsync()
    {
        // Generous: whatever must be quick is measured and asserted by itself.
        Assertions.SetDefaultExpectTimeout(30_000);
        var playwright = await Playwright.CreateAsync();
        return new Chromium(playwright, await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Executable,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
    }
}
