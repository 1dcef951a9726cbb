using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Connections.Client;
using Ops.Linux;

namespace Ops.Agent;

/// <summary>The way between agent and console on one machine: a Unix socket on which the kernel names each to the other, so that no token is needed.</summary>
public static class LocalSocket
{
    /// <summary>As in <c>--console unix:/run/mailstore-ops-console/agent.sock</c>.</summary>
    public const string Scheme = "unix";

    /// <summary>What the agent asks for; a name is needed, but none is looked up.</summary>
    internal static Uri Address { get; } = new("http://localhost/");

    /// <summary>For the console: whether the process at the other end may speak for this host without a token.</summary>
    public static bool MayJoin(Socket connection) => LocalPeer.MaySpeakForHost(LocalPeer.UserOf(connection));

    /// <summary>For the console: why it may not make its socket at this path; null when it may.</summary>
    public static string? ProblemOfPlace(string path) => LocalPeer.ProblemOfPlace(path);

    internal static bool Is(Uri console) => console.Scheme == Scheme;

    /// <summary>Leads all connections of a hub through the socket.</summary>
    internal static void Use(HttpConnectionOptions http, string path)
    {
        http.HttpMessageHandlerFactory = _ => Handler(path);
        http.WebSocketFactory = async (context, stop) =>
        {
            var socket = new ClientWebSocket();
            socket.Options.KeepAliveInterval = socket.Options.KeepAliveTimeout = Uplink.KeepAlive;
            using var invoker = new HttpMessageInvoker(Handler(path));
            await socket.ConnectAsync(context.Uri, invoker, stop);
            return socket;
        };
    }

    private static SocketsHttpHandler Handler(string path) => new()
    {
        UseProxy = false,
        ConnectCallback = async (_, stop) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                if (LocalPeer.ProblemOfListener(path, LocalPeer.UserOf(socket)) is { } problem)
                    throw new IOException(problem);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
