using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Quarantine;

/// <summary>What one host told of its quarantine at one moment.</summary>
/// <param name="Problems">What it could not read: something may lie there all the same.</param>
/// <param name="NotTold">Why it told nothing, as a sentence; null when it answered.</param>
public sealed record HostQuarantine(string HostId, string Host, IReadOnlyList<QuarantineItem> Items, IReadOnlyList<BlindSpot> Problems, string? NotTold = null);

/// <summary>Asks agents for their quarantines; a seam for tests of pages.</summary>
public interface IQuarantineReader
{
    /// <summary>Always answers, at the latest when the agent's time is over.</summary>
    Task<HostQuarantine> ReadAsync(string hostId, CancellationToken stop);
}

/// <summary>Asks agents what lies in their quarantines. Nothing is kept here: an act needs what is there now.</summary>
public sealed class QuarantineReader(AgentDirectory agents, LiveState live, LiveLimits limits, TimeProvider clock, ILogger<QuarantineReader> log) : IQuarantineReader
{
    public async Task<HostQuarantine> ReadAsync(string hostId, CancellationToken stop = default)
    {
        var host = live.Current.Host(hostId)?.Status.HostName ?? "this host";
        var name = HostText.Escape(host);
        if (agents.Find(hostId) is not { IsLost: false } session)
            return new(hostId, host, [], [], $"The agent of {name} is not connected. What lies in its quarantine is not known.");
        try
        {
            // Off the caller's thread: the embedded agent reads its disk before it gives anything back.
            var answer = await Task.Run(session.Client.Quarantine, stop).WaitAsync(limits.AnswerWithin, clock, stop);
            return new(hostId, host, answer.Items, answer.Problems);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever the link throws: an agent of an older version does not know the question.
            log.QuarantineNotRead(host, e.Message);
            return new(hostId, host, [], [], $"The agent of {name} did not tell what lies in its quarantine{(e is TimeoutException ? ": no answer in time" : "")}.");
        }
    }
}

internal static partial class QuarantineLog
{
    [LoggerMessage(EventId = 2301, Level = LogLevel.Warning, Message = "{HostName} did not list its quarantine: {Error}")]
    public static partial void QuarantineNotRead(this ILogger logger, string hostName, string error);
}
