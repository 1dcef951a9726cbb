namespace Ops.Locks;

/// <summary>Why an act is refused: one member per reason, in the agent's words on the wire (<see cref="Refusals.Word"/>).</summary>
public enum Refusal
{
    /// <summary>Nothing is at the path.</summary>
    NotThere,

    /// <summary>The verdict offers no such act.</summary>
    NotOffered,

    /// <summary>Its owner lives.</summary>
    OwnerAlive,

    /// <summary>Whether its owner lives could not be determined.</summary>
    OwnerUnknown,

    /// <summary>It names another host.</summary>
    OtherHost,

    /// <summary>A process has the file or its mailbox open or locked, or not every process could be inspected.</summary>
    InUse,

    /// <summary>It is too young.</summary>
    TooYoung,

    /// <summary>It is no regular file, has unexpected names or a foreign owner.</summary>
    Hostile,

    /// <summary>Names can be swapped in its directory, or it was reached through a link.</summary>
    UnsafeDirectory,

    /// <summary>Other hosts may use this file system.</summary>
    SharedFileSystem,

    /// <summary>No convention is known, or the one known is no lock.</summary>
    NotALock,

    /// <summary>A fresh look found something else than the preview.</summary>
    Changed,

    /// <summary>The host's policy does not allow it.</summary>
    Policy,

    /// <summary>Another break is at work in this directory.</summary>
    Busy,

    /// <summary>This file system cannot exchange names.</summary>
    NoExchange,

    /// <summary>A system call failed before anything was changed.</summary>
    System,

    /// <summary>It cannot be done where the file is: flags, rights, a read-only mount, no room, no usable quarantine.</summary>
    NotPossible,

    /// <summary>The request itself makes no sense: too long, unprintable, an id that was used for something else.</summary>
    Malformed,

    /// <summary>The process is one that is never ended: process 1, a kernel thread, this program or what started it.</summary>
    ProtectedProcess,

    /// <summary>The pid means another process now, or the process does not hold or wait for the lock any more.</summary>
    ProcessChanged,

    /// <summary>The host's policy asks for approvers, and there are too few.</summary>
    NeedsApproval,

    /// <summary>An approver is the actor, or is counted twice.</summary>
    NotApprovedByAnother,

    /// <summary>More acts in a minute than the host's policy allows.</summary>
    TooMany,

    /// <summary>Too much went wrong, or too much was asked for: the agent does nothing for some minutes.</summary>
    CircuitOpen,

    /// <summary>The host only says what it would do.</summary>
    Shadow,
}

public static class Refusals
{
    public static string Word(Refusal refusal) => refusal switch
    {
        Refusal.NotThere => "not-there",
        Refusal.NotOffered => "not-offered",
        Refusal.OwnerAlive => "owner-alive",
        Refusal.OwnerUnknown => "owner-unknown",
        Refusal.OtherHost => "other-host",
        Refusal.InUse => "in-use",
        Refusal.TooYoung => "too-young",
        Refusal.Hostile => "hostile",
        Refusal.UnsafeDirectory => "unsafe-directory",
        Refusal.SharedFileSystem => "shared-file-system",
        Refusal.NotALock => "not-a-lock",
        Refusal.Changed => "changed",
        Refusal.Policy => "policy",
        Refusal.Busy => "busy",
        Refusal.NoExchange => "no-exchange",
        Refusal.System => "system",
        Refusal.NotPossible => "not-possible",
        Refusal.Malformed => "malformed",
        Refusal.ProtectedProcess => "protected-process",
        Refusal.ProcessChanged => "process-changed",
        Refusal.NeedsApproval => "needs-approval",
        Refusal.NotApprovedByAnother => "not-approved-by-another",
        Refusal.TooMany => "too-many",
        Refusal.CircuitOpen => "circuit-open",
        Refusal.Shadow => "shadow",
        _ => throw new ArgumentOutOfRangeException(nameof(refusal)),
    };
}

/// <summary>May this artefact be broken or removed, and how: a plan or a refusal.</summary>
public abstract record BreakDecision
{
    private BreakDecision()
    {
    }

    /// <param name="Sentence">For the operator; names the missing evidence.</param>
    public sealed record Refused(Refusal Reason, string Sentence) : BreakDecision;

