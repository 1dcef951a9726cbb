using System.Globalization;

namespace Ops.Locks;

/// <summary>Verifies a chain entry by entry, so that a long one need not be held in memory.</summary>
public sealed class AuditChainCheck
{
    private readonly List<string> _remarks = [];
    private readonly IReadOnlyList<AuditHead> _anchors;
    private AuditHead _head = AuditHead.Genesis;
    private AuditVerification.Broken? _recordedCut;

    /// <param name="anchors">Heads as remembered in other places, null for a place that has none: each must name the entry in its place, and the log must reach the latest.</param>
    public AuditChainCheck(params IEnumerable<AuditHead?> anchors) => _anchors = [.. anchors.OfType<AuditHead>()];

    /// <summary>The number the next entry must have.</summary>
    public long Expected => _head.Sequence + 1;

    /// <summary>Null while all is well; after a break nothing more can be said and the walk should end.</summary>
    public AuditVerification.Broken? Add(AuditRecord record)
    {
        if (record.Sequence > Expected)
            return Broken(Expected, AuditBreak.Missing, $"it is missing here: entry {record.Sequence} follows entry {_head.Sequence}");
        if (record.Sequence < Expected)
            return Broken(record.Sequence, AuditBreak.OutOfOrder, $"it comes after entry {_head.Sequence}, a second time or too late");
        if (record.Version != AuditChain.EncodingVersion)
            return Broken(record.Sequence, AuditBreak.Unreadable, $"it is written in encoding {record.Version}, which this version does not know");

        string hash;
        try
        {
            hash = AuditChain.Hash(record);
        }
        catch (ArgumentException e)
        {
            return Broken(record.Sequence, AuditBreak.Unreadable, $"it can't be encoded: {e.Message}");
        }

        if (hash != record.Hash)
            return Broken(record.Sequence, AuditBreak.Edited, "its fields do not give its hash: a field was changed after it was written");
        if (record.PreviousHash != _head.Hash)
            return Broken(record.Sequence, AuditBreak.Unlinked, $"it does not follow the entry {_head.Sequence} that is here now");
        if (_anchors.Any(known => known.Sequence == record.Sequence && known.Hash != record.Hash))
            return Broken(record.Sequence, AuditBreak.Rewritten, "the head anchor remembers another entry in this place: the log was rewritten");

        NoteMismatch(record);
        _head = new(record.Sequence, record.Hash);
        return null;
    }

    /// <summary>No more entries: compares the end with the latest anchor.</summary>
    public AuditVerification Finish()
    {
        // Of two breaks the lost tail that the log itself recorded is the earlier one.
        if (_recordedCut is not null)
            return _recordedCut;
        if (_anchors.Count > 0 && _anchors.Max(a => a.Sequence) is var reached && reached > _head.Sequence)
            return Broken(Expected, AuditBreak.Truncated, $"the log ends before it, but the head anchor had reached entry {reached}");
        var relation = _anchors.Count == 0 ? AuditAnchor.None
            : _anchors.Any(a => a.Sequence == _head.Sequence) ? AuditAnchor.Same
            : AuditAnchor.Behind;
        if (relation == AuditAnchor.None)
            _remarks.Add("There is no head anchor to compare with, so this cannot prove the end: entries cut off there would not show.");
        return new AuditVerification.Intact(_head.Sequence, _head, relation, _remarks);
    }

    private static AuditVerification.Broken Broken(long entry, AuditBreak reason, FormattableString explanation) =>
        new(entry, reason, explanation.ToString(CultureInfo.InvariantCulture));

    private static AuditVerification.Broken Broken(long entry, AuditBreak reason, string explanation) => new(entry, reason, explanation);

    // The log goes on after a loss, and says so itself: such an entry is as much a finding as a gap we see.
    private void NoteMismatch(AuditRecord record)
    {
        if (record.Action != AuditActions.AnchorMismatch)
            return;
        if (record.Outcome is AnchorMismatch.Ahead or AnchorMismatch.Rewritten)
        {
            _recordedCut ??= Broken(record.Sequence, record.Outcome == AnchorMismatch.Ahead ? AuditBreak.Truncated : AuditBreak.Rewritten,
                $"entries before it were lost or replaced, noticed when it was written: {record.Detail}");
        }
        else
        {
            _remarks.Add(string.Create(CultureInfo.InvariantCulture,
                $"Entry {record.Sequence}: the head anchor was {record.Outcome} when it was written; entries just before it may have been lost."));
        }
    }
}
