
namespace Ops.Web.Features.Acts;

internal static partial class ActLog
{
    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning, Message = "Refused {Actor} to {Action} {LockPath}: {Sentence}")]
    public static partial void RequestRefused(this ILogger logger, string actor, string action, string lockPath, string sentence);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Warning, Message = "No preview from {HostName} for {LockPath}: {Error}")]
    public static partial void PreviewFailed(this ILogger logger, string hostName, string lockPath, string error);

    [LoggerMessage(EventId = 2203, Level = LogLevel.Error, Message = "Did not {Action} {LockPath}, because the intent could not be audited: {Error}")]
    public static partial void IntentNotAudited(this ILogger logger, string action, string lockPath, string error);

    [LoggerMessage(EventId = 2204, Level = LogLevel.Error, Message = "Could not audit the outcome of {Action}: {Error}")]
    public static partial void OutcomeNotAudited(this ILogger logger, string action, string error);

    [LoggerMessage(EventId = 2205, Level = LogLevel.Information, Message = "Operation {OperationId}: {Actor} asked {HostName} to {Action} {LockPath}")]
    public static partial void OperationAsked(this ILogger logger, Guid operationId, string actor, string hostName, string action, string lockPath);

    [LoggerMessage(EventId = 2206, Level = LogLevel.Information, Message = "Operation {OperationId} ended: {State}, {Sentence}")]
    public static partial void OperationEnded(this ILogger logger, Guid operationId, Data.OperationState state, string sentence);

    [LoggerMessage(EventId = 2209, Level = LogLevel.Error, Message = "Row {Number} of batch {BulkId} was aborted")]
    public static partial void RowFailed(this ILogger logger, int number, Guid bulkId, Exception error);

    [LoggerMessage(EventId = 2208, Level = LogLevel.Error, Message = "Aborted the download of the bytes that operation {OperationId} rescued on {HostName}: {Why}")]
    public static partial void RescueNotSent(this ILogger logger, Guid operationId, string hostName, string why);

    [LoggerMessage(EventId = 2207, Level = LogLevel.Warning, Message = "Operation {OperationId} on {HostName}: the agent is silent ({Why}); asked again when it is back")]
    public static partial void OperationUnknown(this ILogger logger, Guid operationId, string hostName, string why);
}
