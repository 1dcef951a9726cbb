namespace Ops.Integrity;

/// <summary>Recognises a file of messages by its first bytes, and one whose end needs a closer look by its last.</summary>
public static class SpoolHead
{
    /// <summary>More than this is not needed of the beginning.</summary>
    public const int HeadBytes = 512;

    /// <summary>More than this is not needed of the end.</summary>
    public const int TailBytes = SpoolScan.NulRunBytes;

    /// <summary>Null for another kind of file.</summary>
    public static SpoolFormat? FormatOf(ReadOnlySpan<byte> head) =>
        MailboxFormats.Of(head) == MailboxFormat.Babyl ? SpoolFormat.Babyl
        : SpoolScan.IsMmdfLine(head[..Math.Min(head.Length, LineEnd(head))]) ? SpoolFormat.Mmdf
        : FromLine.IsValid(head[..Math.Min(head.Length, LineEnd(head))]) ? SpoolFormat.Mbox
        : null;

    /// <summary>Whether the end is not that of a whole file. Only a scan of the whole file says whether that is damage.</summary>
    public static bool EndsOddly(SpoolFormat format, ReadOnlySpan<byte> tail) => format switch
    {
        SpoolFormat.Mbox => tail is not [.., (byte)'\n'],
        SpoolFormat.Mmdf => !tail.TrimEnd("\r\n"u8).EndsWith("\u0001\u0001\u0001\u0001"u8),
        _ => tail.TrimEnd("\r\n"u8) is not [.., 0x1f],
    };

    private static int LineEnd(ReadOnlySpan<byte> head) => head.IndexOf((byte)'\n') is >= 0 and var end ? end + 1 : head.Length;
}
