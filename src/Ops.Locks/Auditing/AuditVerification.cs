using System.Globalization;

namespace Ops.Locks;

/// <summary>What a walk over an audit chain found.</summary>
public abstract record AuditVerification
{
    private AuditVerification() { }

    /// <summary>The finding in one sentence, for a person.</summary>
    public abstract string Sentence { get; }

    /// <summary>Every entry is the one that was written, none is missing.</summary>
    /// <param name="Count">Entries walked.</param>
    /// <param name="Remarks">What cannot be proved or was noted on the way, in sentences; empty when all is well.</param>
    public sealed record Intact(long Count, AuditHead Head, AuditAnchor Anchor, IReadOnlyList<string> Remarks) : AuditVerification
    {
        public override string Sentence => string.Create(CultureInfo.InvariantCulture, $"intact: {Count} entries, head {Head.Hash}");
    }

    /// <param name="Entry">The sequence number at which the chain stops making sense.</param>
    /// <param name="Explanation">A sentence for a person.</param>
    public sealed record Broken(long Entry, AuditBreak Reason, string Explanation) : AuditVerification
    {
        public override string Sentence => string.Create(CultureInfo.InvariantCulture, $"broken at entry {Entry}: {Explanation}");
    }
}

/// <summary>How the remembered head relates to the chain.</summary>
public enum AuditAnchor
{
    /// <summary>There was none to compare with: a cut-off tail would not show.</summary>
    None,

    /// <summary>It names the last entry.</summary>
    Same,

    /// <summary>It names an earlier entry: written just before a crash, or the chain grew while we looked.</summary>
    Behind,
}

/// <summary>What is wrong with a chain.</summary>
public enum AuditBreak
{
    /// <summary>A field was changed: the entry no longer gives its own hash.</summary>
    Edited,

    /// <summary>An entry is gone, or has been moved to a later place.</summary>
    Missing,

    /// <summary>An entry comes a second time or too late.</summary>
    OutOfOrder,

    /// <summary>The entry is sound but follows another predecessor.</summary>
    Unlinked,

    /// <summary>Entries at the end are gone: the anchor had got further.</summary>
    Truncated,

    /// <summary>The entry the anchor names is another one: the chain was rewritten.</summary>
    Rewritten,

    /// <summary>Not an entry this version can read.</summary>
    Unreadable,
}
