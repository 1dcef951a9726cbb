using System.Net;
using AngleSharp.Html.Parser;

namespace Ops.Web.Tests;

/// <summary>What a browser loads with a page.</summary>
public sealed class AssetTests : IAsyncLifetime, IDisposable
{
    // The whole first visit; an administrator opens the console over a slow line as well.
    private const long MostBytes = 250_000;

    private readonly ConsoleFactory _console = new();

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        await _console.UserAsync("anna", Ops.Data.OpsRoles.Admin);
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task Style_sheets_and_scripts_come_compressed_and_pages_do_not()
    {
        using var visitor = new Visitor(_console.Address);
        (await visitor.SignInAsync("anna", ConsoleFactory.Password)).Dispose();
        using var page = await visitor.GetAsync("/locks");
        Assert.Empty(page.Content.Headers.ContentEncoding);
        var document = await new HtmlParser().ParseDocumentAsync(await page.Content.ReadAsStringAsync());
        string[] addresses = [.. document.QuerySelectorAll("link[rel=stylesheet]").Select(l => l.GetAttribute("href")!), .. document.QuerySelectorAll("script[src]").Select(s => s.GetAttribute("src")!)];
        Assert.True(addresses.Length >= 5, string.Join(", ", addresses));

        // A handler of its own: the visitor's would unpack what it gets.
        using var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None };
        using var http = new HttpClient(handler) { BaseAddress = _console.Address };
        var sum = 0L;
        foreach (var address in addresses)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_console.Address, address));
            request.Headers.AcceptEncoding.ParseAdd("gzip, br");
            using var answer = await http.SendAsync(request);
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            Assert.True(answer.IsSuccessStatusCode, address);
            Assert.True(answer.Content.Headers.ContentEncoding.Count == 1 || bytes.Length < 2_000, $"{address}: {bytes.Length} bytes, not compressed");
            sum += bytes.Length;
        }

        Assert.True(sum < MostBytes, $"{sum} bytes");
    }
}
