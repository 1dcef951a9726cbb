namespace Ops.Integrity;

/// <summary>MMDF: each message is between two lines of four <c>^A</c>, and nothing is between two messages (mutt mbox.c: mmdf_parse_mailbox gives the file up there; c-client mmdf.c).</summary>
internal sealed class MmdfRules : SpoolRules
{
    private bool _inside;
    private long _openedAt;

    public override void Line(ReadOnlySpan<byte> head, long offset, long length)
    {
        if (length <= head.Length && SpoolScan.IsMmdfLine(head))
        {
            _inside = !_inside;
            IsBinary = false;
            if (_inside)
                (Messages, _openedAt) = (Messages + 1, offset);
        }
        else if (_inside)
        {
            NoteEncoding(head);
        }
        else if (!IsBlank(head))
        {
            Fault(SpoolFaultKind.Between, offset, length);
        }
    }

    public override void End(long size, long cutAt, long cutBytes)
    {
        if (_inside)
            Fault(SpoolFaultKind.Unclosed, _openedAt, size - _openedAt);
    }
}
