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

    [LoggerMessage(EventId = 2006, Level = LogLevel.Information, Message = "{HostName} reports again")]
    public static partial void HostHeardAgain(this ILogger logger, string hostName);

    [LoggerMessage(EventId = 2007, Level = LogLevel.Information, Message = "Agent of {HostName} disconnected: {Reason}")]
    public static partial void AgentGone(this ILogger logger, string hostName, string reason);

    [LoggerMessage(EventId = 2008, Level = LogLevel.Error, Message = "The embedded agent failed; it will be restarted shortly")]
    public static partial void EmbeddedAgentFailed(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 2009, Level = LogLevel.Warning, Message = "Refused an agent from {Address}: {Why} ({Count} since the last such line)")]
    public static partial void AgentRefused(this ILogger logger, string address, string why, int count);

    [LoggerMessage(EventId = 2010, Level = LogLevel.Warning, Message = "Could not record which hosts are connected; trying again in 30 seconds: {Error}")]
    public static partial void HostsNotNoted(this ILogger logger, string error);

    [LoggerMessage(EventId = 2011, Level = LogLevel.Warning, Message = "Turned away the agent with token '{Token}': {Why}")]
    public static partial void AgentTurnedAway(this ILogger logger, string token, string why);

    [LoggerMessage(EventId = 2012, Level = LogLevel.Error, Message = "Could not audit that an agent was turned away: {Error}")]
    public static partial void RefusalNotAudited(this ILogger logger, string error);

    [LoggerMessage(EventId = 2013, Level = LogLevel.Critical, Message = "The audit chain is {Finding}")]
    public static partial void AuditBroken(this ILogger logger, string finding);

    [LoggerMessage(EventId = 2014, Level = LogLevel.Information, Message = "The audit chain is {Finding}")]
    public static partial void AuditIntact(this ILogger logger, string finding);

    [LoggerMessage(EventId = 2015, Level = LogLevel.Warning, Message = "The audit chain could not be verified: {Error}")]
    public static partial void AuditNotVerified(this ILogger logger, string error);

    [LoggerMessage(EventId = 2017, Level = LogLevel.Critical, Message = "{Count} stored operations do not match the audit, first {Id}")]
    public static partial void OperationsChanged(this ILogger logger, int count, Guid id);

    [LoggerMessage(EventId = 2018, Level = LogLevel.Critical, Message = "A stored operation cannot be read: {Error}")]
    public static partial void OperationsUnreadable(this ILogger logger, string error);

    [LoggerMessage(EventId = 2016, Level = LogLevel.Warning, Message = "{HostName} did not report {About}: {Error}")]
    public static partial void HostDidNotTell(this ILogger logger, string hostName, string about, string error);

    [LoggerMessage(EventId = 2019, Level = LogLevel.Warning, Message = "About the audit chain: {Remark}")]
    public static partial void AuditRemark(this ILogger logger, string remark);

    [LoggerMessage(EventId = 2020, Level = LogLevel.Information, Message = "The audit can be written again")]
    public static partial void AuditWritable(this ILogger logger);

    [LoggerMessage(EventId = 2021, Level = LogLevel.Warning, Message = "Host id {HostId} reports the name {Name}, which another host has: it is shown as {ShownAs}")]
    public static partial void HostNameTaken(this ILogger logger, string hostId, string name, string shownAs);

    [LoggerMessage(EventId = 2030, Level = LogLevel.Warning, Message = "History cannot be stored now: {Error}")]
    public static partial void HistoryFails(this ILogger logger, string error);

    [LoggerMessage(EventId = 2032, Level = LogLevel.Warning, Message = "Audits of stores cannot be stored or read now: {Error}")]
    public static partial void AuditsNotStored(this ILogger logger, string error);

    [LoggerMessage(EventId = 2033, Level = LogLevel.Warning, Message = "Console {Console} was not reached: {Error}")]
    public static partial void ConsoleNotReached(this ILogger logger, string console, string error);

    [LoggerMessage(EventId = 2031, Level = LogLevel.Error, Message = "A look for the history failed")]
    public static partial void LookFailed(this ILogger logger, Exception error);
}
