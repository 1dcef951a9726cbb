using System.Text.Json.Serialization;

namespace Ops.Incidents;

/// <summary>A <see cref="WhyAnswer"/> as JSON: what <c>ops why --json</c> prints. Fields are only ever added.</summary>
/// <param name="Verdict"><c>free</c>, <c>blocked</c>, <c>stale</c>, <c>at-risk</c> or <c>unknown</c>.</param>
/// <param name="Chain">Root first.</param>
/// <param name="Others">Findings that match and belong to no mailbox.</param>
/// <param name="Next">The single safest next step: for the first mailbox, else for the first of the others; null when nothing matches.</param>
public sealed record WhyDocument(
    string Verdict, string Sentence, WhyClues Question, IReadOnlyList<WhyMailbox> Mailboxes, IReadOnlyList<string> Chain, IReadOnlyList<Finding> Others, string Searched,
    IReadOnlyList<string> Nearest, IReadOnlyList<string> NotSeen, WhyStep? Next = null)
{
    /// <summary>As written in JSON.</summary>
    public static string Word(WhyVerdict verdict) => verdict switch
    {
        WhyVerdict.Free => "free",
        WhyVerdict.Blocked => "blocked",
        WhyVerdict.Stale => "stale",
        WhyVerdict.AtRisk => "at-risk",
        WhyVerdict.Unknown => "unknown",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };

    public static WhyDocument Of(WhyAnswer answer, DateTimeOffset now)
    {
        var question = answer.Question;
        return new(
            Word(answer.Verdict), answer.Sentence,
            new WhyClues(
                question.Text, question.Paths, question.FileNames, question.Pids, question.Users, question.Addresses, question.Hosts, question.QueueIds,
                question.Waited?.TotalSeconds, question.Program, question.Meaning?.Sentence),
            [.. answer.Candidates.Select(c => WhyMailbox.Of(c.Card, c.Reason, now))], answer.Chain, answer.Others, answer.Searched, answer.Nearest, answer.NotSeen,
            answer.Next is { } next ? WhyStep.Of(next) : null);
    }
}

/// <summary>What the text was read as.</summary>
/// <param name="WaitedSeconds">Null when it names no duration.</param>
/// <param name="Meaning">What the complaint in it means; null when it has none that is known.</param>
public sealed record WhyClues(
    string Text, IReadOnlyList<string> Paths, IReadOnlyList<string> FileNames, IReadOnlyList<int> Pids, IReadOnlyList<string> Users, IReadOnlyList<string> Addresses,
    IReadOnlyList<string> Hosts, IReadOnlyList<string> QueueIds, double? WaitedSeconds, string? Program, string? Meaning);

/// <param name="State">Word of <see cref="MailboxState"/>.</param>
/// <param name="Match">Why it fits the question; empty where none was asked.</param>
/// <param name="RootPid">Null when the root is a stale lock, or unknown.</param>
/// <param name="BlockedSeconds">Of all victims together, as far as it was seen.</param>
/// <param name="Keys">Keys of the findings that it was derived from.</param>
/// <param name="RootSession">Whom the process at the root serves; null when that is not known.</param>
public sealed record WhyMailbox(
    string Host, string Path, string? User, string? System, string State, string Cause, string Match, int? RootPid, IReadOnlyList<int> Victims, double BlockedSeconds,
    DateTimeOffset? Since, DateTimeOffset? SelfHealsAt, WhyStep Next, IReadOnlyList<string> Keys, FindingSession? RootSession = null)
{
    public static WhyMailbox Of(MailboxCard card, string match, DateTimeOffset now) => new(
        card.Host, card.Path, card.User, card.System, card.State.Word(), card.Cause, match, card.Root?.Pid, [.. card.Victims.Select(v => v.Pid)], card.Blocked(now).TotalSeconds, card.Since,
        card.SelfHealsAt, WhyStep.Of(card.Next), [.. card.Findings.Select(f => f.Key)], card.Root?.Process?.Session);
}

/// <param name="Verb"><c>nothing</c>, <c>wait</c>, <c>look</c>, <c>resume</c>, <c>ask</c>, <c>break</c>, <c>remove</c>, <c>rescue</c>, <c>end-one</c> or <c>repair</c>.</param>
/// <param name="Command">For a shell on that host; null where none is safe to copy.</param>
public sealed record WhyStep(string Verb, string Sentence, string? Command)
{
    public static WhyStep Of(NextStep step) => new(StepWords.Of(step.Verb), step.Sentence, step.Command);
}

/// <summary>The words of <see cref="StepVerb"/>.</summary>
public static class StepWords
{
    public static string Of(StepVerb verb) => verb switch
    {
        StepVerb.Nothing => "nothing",
        StepVerb.Wait => "wait",
        StepVerb.Look => "look",
        StepVerb.Resume => "resume",
        StepVerb.Ask => "ask",
        StepVerb.Break => "break",
        StepVerb.Remove => "remove",
        StepVerb.Rescue => "rescue",
        StepVerb.EndOne => "end-one",
        StepVerb.Repair => "repair",
        _ => throw new ArgumentOutOfRangeException(nameof(verb)),
    };
}

/// <summary>Source-generated JSON of this room.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.Never, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(WhyDocument))]
[JsonSerializable(typeof(DrillLine))]
[JsonSerializable(typeof(IncidentFile))]
[JsonSerializable(typeof(IncidentFrame))]
public sealed partial class IncidentsJson : JsonSerializerContext;
