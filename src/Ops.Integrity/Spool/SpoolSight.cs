namespace Ops.Integrity;

/// <summary>Formats that keep many messages in one file.</summary>
public enum SpoolFormat
{
    /// <summary>Messages that begin with a line <c>From sender date</c> (RFC 4155, appendix A; mbox(5) of mutt for the dialects mboxo, mboxrd, mboxcl and mboxcl2).</summary>
    Mbox,

    /// <summary>Messages between two lines of four <c>^A</c> (MMDF <c>mlfm</c>; mutt mbox.c: mmdf_parse_mailbox; Python mailbox.py: MMDF).</summary>
    Mmdf,

    /// <summary>Rmail's Babyl, version 5: <c>BABYL OPTIONS:</c>, then messages from <c>^_^L</c> to <c>^_</c> (GNU Emacs etc/BABYL; Python mailbox.py: Babyl).</summary>
    Babyl,
}

/// <summary>What is wrong with such a file, whichever program wrote it.</summary>
public enum SpoolFaultKind
{
    /// <summary>Text before the first From_ line of an mbox: it belongs to no message.</summary>
    Start,

    /// <summary>A run of NUL bytes as long as a sector: RFC 5322 has no NUL in a message, and a write that was lost in a crash leaves them.</summary>
    NulRun,

    /// <summary>An mbox that ends within a line: the next delivery continues that line.</summary>
    Cut,

    /// <summary>The last message, or the header of a Babyl file, has no end.</summary>
    Unclosed,

    /// <summary>Text between two messages of an MMDF file: a separator is missing.</summary>
    Between,
}

/// <param name="Offset">Of its first byte in the file.</param>
/// <param name="Bytes">How long it is.</param>
public sealed record SpoolFault(SpoolFaultKind Kind, long Offset, long Bytes);

/// <summary>What a dialect, or the sender of a message, may explain: counted, and never damage by itself.</summary>
/// <param name="PlainFrom">Lines in a body that begin with <c>From </c> and were not quoted as <c>&gt;From </c>.</param>
/// <param name="NoBlankLine">From_ lines of a message without a blank line before them.</param>
/// <param name="OtherLength"><c>Content-Length</c> that does not lead to the next From_ line or the end. Some writers keep what the sender wrote there.</param>
/// <param name="BlankStart">Blank lines before the first From_ line.</param>
/// <param name="CutHeader">An mbox that ends within the header of its last message.</param>
/// <param name="Control">Lines of a Babyl message that begin with <c>^_</c> and separate nothing.</param>
/// <param name="BinaryNuls">Runs of NUL bytes in messages that say <c>Content-Transfer-Encoding: binary</c>.</param>
/// <param name="Outside">Lines outside of the messages of a Babyl file: Rmail takes in what was appended there.</param>
public readonly record struct SpoolRemarks(long PlainFrom, long NoBlankLine, long OtherLength, long BlankStart, long CutHeader, long Control, long BinaryNuls, long Outside)
{
    public static SpoolRemarks operator +(SpoolRemarks one, SpoolRemarks other) => new(
        one.PlainFrom + other.PlainFrom, one.NoBlankLine + other.NoBlankLine, one.OtherLength + other.OtherLength, one.BlankStart + other.BlankStart, one.CutHeader + other.CutHeader, one.Control + other.Control,
        one.BinaryNuls + other.BinaryNuls, one.Outside + other.Outside);
}

/// <summary>What a whole file of messages is. Holds numbers and positions only, never text of the file.</summary>
/// <param name="First">The first fault; null when there is none.</param>
/// <param name="Faults">All of them, counted.</param>
public sealed record SpoolSight(SpoolFormat Format, long Messages, SpoolFault? First, long Faults, SpoolRemarks Remarks);
