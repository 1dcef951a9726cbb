namespace Ops.Integrity;

/// <summary>A <c>cyrus.index</c>, or <c>cyrus.expunge</c> of 2.3, which has the same form.</summary>
/// <param name="Generation">Changes when the file is written again as a whole.</param>
/// <param name="LastUid">The highest UID that was ever given out here.</param>
/// <param name="IsDeleted">The mailbox is being removed: its files may be gone at any time.</param>
/// <param name="Records">In ascending order of UID.</param>
/// <param name="Pending">UIDs in records behind those that the header counts: an append that is not committed yet.</param>
/// <param name="Broken">Records whose own checksum is wrong; they are not among <paramref name="Records"/>.</param>
public sealed record CyrusIndex(
    CyrusVersion Version, uint Generation, uint LastUid, uint UidValidity, bool IsDeleted, IReadOnlyList<CyrusRecord> Records, IReadOnlySet<uint> Pending, int Broken)
{
    /// <summary>Half a gigabyte: five million messages.</summary>
    public const int LimitBytes = 512 * 1024 * 1024;
}
