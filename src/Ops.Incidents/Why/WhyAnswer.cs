namespace Ops.Incidents;

/// <summary>The answer to "why is this stuck?".</summary>
/// <param name="Question">What the text was read as.</param>
/// <param name="Verdict">The answer in one word.</param>
/// <param name="Sentence">The answer in one sentence. Escaped.</param>
/// <param name="Candidates">Mailboxes that fit, best first; empty when nothing fits.</param>
/// <param name="Chain">The chain of the best one, root first, in sentences. Escaped.</param>
/// <param name="Others">Findings that fit and belong to no mailbox: queue files, pid files, locks of other programs.</param>
/// <param name="Searched">What was searched, in a sentence.</param>
/// <param name="Nearest">Names that are nearly what was asked for; only when nothing fits.</param>
/// <param name="NotSeen">What could not be examined and may change the answer.</param>
public sealed record WhyAnswer(
    Question Question, WhyVerdict Verdict, string Sentence, IReadOnlyList<Candidate> Candidates, IReadOnlyList<string> Chain, IReadOnlyList<Finding> Others, string Searched,
    IReadOnlyList<string> Nearest, IReadOnlyList<string> NotSeen)
{
    /// <summary>The best fit; null when nothing fits.</summary>
    public Candidate? Best => Candidates is [var best, ..] ? best : null;

    /// <summary>The single safest next step: for the best fit, else for the first finding that belongs to no mailbox; null when nothing fits.</summary>
    public NextStep? Next => Best?.Card.Next ?? (Others is [var other, ..] ? NextSteps.Of(other) : null);
}

/// <param name="Reason">Why it fits: "its path is in the text", "pid 4690 holds its lock".</param>
/// <param name="Score">Higher fits better; only to compare candidates of one answer.</param>
public sealed record Candidate(MailboxCard Card, string Reason, int Score);

/// <summary>The answer in one word.</summary>
public enum WhyVerdict
{
    /// <summary>Nothing is in the way.</summary>
    Free,

    /// <summary>A living process is in the way, or processes wait for each other.</summary>
    Blocked,

    /// <summary>A stale lock is in the way.</summary>
    Stale,

    /// <summary>Mail is being lost or will be.</summary>
    AtRisk,

    /// <summary>Nothing that was asked for is known.</summary>
    Unknown,
}
