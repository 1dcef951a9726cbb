using Ops.Testing;

namespace Ops.Demo;

/// <summary>The store, the processes that work on it, and the console that shows it. All of it ends and goes with the demo.</summary>
internal sealed class DemoSite : IAsyncDisposable
{
    private readonly Scratch _data = new("mail-demo-");

    private DemoSite() => Store = new DemoStore(_data.Sub("mail"), _data.Path);

    public DemoStore Store { get; }

    public DemoAccounts Accounts { get; } = new();

    public ConsoleProcess Console { get; private set; } = null!;

    /// <param name="port">Port of loopback; null for one that is free.</param>
    public static async Task<DemoSite> StartAsync(int? port)
    {
        var site = new DemoSite();
        try
        {
            site.Store.Fill();
            await site.Accounts.CreateAsync(site._data.Sub("data"));
            site.Console = await ConsoleProcess.StartAsync(site._data.Sub("data"), site.Store.Policy, port, "--Ops:HostName", "mail1");
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Console is not null)
            await Console.DisposeAsync();
        Store.Dispose();
        _data.Dispose();
    }
}
