namespace Ops.Web.Features.SignIn;

internal static partial class SignInLog
{
    [LoggerMessage(EventId = 2101, Level = LogLevel.Information, Message = "{User} signed in")]
    public static partial void SignedIn(this ILogger logger, string user);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Warning, Message = "Sign-in as {User} failed: {Why}")]
    public static partial void SignInFailed(this ILogger logger, string user, string why);

    [LoggerMessage(EventId = 2103, Level = LogLevel.Error, Message = "Could not audit {Action}: {Error}")]
    public static partial void SignInNotAudited(this ILogger logger, string action, string error);

    [LoggerMessage(EventId = 2104, Level = LogLevel.Information, Message = "{Actor} changed user {User}: {Change}")]
    public static partial void UserChanged(this ILogger logger, string actor, string user, string change);

    [LoggerMessage(EventId = 2105, Level = LogLevel.Warning, Message = "A session could not be stored yet: {Error}")]
    public static partial void SessionNotStored(this ILogger logger, string error);

    [LoggerMessage(EventId = 2106, Level = LogLevel.Warning, Message = "The sessions of {User} could not be ended at once: {Error}")]
    public static partial void SessionsNotEnded(this ILogger logger, string user, string error);
}
