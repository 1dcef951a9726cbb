namespace Ops.Integrity;

/// <summary>
/// Babyl: a header from <c>BABYL OPTIONS:</c> to <c>^_</c>, messages from <c>^L</c> behind such a <c>^_</c> to the next one (GNU Emacs lisp/mail/rmail.el and etc/BABYL; Python mailbox.py: Babyl._generate_toc).
/// </summary>
internal sealed class BabylRules : SpoolRules
{
    private bool _open = true;
    private long _openedAt;

    public override void Line(ReadOnlySpan<byte> head, long offset, long length)
    {
        switch (head)
        {
            case [0x1f, 0x0c, ..]:
                Begin(offset);
                break;
            case [0x1f] or [0x1f, (byte)'\n'] or [0x1f, (byte)'\r', (byte)'\n']:
                _open = false;
                break;
            case [0x0c, ..] when !_open:
                Begin(offset);
                break;
            case [0x1f, ..] when _open:
                Remarks = Remarks with { Control = Remarks.Control + 1 };
                break;
            case var _ when _open:
                NoteEncoding(head);
                break;
            case var _ when !IsBlank(head):
                Remarks = Remarks with { Outside = Remarks.Outside + 1 };
                break;
        }
    }

    public override void End(long size, long cutAt, long cutBytes)
    {
        if (_open && size > 0)
            Fault(SpoolFaultKind.Unclosed, _openedAt, size - _openedAt);
    }

    private void Begin(long offset)
    {
        Messages++;
        (_open, _openedAt, IsBinary) = (true, offset, false);
    }
}
