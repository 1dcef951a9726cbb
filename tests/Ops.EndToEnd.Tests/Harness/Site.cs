namespace Ops.Testing;

/// <summary>A mail store, the console that looks after it, and its data; all of it goes with the test.</summary>
public sealed class Site : IAsyncDisposable
{
    private readonly Scratch _data = new();

    private Site(MailStore store) => Store = store;

    public MailStore Store { get; }

    public ConsoleProcess Console { get; private set; } = null!;

    /// <param name="withAgent">Whether the console has the agent of this host inside.</param>
    public static async Task<Site> StartAsync(bool withAgent = true, params string[] mailboxes)
    {
        var site = new Site(new MailStore("store", mailboxes));
        try
        {
            site.Console = await ConsoleProcess.StartAsync(site._data.Sub("data"), withAgent ? site.Store.Policy : null);
            return site;
        }
        catch
        {
            site.DisposeFiles();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Console.DisposeAsync();
        DisposeFiles();
    }

    private void DisposeFiles()
    {
        Store.Dispose();
        _data.Dispose();
    }
}
