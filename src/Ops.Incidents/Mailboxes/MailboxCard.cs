namespace Ops.Incidents;

/// <summary>One mailbox with everything that concerns it now: what a person thinks in, instead of files.</summary>
/// <param name="Host">Host that reported it.</param>
/// <param name="Path">Of the mailbox; raw, to be escaped where it is shown.</param>
/// <param name="User">Login name or address; null where neither path nor owner says.</param>
/// <param name="System">Mail system by its lock or holder; null when unknown.</param>
/// <param name="Cause">One sentence: why it is in this state, the deciding fact first. Escaped.</param>
/// <param name="Root">The process or file at the root of the wait; null when no process waits and nothing holds it.</param>
/// <param name="Victims">Processes that wait, directly or behind others, longest first.</param>
/// <param name="Next">The single safest next step.</param>
/// <param name="SelfHealsAt">When its own software removes what is in the way; null when it does not.</param>
/// <param name="Since">When the state began, as far as it was seen; null when that is unknown.</param>
/// <param name="Findings">What it was derived from.</param>
public sealed record MailboxCard(
    string Host, string Path, string? User, string? System, MailboxState State, string Cause, Blocker? Root, IReadOnlyList<Victim> Victims, NextStep Next,
    DateTimeOffset? SelfHealsAt, DateTimeOffset? Since, IReadOnlyList<Finding> Findings)
{
    /// <summary>What waits for its user in the queues of its host, most first; empty where no queue was asked.</summary>
    public IReadOnlyList<QueuedFor> Queued { get; init; } = [];

    /// <summary>Waiting times of all victims together, as far as they were seen.</summary>
    public TimeSpan Blocked(DateTimeOffset now) => Victims.Aggregate(TimeSpan.Zero, (sum, v) => sum + v.Waited(now));

    /// <summary>The longest wait, as far as it was seen.</summary>
    public TimeSpan Longest(DateTimeOffset now) => Victims.Count == 0 ? TimeSpan.Zero : Victims.Max(v => v.Waited(now));
}

/// <summary>What the waits of a mailbox lead to.</summary>
/// <param name="Pid">Null for a stale lock: its owner is gone.</param>
/// <param name="Process">Null when the holder could not be identified.</param>
/// <param name="Finding">The lock it holds; null when only its pid is known.</param>
public sealed record Blocker(int? Pid, FindingProcess? Process, Finding? Finding);

/// <summary>A process that waits.</summary>
/// <param name="Since">When the wait was first seen; null when it was seen only once, just now.</param>
/// <param name="BlockedBy">Pids it waits for directly.</param>
public sealed record Victim(int Pid, FindingProcess? Process, DateTimeOffset? Since, IReadOnlyList<int> BlockedBy)
{
    /// <summary>How long it is known to have waited; no more than it runs.</summary>
    public TimeSpan Waited(DateTimeOffset now) => Since is { } since && since < now ? now - since : TimeSpan.Zero;
}

/// <summary>What to do next, the gentlest first.</summary>
public enum StepVerb
{
    Nothing,
    Wait,
    Look,
    Resume,
    Ask,
    Break,
    Remove,
    Rescue,
    EndOne,
    Repair,
}

/// <param name="Sentence">What to do and why it is the safest. Escaped.</param>
/// <param name="Command">For a shell on that host; null where none is safe to copy.</param>
/// <param name="Finding">What it is about; null when it is about none of the findings.</param>
public sealed record NextStep(StepVerb Verb, string Sentence, string? Command = null, Finding? Finding = null);
