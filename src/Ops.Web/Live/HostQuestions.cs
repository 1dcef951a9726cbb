
namespace Ops.Web.Live;

/// <summary>Asks one host's agent something that changes nothing. Always comes back, at the latest when the agent's time is over.</summary>
public sealed class HostQuestions(AgentDirectory agents, LiveState live, LiveLimits limits, TimeProvider clock, ILogger<HostQuestions> log)
{
    /// <summary>As pages and audit call it.</summary>
    public string NameOf(string hostId) => live.Current.Host(hostId)?.Status.HostName ?? hostId;

    /// <param name="about">What is asked for, for sentences: "its quarantine".</param>
    /// <param name="isWhole">Whether an answer has all that it must have; one that has not is none.</param>
    /// <returns>The host's name; and the answer, or why there is none as a sentence.</returns>
    public async Task<(string Host, T? Answer, string? NotTold)> AskAsync<T>(string hostId, string about, Func<IAgentClient, Task<T>> ask, Predicate<T?> isWhole, CancellationToken stop)
        where T : class
    {
        var host = live.Current.Host(hostId)?.Status.HostName ?? "this host";
        var name = HostText.Escape(host);
        if (agents.Find(hostId) is not { IsLost: false } session)
            return (host, null, $"The agent of {name} is not connected, so it cannot report {about}.");
        try
        {
            // Off the caller's thread: the embedded agent reads its disk before it gives anything back.
            var answer = await Task.Run(() => ask(session.Client), stop).WaitAsync(limits.AnswerWithin, clock, stop);
            return isWhole(answer) ? (host, answer, null) : throw new InvalidDataException("the answer is incomplete");
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever the link throws: an agent of an older version does not know the question.
            log.HostDidNotTell(host, about, e.Message);
            return (host, null, $"The agent of {name} did not report {about}{(e is TimeoutException ? ": no answer in time" : "")}.");
        }
    }
}
