using Ops.Web.Live;

namespace Ops.Web.Features.Shadow;

/// <summary>What one host reported of its shadow mode at one moment.</summary>
/// <param name="Report">Null when it reported nothing.</param>
/// <param name="NotTold">Why not, as a sentence; null when it answered.</param>
public sealed record HostShadow(string HostId, string Host, ShadowReport? Report, string? NotTold = null);

/// <summary>Asks agents what they would have done; a seam for tests of pages.</summary>
public interface IShadowReader
{
    /// <summary>Always answers, at the latest when the agent's time is over.</summary>
    Task<HostShadow> ReadAsync(string hostId, CancellationToken stop);
}

public sealed class ShadowReader(HostQuestions questions) : IShadowReader
{
    public async Task<HostShadow> ReadAsync(string hostId, CancellationToken stop)
    {
        var (host, report, why) = await questions.AskAsync(hostId, "what it would have done", a => a.Shadow(), Whole.Is, stop);
        return new(hostId, host, report, why);
    }
}
