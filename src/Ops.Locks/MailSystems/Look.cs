namespace Ops.Locks;

/// <summary>How lock files look. Text that could not be read looks like nothing: not knowing is no match.</summary>
public static class Look
{
    /// <summary>No byte in it, and readable or writable for some user: not one of the locks made with mode 0000.</summary>
    public static bool Empty(FileFacts file) => EmptyOfAnyMode(file) && (file.Mode & Octal(777)) != 0;

    /// <summary>No byte in it and no permission for anybody, which no umask makes: the program asked for mode 0.</summary>
    public static bool EmptyWithoutMode(FileFacts file) => EmptyOfAnyMode(file) && (file.Mode & Octal(777)) == 0;

    public static bool EmptyOfAnyMode(FileFacts file) => file is { Kind: FileKind.Regular, Size: 0 };

    /// <summary>A pid and a line break: <c>4711\n</c>.</summary>
    public static bool PidLine(FileFacts file) => IsText(file) && LockText.PidLine(file.Content) is not null;

    /// <summary>A pid, a colon and a host without line break: <c>4711:mx1</c>.</summary>
    public static bool PidAtHost(FileFacts file) => IsText(file) && LockText.PidAtHost(file.Content) is not null;

    /// <summary>A pid and nothing else: <c>4711</c>.</summary>
    public static bool BarePid(FileFacts file) => IsText(file) && LockText.BarePid(file.Content) is not null;

    /// <summary>Exactly these bytes.</summary>
    public static Func<FileFacts, bool> Exactly(byte[] bytes) =>
        file => IsText(file) && file.Size == bytes.Length && file.Content.Bytes.AsSpan().SequenceEqual(bytes);

    /// <summary>
    /// Nothing in it, or the beginning of a message: an mbox's first line, or a header field. Text that was not read, as of a long message, is not ruled out.
    /// </summary>
    public static bool EmptyOrMessage(FileFacts file)
    {
        if (file.Kind != FileKind.Regular || file.Size == 0 || file.Content.Bytes is not { } bytes)
            return true;
        var name = bytes.AsSpan().IndexOfAnyExceptInRange((byte)'!', (byte)'~') is var end && end < 0 ? bytes.AsSpan() : bytes.AsSpan(0, end);
        return bytes.AsSpan().StartsWith("From "u8) || (char.IsAsciiLetter((char)bytes[0]) && name.IndexOf((byte)':') > 0);
    }

    /// <summary>Any file with content, such as the next version of what it protects.</summary>
    public static bool Regular(FileFacts file) => file.Kind == FileKind.Regular;

    /// <summary>Permission bits as they are written everywhere: <c>Octal(600)</c> is rw for the owner.</summary>
    public static uint Octal(uint figures) => Convert.ToUInt32(figures.ToString(System.Globalization.CultureInfo.InvariantCulture), 8);

    private static bool IsText(FileFacts file) => file is { Kind: FileKind.Regular, Size: > 0 and <= FileContent.Limit, Content.Bytes: not null };
}
