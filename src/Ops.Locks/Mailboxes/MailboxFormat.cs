namespace Ops.Locks;

/// <summary>Formats that keep all messages of a mailbox in one file and show it by their first bytes.</summary>
public enum MailboxFormat
{
    /// <summary>Another file, an empty one, or one that could not be read.</summary>
    None,

    /// <summary>mbox: begins with the line "From " of its first message (RFC 4155).</summary>
    Mbox,

    /// <summary>MMDF: each message is between two lines of four Ctrl-A.</summary>
    Mmdf,

    /// <summary>Babyl of Rmail: begins with a section of options.</summary>
    Babyl,

    /// <summary>MBX of c-client: begins with a line of its own name.</summary>
    Mbx,
}

/// <summary>Reads the format from the first bytes of a file.</summary>
/// <remarks>cpython <c>Lib/mailbox.py</c> (mbox, MMDF, Babyl); c-client <c>mbx.c: mbx_isvalid</c>.</remarks>
public static class MailboxFormats
{
    /// <summary>As many bytes as <see cref="Of"/> looks at.</summary>
    public const int StartBytes = 16;

    /// <summary>Of an mbox the beginning is enough: it may have been cut off within its first bytes.</summary>
    public static MailboxFormat Of(ReadOnlySpan<byte> start) =>
        start.IsEmpty ? MailboxFormat.None
        : start[..Math.Min(start.Length, 5)].SequenceEqual("From "u8[..Math.Min(start.Length, 5)]) ? MailboxFormat.Mbox
        : start.StartsWith("\x01\x01\x01\x01\n"u8) ? MailboxFormat.Mmdf
        : start.StartsWith("BABYL OPTIONS:"u8) ? MailboxFormat.Babyl
        : start.StartsWith("*mbx*\r\n"u8) ? MailboxFormat.Mbx
        : MailboxFormat.None;
}
