using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Ops.Testing;

namespace Ops.EndToEnd.Tests;

/// <summary>The demo of <c>build/demo.sh</c>: it shows something of everything, signs visitors in, and leaves nothing behind.</summary>
[Collection(Browsers.Name)]
public sealed class DemoTests(BrowserFixture browser)
{
    private static readonly string Program = typeof(DemoTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Ops.Demo").Value!;

    [Fact]
    public async Task The_demo_opens_signed_in_shows_every_situation_and_goes_without_a_trace()
    {
        var port = ConsoleProcess.FreePort();
        using var demo = ChildProcess.Start(Program, ["--port", port.ToString(CultureInfo.InvariantCulture)]);
        string store;
        try
        {
            var link = await demo.LineAsync(l => l.Contains("/operator", StringComparison.Ordinal) ? l.Trim().Split(' ')[0] : null, TimeSpan.FromSeconds(300));
            store = await demo.LineAsync(l => l.StartsWith("The mail store is ", StringComparison.Ordinal) ? l.Split(' ', ';')[4] : null, TimeSpan.FromSeconds(10));
            await using var visit = await Visit.StartAsync(browser.Chromium, new Uri($"http://127.0.0.1:{port}"));
            await visit.Page.GotoAsync(link);
            await visit.AliveAsync();
            await visit.GoAsync("/leftovers");
            foreach (var (path, verdict) in new[] { ("/alice.lock", "Stale"), ("/bob.lock", "Held"), ("/judith.lock", "Refused"), ("-1", "Orphan, linked"), ("-2", "Orphan"), ("/hanna", "Waiting") })
                await visit.VerdictAsync(path, verdict);
            await visit.GoAsync("/locks");
            await visit.VerdictAsync("/mail/gustav", "Ghost write");
            Assert.Empty(visit.Problems);
        }
        finally
        {
            // As Ctrl-C does: killed, it could not end what it started.
            using var term = Process.Start("kill", ["-TERM", demo.Pid.ToString(CultureInfo.InvariantCulture)]);
            await demo.EndedAsync(TimeSpan.FromSeconds(60));
        }
        Assert.Equal(0, demo.ExitCode);
        Assert.False(Directory.Exists(store));
    }
}
