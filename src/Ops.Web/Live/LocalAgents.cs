using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Ops.Web.Live;

/// <summary>The Unix socket of this machine's own agent: the kernel says which user is at its other end, so no token has to be made, copied or kept.</summary>
/// <param name="path">Null: there is none.</param>
/// <param name="mayJoin">Whether the process at the other end may speak for this host.</param>
internal sealed class LocalAgents(string? path, Func<Socket, bool> mayJoin)
{
    /// <summary>Where a host comes from that has no token; no token can have this label.</summary>
    public const string Origin = "this machine";

    private const string AddressStart = "http://unix:";

    // What fits into the address of a Unix socket, with the zero at its end.
    private const int LongestPath = 107;

    /// <summary>What is wrong with a path; null when it is good.</summary>
    public static string? Problem(string path) =>
        !Path.IsPathFullyQualified(path) ? "must be an absolute path."
        : System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath ? $"must have at most {LongestPath} bytes."
        // Kestrel would listen at a part of it, and there the socket would be one like any other, with all pages.
        : path.Contains(';') || BindingAddress.Parse(AddressOf(path)) is not { PathBase: "" } address || address.UnixPipePath != path ? "must be a path without ; and : and without a slash at its end."
        : null;

    public static bool IsSocket(string address) => address.StartsWith(AddressStart, StringComparison.OrdinalIgnoreCase);

    public static string AddressOf(string path) => AddressStart + path;

    /// <summary>Whether a request came through the socket.</summary>
    public bool CameThrough(HttpContext http) => SocketOf(http) is not null;

    /// <summary>Whether it also came from a process that may speak for this host.</summary>
    public bool Joins(HttpContext http) => SocketOf(http) is { } socket && mayJoin(socket);

    // Not any Unix socket: a proxy that runs as root may pass requests of strangers through another one.
    private Socket? SocketOf(HttpContext http) =>
        path is not null && http.Features.Get<IConnectionSocketFeature>()?.Socket is { LocalEndPoint: UnixDomainSocketEndPoint end } socket && end.ToString() == path ? socket : null;
}

internal static class LocalAgentsSetup
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Listens at the socket too, if there is to be one. After the other addresses are settled.</summary>
    public static void AddLocalAgents(this WebApplicationBuilder builder, string? path, Func<Socket, bool> mayJoin, Func<string, string?> problemOfPlace)
    {
        builder.Services.AddSingleton(new LocalAgents(path, mayJoin));
        if (path is null)
            return;
        var settings = builder.Configuration;
        if (settings.GetSection("Kestrel:Endpoints").Exists())
            settings["Kestrel:Endpoints:LocalAgents:Url"] = LocalAgents.AddressOf(path);
        else
            builder.WebHost.UseUrls([.. AgentDoors.PageAddresses(settings), LocalAgents.AddressOf(path)]);
        builder.Services.Configure<SocketTransportOptions>(o => o.CreateBoundListenSocket = end =>
        {
            if (end is not UnixDomainSocketEndPoint || end.ToString() != path)
                return SocketTransportOptions.CreateDefaultBoundListenSocket(end);
            RemoveLeftover(path, problemOfPlace);
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(end);
            // Between bind and listen: no process can have connected yet.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, OwnerOnly);
            return socket;
        });
    }

    /// <summary>Through the socket there is the hub and nothing else.</summary>
    public static void GuardLocalAgents(this IApplicationBuilder app) =>
        app.AnswerOnly(app.ApplicationServices.GetRequiredService<LocalAgents>().CameThrough, AgentHub.Address);

    // What a console that was killed left. No other user can put anything there between the look and the removal: that, too, was looked at.
    private static void RemoveLeftover(string path, Func<string, string?> problemOfPlace)
    {
        if (problemOfPlace(path) is { } problem)
            throw new AgentSocketException($"Ops:AgentSocket: {problem}.");
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new AgentSocketException($"Ops:AgentSocket: {path} does not answer: {e.Message}.", e);
        }
        throw new AgentSocketException($"Ops:AgentSocket: a program listens at {path} already.");
    }
}

/// <summary>The console cannot listen at the socket that its configuration names. The message is for the person who starts it.</summary>
internal sealed class AgentSocketException(string message, Exception? inner = null) : Exception(message, inner);