    /// <summary>Take a stale dot lock over.</summary>
    /// <param name="Ours">What our own lock must look like, given our pid and host name.</param>
    public sealed record TakeOver(FileFacts Lock, FileFacts? Mailbox, Func<int, string, LockLooks> Ours) : BreakDecision;

    /// <summary>Move a leftover to quarantine.</summary>
    /// <param name="FamilyLock">The lock of its own programs to hold for that moment (<see cref="StagingFile.FamilyLock"/>); null when there is none.</param>
    public sealed record Remove(FileFacts File, FilePath? FamilyLock = null) : BreakDecision;
}

/// <summary>From a fresh verdict to a decision. Run on the agent, just before it acts: the page's verdict is only an invitation to ask.</summary>
public static class BreakRules
{
    /// <param name="asked">Fingerprint of the preview; null when the command line was used without one.</param>
    public static BreakDecision Decide(OperatorAction action, ArtefactFacts artefact, Verdict verdict, string? asked)
    {
        // What can be said about it comes first: "its owner lives" says more than "something changed".
        if (!verdict.Actions.Contains(action))
            return new BreakDecision.Refused(ReasonOf(verdict), Sentence(action, verdict));
        if (asked is not null && asked != Fingerprint.Of(artefact.File, verdict))
            return new BreakDecision.Refused(Refusal.Changed, "The state has changed since the preview. Refresh and decide again.");
        if (action == OperatorAction.Remove)
            return new BreakDecision.Remove(artefact.File, artefact.FamilyLock);
        var writer = DotLockClassifier.Fitting(artefact).Select(c => c.Write).FirstOrDefault(w => w is not null);
        return writer is null
            ? new BreakDecision.Refused(Refusal.NotALock, "How a lock of this kind is written is not known, so it cannot be taken over.")
            : new BreakDecision.TakeOver(artefact.File, artefact.Subject, writer);
    }

    private static string Sentence(OperatorAction action, Verdict verdict) => verdict.Word switch
    {
        VerdictWord.Stale when action == OperatorAction.Remove => verdict.Actions.Contains(OperatorAction.Break)
            ? "It is a stale lock: break it, do not remove it. The name of a lock must never be absent while it is worked on."
            : $"It is a stale lock, which is never removed: the name of a lock must never be absent while it is worked on. {verdict.Summary}",
        VerdictWord.Orphan or VerdictWord.OrphanLinked when action == OperatorAction.Break => verdict.Actions.Contains(OperatorAction.Remove)
            ? "It is a leftover, not a lock: remove it."
            : $"It is a leftover, not a lock. {verdict.Summary}",
        _ => verdict.Summary,
    };

    private static Refusal ReasonOf(Verdict verdict)
    {
        if (VerdictTraits.Of(verdict.Word).OwnerIsGone)
            return verdict.Evidence.Any(e => e is { Blocks: true, Question: Questions.FamilyLock }) ? Refusal.InUse : Refusal.NotOffered;
        if (VerdictTraits.Of(verdict.Word).HasLivingOwner)
            return Refusal.OwnerAlive;
        if (verdict.Word is VerdictWord.NotALock)
            return Refusal.NotALock;
        return verdict.Evidence.FirstOrDefault(e => e.Blocks)?.Question switch
        {
            Questions.RegularFile or Questions.ExpectedOwner or Questions.LinkCount => Refusal.Hostile,
            Questions.SafeDirectory or Questions.MailboxFound => Refusal.UnsafeDirectory,
            Questions.Convention => Refusal.NotALock,
            Questions.LocalFileSystem => Refusal.SharedFileSystem,
            Questions.ThisHost or Questions.OwnerElsewhere or Questions.SameKernel => Refusal.OtherHost,
            Questions.FileOpen or Questions.FileLocked or Questions.MailboxOpen or Questions.MailboxLocked or Questions.FamilyLock => Refusal.InUse,
            Questions.GracePeriod or Questions.OldEnough => Refusal.TooYoung,
            Questions.Exchange => Refusal.NoExchange,
            Questions.Policy => Refusal.Policy,
            Questions.DirectoryWritable or Questions.FileMovable or Questions.MailboxLockable or Questions.OwnLock or Questions.Quarantine or Questions.Space => Refusal.NotPossible,
            _ => Refusal.OwnerUnknown,
        };
    }
}
