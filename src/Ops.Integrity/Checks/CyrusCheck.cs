using System.Globalization;

namespace Ops.Integrity;

/// <summary>Index and files of one Cyrus mailbox, compared without reading a message.</summary>
/// <param name="Expected">Records that must have a file here.</param>
/// <param name="Archived">Records whose file is in the archive partition.</param>
/// <param name="AllMissing">There are records, and not one of their files is in this directory: the messages are kept elsewhere, or all of them are lost. Then no single one is a suspect.</param>
public sealed record CyrusComparison(IReadOnlyList<Suspect> Suspects, int Expected, int Archived, bool AllMissing);

/// <summary>The rules for a Cyrus mailbox.</summary>
/// <remarks>
/// Order of the server's own steps, on which they rest: a delivery links the file before it commits the record; an expunge commits the flag <c>unlinked</c> before it unlinks the file (cyrus imap/append.c:
/// append_fromstage; imap/mailbox.c: mailbox_append_index_record, mailbox_expunge_cleanup, mailbox_index_unlink). UIDs are never given out twice.
/// </remarks>
public static class CyrusCheck
{
    /// <summary>A file above the last UID, younger than this, may belong to an append that is not committed: a transfer of a whole mailbox can take long.</summary>
    public static readonly TimeSpan LongestAppend = TimeSpan.FromHours(1);

    /// <summary>The name of the file of a message.</summary>
    public static string FileName(uint uid) => string.Create(CultureInfo.InvariantCulture, $"{uid}.");

    /// <param name="expunged">The index of expunged messages of 2.3; null when there is none.</param>
    /// <param name="files">Regular files called <c>N.</c>, by N.</param>
    public static CyrusComparison Compare(CyrusIndex index, CyrusIndex? expunged, IReadOnlyDictionary<uint, StoredFile> files, DateTimeOffset now)
    {
        if (index.IsDeleted)
            return new CyrusComparison([], 0, 0, AllMissing: false);
        List<Suspect> suspects = [];
        HashSet<uint> known = [.. index.Pending];
        var (expected, archived, missing) = (0, 0, 0);
        foreach (var record in index.Records)
        {
            known.Add(record.Uid);
            if (record.IsUnlinked)
                continue;
            if (!files.TryGetValue(record.Uid, out var file))
            {
                if (record.IsArchived)
                {
                    archived++;
                    continue;
                }
                expected++;
                missing++;
                suspects.Add(new Suspect(CheckKind.Missing, FileName(record.Uid), IndexClaim.Of(record), null));
                continue;
            }
            expected++;
            if ((ulong)file.Size != record.Size)
                suspects.Add(new Suspect(CheckKind.Size, file.Key, IndexClaim.Of(record), file));
        }
        if (expected > 0 && missing == expected)
            return new CyrusComparison([], expected, archived, AllMissing: true);
        foreach (var record in expunged?.Records ?? [])
        {
            known.Add(record.Uid);
            // No missing file here: 2.3 takes the files away before it shortens this index.
            if (files.TryGetValue(record.Uid, out var file) && (ulong)file.Size != record.Size)
                suspects.Add(new Suspect(CheckKind.Size, file.Key, IndexClaim.Of(record), file));
        }
        // With a record that cannot be read, its file would look as if no record named it.
        if (index.Broken == 0 && expunged is not { Broken: > 0 })
            suspects.AddRange(files.Where(f => !known.Contains(f.Key) && MayNotBeAnAppend(f.Key, f.Value, index, now)).Select(f => new Suspect(CheckKind.Extra, f.Value.Key, null, f.Value)));
        return new CyrusComparison(suspects, expected, archived, AllMissing: false);
    }

    /// <summary>Whether the bytes are those that the index names; null when they are, or when it names none.</summary>
    public static Suspect? Content(CyrusRecord record, StoredFile file, MessageGuid digest) =>
        record.Digest.IsZero || record.Digest == digest ? null : new Suspect(CheckKind.Content, file.Key, IndexClaim.Of(record), file, digest);

    /// <summary>
    /// The caveat: <c>reconstruct -G -R</c> gives whatever is in the file a new record, and then both agree. The modification time may remain as a sign, and did not where this was tried (3.6.1). Cyrus sets it to the
    /// internal date; a file that was written again has another.
    /// </summary>
    public static bool WasWrittenAgain(CyrusRecord record, StoredFile file) => record.InternalDate != 0 && record.InternalDate != file.Modified.Seconds;

    private static bool MayNotBeAnAppend(uint uid, StoredFile file, CyrusIndex index, DateTimeOffset now) =>
        uid <= index.LastUid || now - file.Changed.ToDateTimeOffset() > LongestAppend;
}
