using System.Buffers;

namespace Ops.Integrity;

/// <summary>What a Cyrus does with a staging name of its pid that is there already.</summary>
public enum StageReuse
{
    /// <summary>Nothing is known about its release.</summary>
    Unknown,

    /// <summary>It unlinks the name first: the leftover is only litter.</summary>
    UnlinksFirst,

    /// <summary>It may open it and write into it, and so into every message that is linked to it.</summary>
    MayOverwrite,

    /// <summary>It gives its staging files names of another form: the leftover is only litter.</summary>
    OtherForm,
}

/// <summary>What a staging name looks like, which says who wrote it.</summary>
public enum StageForm
{
    /// <summary>In <c>stage.</c>.</summary>
    Append,

    /// <summary><c>sync./PID/N.</c>: 2.3. It is called like a message of a mailbox; only its directory says that it is none.</summary>
    Numbered,

    /// <summary><c>sync./PID/GUID</c>: 2.4 and later.</summary>
    Digest,

    /// <summary>Another name in <c>sync.</c>.</summary>
    OtherSync,
}

/// <summary>A staging name that is also a message.</summary>
/// <param name="Pid">From the name; null when it has none.</param>
/// <param name="LinkedTo">Messages with the same inode.</param>
public sealed record StageHazard(FilePath Path, int? Pid, FileIdentity Identity, uint LinkCount, IReadOnlyList<FilePath> LinkedTo, bool? PidRuns, StageReuse Reuse)
{
    private const int DigestDigits = 2 * MessageGuid.Bytes;
    private static readonly SearchValues<byte> DigestCharacters = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>By the newest index version of the same partition: the release that runs gives it to the mailboxes that it creates.</summary>
    /// <param name="newestIndexVersion">Null when no index of the partition was read.</param>
    /// <remarks>
    /// Source: cyrus imap/sync_server.c: sync_message_open (w+ up to 2.3.8, unlink first since 2.3.9); imap/append.c: append_newstage (unlink first since 2.3.13); imap/dlist.c: reservefile (w+ in 2.4.0 to 2.4.22,
    /// unlink first since 2.5.0). Names: sync_support.c: sync_message_add (2.3), imap/dlist.c: dlist_reserve_path (2.4).
    /// </remarks>
    public static StageReuse ReuseBy(int? newestIndexVersion, StageForm form) => (newestIndexVersion, form) switch
    {
        (null, _) => StageReuse.Unknown,
        // 2.3 cannot open an index of 12: whichever release runs is later, and writes no such names.
        ( >= 12, StageForm.Numbered) => StageReuse.OtherForm,
        ( >= 13, _) => StageReuse.UnlinksFirst,
        (12, StageForm.Append) => StageReuse.UnlinksFirst,
        (12, _) => StageReuse.MayOverwrite,
        // The name was written by 2.4 or later, whatever the indexes say.
        (_, StageForm.Digest) => StageReuse.MayOverwrite,
        // 10 is written by releases with and without the fault of stage.; sync. was mended before it.
        (10, StageForm.Numbered or StageForm.OtherSync) => StageReuse.UnlinksFirst,
        _ => StageReuse.MayOverwrite,
    };

    /// <param name="isSync">In a directory of <c>sync.</c> and not in <c>stage.</c>.</param>
    public static StageForm FormOf(ReadOnlySpan<byte> name, bool isSync) => name switch
    {
        _ when !isSync => StageForm.Append,
        [.. var number, (byte)'.'] when !number.IsEmpty && !number.ContainsAnyExceptInRange((byte)'0', (byte)'9') => StageForm.Numbered,
        { Length: DigestDigits } when !name.ContainsAnyExcept(DigestCharacters) => StageForm.Digest,
        _ => StageForm.OtherSync,
    };
}
