using Ops.Web.Live;

namespace Ops.Web.Features.Acts.Quarantined;

/// <summary>What one host reported of its quarantine at one moment.</summary>
/// <param name="Problems">What it could not read: something may be there nevertheless.</param>
/// <param name="NotTold">Why it reported nothing, as a sentence; null when it answered.</param>
public sealed record HostQuarantine(string HostId, string Host, IReadOnlyList<QuarantineItem> Items, IReadOnlyList<BlindSpot> Problems, string? NotTold = null);

/// <summary>Asks agents for their quarantines; a seam for tests of pages.</summary>
public interface IQuarantineReader
{
    /// <summary>Always answers, at the latest when the agent's time is over.</summary>
    Task<HostQuarantine> ReadAsync(string hostId, CancellationToken stop);
}

/// <summary>Asks agents what is in their quarantines. Nothing is kept here: an act needs what is there now.</summary>
public sealed class QuarantineReader(HostQuestions questions) : IQuarantineReader
{
    public async Task<HostQuarantine> ReadAsync(string hostId, CancellationToken stop = default) =>
        await questions.AskAsync(hostId, "its quarantine", a => a.Quarantine(), Whole.Is, stop) is var (host, answer, why) && answer is null
            ? new(hostId, host, [], [], why)
            : new(hostId, host, answer.Items, answer.Problems);
}
