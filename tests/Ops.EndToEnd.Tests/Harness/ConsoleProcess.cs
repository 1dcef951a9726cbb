using System.Net;
using System.Net.Sockets;

namespace Ops.Testing;

/// <summary>The console as an administrator starts it: a process of its own, its agent inside, a data directory, a port of loopback.</summary>
public sealed class ConsoleProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);
    private readonly string _dataDirectory;
    private readonly string? _policy;
    private readonly string[] _options;
    private ChildProcess _process;

    private ConsoleProcess(ChildProcess process, Uri address, string dataDirectory, string? policy, string[] options) =>
        (_process, Address, _dataDirectory, _policy, _options) = (process, address, dataDirectory, policy, options);

    public Uri Address { get; }

    public int Pid => _process.Pid;

    public string Log => _process.Log;

    /// <param name="policy">Policy file of the agent inside; null: no agent inside.</param>
    /// <param name="port">Port of loopback; null for one that is free.</param>
    /// <param name="options">Further options of the console.</param>
    public static async Task<ConsoleProcess> StartAsync(string dataDirectory, string? policy, int? port = null, params string[] options)
    {
        // Not port 0: after a restart it must be the same.
        var address = new Uri($"http://127.0.0.1:{port ?? FreePort()}");
        var console = new ConsoleProcess(Launch(address, dataDirectory, policy, options), address, dataDirectory, policy, options);
        try
        {
            await console.ListensAsync();
            return console;
        }
        catch
        {
            console.Stop();
            throw;
        }
    }

    /// <summary>The one-time link that it printed.</summary>
    public async Task<Uri> SetupLinkAsync() =>
        new(await _process.LineAsync(line => line.Contains("/setup?token=", StringComparison.Ordinal) ? line.Trim() : null, StartsWithin));

    /// <summary>Ends it as a crash would, and starts it again on the same data and port.</summary>
    public async Task RestartAsync()
    {
        Stop();
        _process = Launch(Address, _dataDirectory, _policy, _options);
        await ListensAsync();
    }

    public void Stop() => _process.Dispose();

    public ValueTask DisposeAsync()
    {
        Stop();
        return ValueTask.CompletedTask;
    }

    private static ChildProcess Launch(Uri address, string dataDirectory, string? policy, string[] options) => ChildProcess.Start(Built.Console,
    [
        "--data", dataDirectory, "--urls", address.GetLeftPart(UriPartial.Authority), "--Ops:EmbeddedAgent", policy is null ? "false" : "true",
        .. policy is null ? [] : (string[])["--Ops:PolicyFile", policy],
        // The shortest that is allowed: a lost host must show.
        "--Ops:HostLostAfter", "00:00:10",
        .. options,
    ]);

    /// <summary>A port of loopback that nothing listens at.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task<string> ListensAsync() => _process.LineAsync($"listens on {Address.GetLeftPart(UriPartial.Authority)}", StartsWithin);
}
