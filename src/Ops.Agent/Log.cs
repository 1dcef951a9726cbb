using Microsoft.Extensions.Logging;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>The agent's log events, 1100 to 1199. Text from the host is a <see cref="FilePath"/>, which prints itself escaped.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 1101, Level = LogLevel.Warning, Message = "The scan of {Area} failed; the next one runs as usual")]
    public static partial void ScanFailed(this ILogger logger, ScanArea area, Exception error);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Debug, Message = "The progress of an operation could not be sent to the console")]
    public static partial void ProgressNotTold(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Warning, Message = "A look at names that changed failed; the next scan sees them")]
    public static partial void NamesNotSeen(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 1104, Level = LogLevel.Debug, Message = "Events did not name all that changed ({Why}): this scan finds the rest")]
    public static partial void EventsLost(this ILogger logger, string why);

    [LoggerMessage(EventId = 1105, Level = LogLevel.Warning, Message = "A scan found {Path}, of which no event had said that it changed")]
    public static partial void EventMissed(this ILogger logger, FilePath path);

    [LoggerMessage(EventId = 1110, Level = LogLevel.Information, Message = "Connected to {Console} as {HostName}")]
    public static partial void Connected(this ILogger logger, Uri console, string hostName);

    [LoggerMessage(EventId = 1111, Level = LogLevel.Warning, Message = "No connection to {Console}: {Why}; next try in {Seconds:0.0} s")]
    public static partial void NotConnected(this ILogger logger, Uri console, string why, double seconds);

    [LoggerMessage(EventId = 1112, Level = LogLevel.Error, Message = "{Console} refuses this agent's token (HTTP {Status}): make a new one on the console's Hosts page; next try in {Seconds:0} s")]
    public static partial void TokenRefused(this ILogger logger, Uri console, int status, double seconds);

    [LoggerMessage(EventId = 1113, Level = LogLevel.Information, Message = "This agent has a new key; its certificate is good until {EndsAt:yyyy-MM-dd HH:mm:ss zzz}")]
    public static partial void Renewed(this ILogger logger, DateTimeOffset endsAt);

    [LoggerMessage(EventId = 1114, Level = LogLevel.Warning, Message = "The certificate of this agent, good until {EndsAt:yyyy-MM-dd HH:mm:ss zzz}, could not be renewed: {Why}; next try in 10 minutes")]
    public static partial void NotRenewed(this ILogger logger, DateTimeOffset endsAt, FilePath why);

    [LoggerMessage(EventId = 1115, Level = LogLevel.Error, Message = "{Console} refuses this agent's certificate (HTTP {Status}): it was revoked, is outdated or was replaced. Join again with a new token of the Hosts page; next try in {Seconds:0} s")]
    public static partial void CertificateRefused(this ILogger logger, Uri console, int status, double seconds);

    [LoggerMessage(EventId = 1116, Level = LogLevel.Warning, Message = "This agent sends its token at every connection. The next release knows agents only by a key: let this host join (ops agent join)")]
    public static partial void TokenIsOld(this ILogger logger);

    [LoggerMessage(EventId = 1130, Level = LogLevel.Information, Message = "The audit of {Root} has begun, asked for by {Asked}")]
    public static partial void AuditBegun(this ILogger logger, FilePath root, FilePath asked);

    [LoggerMessage(EventId = 1131, Level = LogLevel.Information, Message = "The audit of {Root} has ended: {Outcome}. {Sentence}")]
    public static partial void AuditEnded(this ILogger logger, FilePath root, string outcome, FilePath sentence);

    [LoggerMessage(EventId = 1132, Level = LogLevel.Error, Message = "The audit of {Root} failed")]
    public static partial void AuditFailed(this ILogger logger, FilePath root, Exception error);

    [LoggerMessage(EventId = 1133, Level = LogLevel.Warning, Message = "The state of the audits cannot be stored; after a restart the last one is not known")]
    public static partial void AuditNotKept(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 1120, Level = LogLevel.Warning, Message = "Operation {OperationId} on {Path} was interrupted; recovery: {Recovery}")]
    public static partial void Interrupted(this ILogger logger, Guid operationId, FilePath path, string recovery);

    [LoggerMessage(EventId = 1127, Level = LogLevel.Warning, Message = "Operation {OperationId} on {Path} was settled later: {Recovery}")]
    public static partial void Recovered(this ILogger logger, Guid operationId, FilePath path, string recovery);

    [LoggerMessage(EventId = 1121, Level = LogLevel.Information, Message = "{Action} of {Path}, asked for by {Actor}: {Outcome}")]
    public static partial void Acted(this ILogger logger, string action, FilePath path, FilePath actor, string outcome);

    [LoggerMessage(EventId = 1122, Level = LogLevel.Error, Message = "The journal cannot be used; nothing will be broken or removed")]
    public static partial void JournalUnusable(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 1123, Level = LogLevel.Critical, Message = "BREAK-GLASS: {Actor} asks for {Action} of {Path} without the approvers of the policy: {Justification}")]
    public static partial void GlassBroken(this ILogger logger, FilePath actor, string action, FilePath path, FilePath justification);

    [LoggerMessage(EventId = 1124, Level = LogLevel.Warning, Message = "A request of {Actor} was rejected: {Problem}")]
    public static partial void Malformed(this ILogger logger, FilePath actor, string problem);

    [LoggerMessage(EventId = 1125, Level = LogLevel.Error, Message = "The record of what shadow mode would have done cannot be read or written")]
    public static partial void ShadowNotKept(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 1126, Level = LogLevel.Warning, Message = "The time of the boot cannot be stored; an agent that starts after the clock was set will not know of it")]
    public static partial void BootTimeNotKept(this ILogger logger, Exception error);
}
