namespace Ops.Integrity;

/// <summary>The rules for messages of a Maildir.</summary>
public static class MaildirCheck
{
    /// <summary>Bytes of a file's beginning that <see cref="IsEncoded"/> needs.</summary>
    public const int HeadBytes = 16;

    /// <summary>The name's size against the file's.</summary>
    /// <param name="listed">The entry of the UID list; it counts where the name says no size.</param>
    public static Suspect? Size(MaildirName name, UidListEntry? listed, StoredFile file) =>
        (name.Size ?? listed?.Size) is { } size && size != file.Size ? new Suspect(CheckKind.Size, file.Key, new IndexClaim(listed?.Uid, (ulong)size, null), file) : null;

    /// <summary>The size with line ends of two bytes, against what was counted in the bytes.</summary>
    public static Suspect? Lines(MaildirName name, UidListEntry? listed, StoredFile file, long counted) =>
        (name.LineSize ?? listed?.LineSize) is { } lines && lines != counted
            ? new Suspect(CheckKind.Content, file.Key, new IndexClaim(listed?.Uid, (ulong)lines, null), file, LineSize: counted)
            : null;

    /// <summary>Whether the file is compressed or encrypted: then the sizes in its name are those of the message before that, and cannot be compared here.</summary>
    /// <remarks>Source: dovecot src/lib-compression/compression.c (is_compressed_...), src/plugins/mail-crypt (CRYPTED magic).</remarks>
    public static bool IsEncoded(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) || head.StartsWith("BZh"u8) || head.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'])
        || head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) || head.StartsWith("Dovecot-LZ4\r\n"u8) || head.StartsWith((ReadOnlySpan<byte>)[0x04, 0x22, 0x4D, 0x18])
        || head.StartsWith("CRYPTED\x03"u8);
}
