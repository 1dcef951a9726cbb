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
}

/// <summary>A staging name that is also a message.</summary>
/// <param name="Pid">From the name; null when it has none.</param>
/// <param name="LinkedTo">Messages with the same inode.</param>
public sealed record StageHazard(FilePath Path, int? Pid, FileIdentity Identity, uint LinkCount, IReadOnlyList<FilePath> LinkedTo, bool? PidRuns, StageReuse Reuse)
{
    /// <summary>By the newest index version below the same root: the release that runs writes it into the mailboxes that it opens.</summary>
    /// <param name="isSync">In <c>sync.</c> and not in <c>stage.</c>.</param>
    /// <remarks>
    /// Source: cyrus imap/sync_server.c: sync_message_open (w+ up to 2.3.8, unlink first since 2.3.9); imap/append.c: append_newstage (unlink first since 2.3.13); imap/dlist.c: reservefile (w+ in 2.4.0 to 2.4.22,
    /// unlink first since 2.5.0).
    /// </remarks>
    public static StageReuse ReuseBy(int? newestIndexVersion, bool isSync) => (newestIndexVersion, isSync) switch
    {
        (null, _) => StageReuse.Unknown,
        ( >= 13, _) => StageReuse.UnlinksFirst,
        (12, true) => StageReuse.MayOverwrite,
        (12, false) => StageReuse.UnlinksFirst,
        // 10 is written by releases with and without the fault of stage.; sync. was mended before it.
        (10, true) => StageReuse.UnlinksFirst,
        _ => StageReuse.MayOverwrite,
    };
}
