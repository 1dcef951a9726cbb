using Microsoft.Extensions.Logging;

namespace Ops.Cluster.Silos;

internal static partial class ClusterLog
{
    [LoggerMessage(EventId = 2601, Level = LogLevel.Error, Message = "A message '{Kind}' of console {From} could not be handled")]
    public static partial void MessageFailed(this ILogger logger, string kind, string from, Exception error);

    [LoggerMessage(EventId = 2603, Level = LogLevel.Error, Message = "A message '{Kind}' that names console {From} as its sender was turned away: no console of this fleet made it")]
    public static partial void MessageNotAuthentic(this ILogger logger, string kind, string from);

    [LoggerMessage(EventId = 2602, Level = LogLevel.Information, Message = "The consoles of this fleet are now: {Consoles}")]
    public static partial void ConsolesChanged(this ILogger logger, string consoles);

    [LoggerMessage(EventId = 2604, Level = LogLevel.Warning, Message = "Ops:Cluster:Tls is off: any program that reaches port {Port} can pass for a console. Let only the consoles reach it")]
    public static partial void PortIsOpen(this ILogger logger, int port);
}
