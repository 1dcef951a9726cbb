namespace Ops.Integrity;

/// <summary>The rules of one format, line by line.</summary>
internal abstract class SpoolRules
{
    public long Messages { get; protected set; }

    public SpoolFault? First { get; private set; }

    public long Faults { get; private set; }

    public SpoolRemarks Remarks { get; protected set; }

    /// <summary>Whether the present message says that its parts are binary.</summary>
    protected bool IsBinary { get; set; }

    /// <param name="head">The first bytes of the line, its end included when it is short.</param>
    /// <param name="length">Of the whole line, with its end.</param>
    public abstract void Line(ReadOnlySpan<byte> head, long offset, long length);

    /// <param name="cutBytes">Of a last line without an end; 0 when it has one.</param>
    public abstract void End(long size, long cutAt, long cutBytes);

    public void Nuls(long offset, long bytes)
    {
        if (IsBinary)
            Remarks = Remarks with { BinaryNuls = Remarks.BinaryNuls + 1 };
        else
            Fault(SpoolFaultKind.NulRun, offset, bytes);
    }

    protected void Fault(SpoolFaultKind kind, long offset, long bytes)
    {
        Faults++;
        if (First is null || offset < First.Offset)
            First = new SpoolFault(kind, offset, bytes);
    }

    /// <summary>RFC 2045, section 6.2: the one encoding that allows NUL. Of a part too, so the line may be anywhere in the message.</summary>
    protected void NoteEncoding(ReadOnlySpan<byte> head)
    {
        if (ValueOf(head, "content-transfer-encoding:"u8) is { } value && System.Text.Ascii.EqualsIgnoreCase(head[value..].Trim(" \t\r\n"u8), "binary"u8))
            IsBinary = true;
    }

    /// <summary>Where the value of a field begins; null for another line.</summary>
    protected static int? ValueOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> field) =>
        head.Length >= field.Length && System.Text.Ascii.EqualsIgnoreCase(head[..field.Length], field) ? field.Length : null;

    protected static bool IsBlank(ReadOnlySpan<byte> head) => head is [(byte)'\n'] or [(byte)'\r', (byte)'\n'];
}
