using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops agent</c>: the daemon that serves a remote console.</summary>
internal static class AgentCommand
{
    /// <summary>Environment variable that holds the token, for service managers that keep secrets out of the command line.</summary>
    public const string TokenVariable = "OPS_TOKEN";

    public static async Task<int> RunAsync(
        AgentSettings settings, Terminal terminal, IReadOnlyList<string> addresses, string? token, string? tokenFile, bool allowHttp, bool logsJson, CancellationToken stop)
    {
        List<Uri> consoles = [];
        foreach (var address in addresses)
        {
            var problem = Uri.TryCreate(address, UriKind.Absolute, out var console) ? UplinkOptions.Problem(console, allowHttp) : $"{address} is not an absolute address";
            if (problem is not null)
            {
                terminal.Remark("ops: " + FilePath.Escape(problem));
                return ExitCode.Usage;
            }
            consoles.Add(WithSlash(console!));
        }
        token ??= Environment.GetEnvironmentVariable(TokenVariable);
        if (string.IsNullOrWhiteSpace(token) && tokenFile is null)
        {
            terminal.Remark($"ops: no token: give --token-file FILE, {TokenVariable} or --token. Create a token on the console's Hosts page.");
            return ExitCode.Usage;
        }

        using var logs = LoggerFactory.Create(b => (logsJson
            ? b.AddJsonConsole(o => { o.UseUtcTimestamp = true; o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ"; })
            : b.AddSimpleConsole(o => { o.SingleLine = true; o.TimestampFormat = "yyyy-MM-ddTHH:mm:sszzz "; }))
            .AddFilter("Microsoft", LogLevel.Warning));
        using var engine = new AgentEngine(settings, TimeProvider.System, logs.CreateLogger<AgentEngine>());
        var uplink = new Uplink(
            engine, settings, new UplinkOptions(consoles, async cancel => await TokenAsync(token, tokenFile, cancel)), TimeProvider.System, logs.CreateLogger<Uplink>());
        engine.ServeAudits();
        engine.MeasureProcess();
        NotifyServiceManager();
        try
        {
            await uplink.RunAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop: an ordinary end.
        }
        return ExitCode.Done;
    }

    private static async Task<string?> TokenAsync(string? token, string? file, CancellationToken cancel) =>
        file is null ? token!.Trim() : (await File.ReadAllTextAsync(file, cancel)).Trim();

    // "https://host/ops" means the console under that path, not next to it.
    private static Uri WithSlash(Uri console) => console.AbsolutePath.EndsWith('/') ? console : new Uri(console.AbsoluteUri + "/");

    /// <summary>Notifies systemd (Type=notify) that the agent is up; the console may well be down.</summary>
    private static void NotifyServiceManager()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo("READY=1"u8, new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        }
        catch (SocketException)
        {
            // No service manager listens.
        }
    }
}
