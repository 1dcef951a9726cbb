namespace Ops.Locks;

/// <summary>What shows that a file is a mailbox: its first bytes, or, for an empty one, a mail spool as its place. A name alone shows nothing.</summary>
public static class MailboxSign
{
    /// <summary>So many bytes of a mailbox are read, and no more.</summary>
    public const int BytesNeeded = 16;

    private static readonly (byte[] Start, string Format)[] Formats =
    [
        ("From "u8.ToArray(), "mbox"),
        ("*mbx*\r\n"u8.ToArray(), "MBX"),
        ([1, 1, 1, 1, (byte)'\n'], "MMDF"),
        ("BABYL OPTIONS"u8.ToArray(), "Babyl"),
    ];

    /// <summary>The sign in words; null when there is none.</summary>
    /// <param name="lockIsTelling">Whether the lock itself is one that only lock programs make (a text of theirs, or mode 0000): next to such a lock an empty file will do.</param>
    internal static string? Of(FileFacts file, bool lockIsTelling) => file switch
    {
        { Kind: not FileKind.Regular } => null,
        { Size: 0 } when lockIsTelling => "it is empty, as a mailbox without mail",
        { Size: 0 } => file.Path.Parent.NameLatin1 is "mail" or "Mail" ? $"it is empty and in {file.Path.Parent.Display}" : null,
        { Content.Bytes: { Length: > 0 } start } => Format(start) is { } format ? $"it begins as {format} does" : null,
        _ => null,
    };

    // A writer that was killed may have written a part of the first bytes.
    private static string? Format(byte[] start) => Formats.FirstOrDefault(f => f.Start.AsSpan(0, Math.Min(f.Start.Length, start.Length)).SequenceEqual(start.AsSpan(0, Math.Min(f.Start.Length, start.Length)))).Format;
}
