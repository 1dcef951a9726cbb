using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Ops.Contracts;
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
        AgentIdentity? identity = null;
        // The kernel names us there: no token and no certificate.
        var isLocal = consoles.Count > 0 && consoles.All(LocalSocket.Is);
        if (string.IsNullOrWhiteSpace(token) && tokenFile is null && !isLocal)
        {
            try
            {
                identity = AgentIdentity.Load(settings.StateDirectory, TimeProvider.System);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                terminal.Remark("ops: " + FilePath.Escape(e.Message));
                return ExitCode.Failed;
            }
            if (identity is null)
            {
                terminal.Remark($"ops: this host has not joined, and there is no token: let it join (ops agent join), or give --token-file FILE, {TokenVariable} or --token. Create a token on the console's Hosts page.");
                return ExitCode.Usage;
            }
            if (consoles.Find(c => c.Scheme != "https" && !LocalSocket.Is(c)) is { } plain)
            {
                terminal.Remark(FilePath.Escape($"ops: {plain} is not encrypted: an agent that has joined connects with its certificate, over https only."));
                return ExitCode.Usage;
            }
            if (consoles.Count == 0)
                consoles.AddRange(identity.Consoles);
        }
        else if (consoles.Count == 0)
        {
            terminal.Remark("ops: no console: give --console URL, or let this host join (ops agent join) and give no token.");
            return ExitCode.Usage;
        }
        else if (JoinToken.LooksLike(token ?? ""))
        {
            terminal.Remark("ops: this token is for joining: ops agent join URL --token-file FILE, then ops agent without a token.");
            return ExitCode.Usage;
        }

        using var owned = identity;
        using var logs = LoggerFactory.Create(b => (logsJson
            ? b.AddJsonConsole(o => { o.UseUtcTimestamp = true; o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ"; })
            : b.AddSimpleConsole(o => { o.SingleLine = true; o.TimestampFormat = "yyyy-MM-ddTHH:mm:sszzz "; }))
            .AddFilter("Microsoft", LogLevel.Warning));
        using var engine = new AgentEngine(settings, TimeProvider.System, logs.CreateLogger<AgentEngine>());
        var uplink = new Uplink(
            engine, settings, new UplinkOptions(consoles, async cancel => await TokenAsync(token, tokenFile, cancel)) { Identity = identity }, TimeProvider.System, logs.CreateLogger<Uplink>());
        if (identity is null && !isLocal)
            logs.CreateLogger<Uplink>().TokenIsOld();
        engine.ServeAudits();
        engine.MeasureProcess();
        NotifyServiceManager();
        try
        {
            await Task.WhenAll(uplink.RunAsync(stop), identity?.KeepAsync(logs.CreateLogger<Uplink>(), stop) ?? Task.CompletedTask);
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
    internal static Uri WithSlash(Uri console) => LocalSocket.Is(console) || console.AbsolutePath.EndsWith('/') ? console : new Uri(console.AbsoluteUri + "/");

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
