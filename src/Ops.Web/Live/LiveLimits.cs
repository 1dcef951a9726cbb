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
}
