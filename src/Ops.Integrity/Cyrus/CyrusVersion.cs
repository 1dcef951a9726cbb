namespace Ops.Integrity;

/// <summary>One version of <c>cyrus.index</c>: its sizes, and where its fields are.</summary>
/// <param name="Minor">The number in the header.</param>
/// <param name="Releases">Those that write it.</param>
/// <param name="HeaderSize">Bytes, as this version writes it. What the file's header says counts, not this.</param>
/// <param name="RecordSize">The same for a record.</param>
/// <param name="HasGuid">Whether the record holds a SHA-1. The 12-byte UUID of versions 7 to 9 is none.</param>
/// <param name="HasChecksums">Whether header and record end with a CRC32 of what is before it.</param>
public sealed record CyrusVersion(int Minor, string Releases, int HeaderSize, int RecordSize, bool HasGuid, bool HasChecksums, string Source)
{
    private const int FirstWithFileFlags = 12;

    private const int FirstWithWideFields = 20;

    /// <summary>Versions of releases since 2.2. 11 was never released.</summary>
    public static IReadOnlyList<CyrusVersion> All { get; } =
    [
        new(6, "2.2", 76, 60, false, false, "cyrus 2.2 imap/mailbox.h"),
        new(7, "2.3.0 to 2.3.3", 76, 72, false, false, "cyrus 2.3.0 imap/mailbox.h"),
        new(8, "2.3.4 to 2.3.6", 92, 80, false, false, "cyrus 2.3.4 imap/mailbox.h"),
        new(9, "2.3.7 to 2.3.9", 96, 80, false, false, "cyrus 2.3.7 imap/mailbox.h"),
        new(10, "2.3.10 and later 2.3", 96, 88, true, false, "cyrus 2.3.16 imap/mailbox.h"),
        new(12, "2.4", 128, 96, true, true, "cyrus 2.4 imap/mailbox.h: OFFSET_HEADER_CRC, OFFSET_RECORD_CRC"),
        new(13, "2.5, 3.0", 128, 104, true, true, "cyrus imap/index_file.c: v13_template"),
        new(14, "none (development)", 160, 104, true, true, "cyrus imap/index_file.c: v14_template"),
        new(15, "none (development)", 160, 104, true, true, "cyrus imap/index_file.c: v15_template"),
        new(16, "3.2", 160, 112, true, true, "cyrus imap/index_file.c: v16_template"),
        new(17, "3.4 to 3.8", 160, 112, true, true, "cyrus imap/index_file.c: v17_template"),
        new(18, "none (development)", 160, 112, true, true, "cyrus imap/index_file.c: v18_template"),
        new(19, "3.10, 3.12", 160, 112, true, true, "cyrus imap/index_file.c: v19_template"),
        new(20, "after 3.12", 192, 144, true, true, "cyrus imap/index_file.c: v20_template"),
    ];

    /// <summary>Whether the record says that its file may be gone. Before that, 2.3 kept expunged messages in an index of their own, <c>cyrus.expunge</c>.</summary>
    public bool HasFileFlags => Minor >= FirstWithFileFlags;

    internal bool HasWideFields => Minor >= FirstWithWideFields;

    internal int LastUidAt => HasWideFields ? 88 : 28;

    internal int UidValidityAt => HasWideFields ? 92 : 44;

    internal int OptionsAt => Minor >= 19 ? 64 : 60;

    internal int SizeAt => HasWideFields ? 24 : 12;

    internal int FlagsAt => HasWideFields ? 36 : 32;

    internal int InternalDateAt => HasWideFields ? 8 : 4;

    internal int LastUpdatedAt => HasWideFields ? 112 : 28;

    internal static int GuidAt => 60;

    public static CyrusVersion? Of(uint minor) => All.FirstOrDefault(v => v.Minor == minor);
}
