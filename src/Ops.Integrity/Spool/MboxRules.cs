using System.Buffers.Text;

namespace Ops.Integrity;

/// <summary>
/// mbox in all its dialects: mboxo and mboxrd quote <c>From </c> in a body, mboxcl quotes it and has <c>Content-Length</c>, mboxcl2 has <c>Content-Length</c> and quotes nothing (mbox(5) of mutt; RFC 4155, appendix A;
/// "Configuring Netscape Mail on Unix: Why the Content-Length Format is Bad", J. Zawinski).
/// </summary>
internal sealed class MboxRules : SpoolRules
{
    private bool _inHeader, _afterBlank = true, _hasStartFault;
    private long? _length, _claimEnd;
    private long _insideClaim;

    public override void Line(ReadOnlySpan<byte> head, long offset, long length)
    {
        var blank = IsBlank(head);
        Claimed(head, offset, blank);
        if (Messages == 0 && !FromLine.IsValid(head))
            BeforeFirst(offset, length, blank);
        else if (!_inHeader && FromLine.IsFrom(head))
            From(head);
        else if (_inHeader)
            Header(head, offset + length, blank);
        NoteEncoding(head);
        _afterBlank = blank;
    }

    public override void End(long size, long cutAt, long cutBytes)
    {
        var claimed = _claimEnd == size;
        if (_claimEnd is { } end)
            Resolve(agrees: end <= size);
        if (_inHeader && Messages > 0)
            Remarks = Remarks with { CutHeader = Remarks.CutHeader + 1 };
        // A writer of mboxcl2 may count on Content-Length alone, and one message may have been saved by a program that does not end the last line: nothing is delivered into that file.
        if (cutBytes > 0 && !claimed && Messages > 1)
            Fault(SpoolFaultKind.Cut, cutAt, cutBytes);
    }

    private void BeforeFirst(long offset, long length, bool blank)
    {
        if (blank)
            Remarks = Remarks with { BlankStart = Remarks.BlankStart + 1 };
        else if (!_hasStartFault)
            Fault(SpoolFaultKind.Start, offset, length);
        _hasStartFault |= !blank;
    }

    private void From(ReadOnlySpan<byte> head)
    {
        if (!FromLine.IsValid(head))
        {
            Remarks = Remarks with { PlainFrom = Remarks.PlainFrom + 1 };
            return;
        }
        if (_claimEnd is not null)
        {
            // Where the length of this message leads decides whether it is one of its own.
            _insideClaim++;
            return;
        }
        if (!_afterBlank)
            Remarks = Remarks with { NoBlankLine = Remarks.NoBlankLine + 1 };
        Begin();
    }

    private void Begin()
    {
        Messages++;
        (_inHeader, _length, _claimEnd, _insideClaim, IsBinary) = (true, null, null, 0, false);
    }

    private void Header(ReadOnlySpan<byte> head, long behind, bool blank)
    {
        if (blank)
        {
            _inHeader = false;
            _claimEnd = _length is { } length && length <= long.MaxValue - behind ? behind + length : null;
        }
        else if (ValueOf(head, "content-length:"u8) is { } value && head[value..].Trim(" \t\r\n"u8) is var digits && Utf8Parser.TryParse(digits, out long said, out var used) && used == digits.Length && said >= 0)
        {
            _length = said;
        }
    }

    // The claim may end at the blank line before the next From_ line, or behind it.
    private void Claimed(ReadOnlySpan<byte> head, long offset, bool blank)
    {
        if (_claimEnd is not { } end || offset < end || (blank && offset - end <= 2))
            return;
        Resolve(FromLine.IsValid(head) && offset - end <= 4);
    }

    private void Resolve(bool agrees)
    {
        Remarks = agrees
            ? Remarks with { PlainFrom = Remarks.PlainFrom + _insideClaim }
            : Remarks with { OtherLength = Remarks.OtherLength + 1 };
        if (!agrees)
            Messages += _insideClaim;
        (_claimEnd, _insideClaim) = (null, 0);
    }
}
