namespace Ops.Web.Live;

internal static partial class LiveLog
{
    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Agent of {HostName} (version {Version}, {Origin}) is connected")]
    public static partial void AgentSaidHello(this ILogger logger, string hostName, string version, string origin);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Debug, Message = "{HostName}: {Count} findings, complete up to change {Sequence}")]
    public static partial void SnapshotTaken(this ILogger logger, string hostName, int count, long sequence);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message = "{HostName}: asked for a new snapshot, because {Why}")]
    public static partial void AskedForResync(this ILogger logger, string hostName, string why);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Warning, Message = "{HostName}: could not ask for a new snapshot: {Error}")]
    public static partial void ResyncFailed(this ILogger logger, string hostName, string error);

    [LoggerMessage(EventId = 2005, Level = LogLevel.Warning, Message = "{HostName} is lost: nothing heard for {Silence}")]
    public static partial void HostLost(this ILogger logger, string hostName, TimeSpan silence);

    [LoggerMessage(EventId = 2006, Level = LogLevel.Information, Message = "{HostName} is heard again")]
    public static partial void HostHeardAgain(this ILogger logger, string hostName);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Information, Message = "Agent of {HostName} is gone: {Reason}")]
    public static partial void AgentGone(this ILogger logger, string hostName, string reason);
}
