using System.Net;
using Ops.Data;
using Ops.Web.Live;
using Ops.Web.Live.Joining;

namespace Ops.Web;

/// <summary>What the console says once it is up: where it listens and, while there is no administrator, the setup link.</summary>
internal static partial class Welcome
{
    /// <summary>The secret of the setup link; null when there is an administrator.</summary>
    public static async Task<string?> SetupTokenAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<FirstAdministrator>().CreateTokenAsync();
    }

    public static void Say(IServiceProvider services, string? setupToken, ICollection<string> addresses, string dataDirectory, bool runsAgent)
    {
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Ops.Web");
        log.KeepsData(dataDirectory);
        var endpoint = services.GetRequiredService<AgentEndpoint>().Address;
        addresses = [.. addresses.Where(a => a != endpoint)];
        if (endpoint is not null)
            log.ExpectsAgents(endpoint);
        foreach (var address in addresses)
        {
            log.Listens(address);
            if (address.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !IsThisMachine(address))
                log.ListensInTheClear(address);
        }
        if (runsAgent && Environment.IsPrivilegedProcess)
            log.RunsAsRoot();
        if (setupToken is { } token)
        {
            // Not a log message: logs are shipped to places where a secret does not belong.
            Console.WriteLine($"""

                There is no administrator yet. Open this link once to make one (good for {FirstAdministrator.LinkLifetime.TotalHours:0} hours):

                  {addresses.FirstOrDefault(a => !LocalAgents.IsSocket(a))?.TrimEnd('/').Replace("://[::]", "://localhost", StringComparison.Ordinal).Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal)}/setup?token={Uri.EscapeDataString(token)}

                """);
        }
    }

    private static bool IsThisMachine(string address) =>
        LocalAgents.IsSocket(address)
        || (Uri.TryCreate(address, UriKind.Absolute, out var url) && (url.IsLoopback || (IPAddress.TryParse(url.DnsSafeHost, out var ip) && IPAddress.IsLoopback(ip))));

    [LoggerMessage(EventId = 2301, Level = LogLevel.Information, Message = "The console listens on {Address}")]
    private static partial void Listens(this ILogger logger, string address);

    [LoggerMessage(EventId = 2304, Level = LogLevel.Information, Message = "Agents join and connect at {Address}")]
    private static partial void ExpectsAgents(this ILogger logger, string address);

    [LoggerMessage(EventId = 2302, Level = LogLevel.Information, Message = "Database, audit anchor and keys are in {Directory}")]
    private static partial void KeepsData(this ILogger logger, string directory);

    [LoggerMessage(EventId = 2303, Level = LogLevel.Warning, Message = "{Address} can be reached from other machines without encryption; put a TLS proxy in front of it or configure Kestrel:Endpoints with a certificate")]
    private static partial void ListensInTheClear(this ILogger logger, string address);

    [LoggerMessage(EventId = 2305, Level = LogLevel.Warning, Message = "The console runs as root with this host's agent inside: an attacker who breaks into the console has root. On a host that serves users, run the agent apart (docs/install.md)")]
    private static partial void RunsAsRoot(this ILogger logger);
}
