namespace Ops.Web.Live;

/// <summary>What one agent may do to the console, and how long its silence is tolerated.</summary>
/// <param name="FindingsPerHost">Findings beyond this are dropped and a blind spot says so.</param>
/// <param name="LostAfter">Silence after which a host is shown as lost.</param>
/// <param name="AnswerWithin">How long a preview or an explanation may take.</param>
/// <param name="ResyncAgainAfter">A snapshot that did not come within this time is asked for again.</param>
/// <param name="MessageBytes">Largest message a remote agent may send.</param>
public sealed record LiveLimits(int FindingsPerHost, TimeSpan LostAfter, TimeSpan AnswerWithin, TimeSpan ResyncAgainAfter, int MessageBytes)
{
    public static LiveLimits Default { get; } =
        new(200_000, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10), 8 * 1024 * 1024);

    /// <summary>Memory that the findings of one host may take, as <see cref="FindingBytes"/> counts it; what is beyond is dropped and a blind spot says so.</summary>
    public long BytesPerHost { get; init; } = 256_000_000;

    /// <summary>Whether drills are recorded and alerted about as if they were real.</summary>
    public bool CountDrills { get; init; }

    /// <summary>The same for changes that wait for their snapshot; beyond it a new snapshot is asked for.</summary>
    public long BytesPending { get; init; } = 32_000_000;
}
