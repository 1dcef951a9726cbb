namespace Ops.Locks;

/// <summary>What one reading of <c>/proc/locks</c>, or the lock lines of one fdinfo file, says.</summary>
/// <param name="Rows">In the order of the text: a waiter follows what it waits for.</param>
/// <param name="Unparsed">Lines that follow no known form, escaped; one of them never costs the others.</param>
public sealed record ParsedLocks(IReadOnlyList<KernelLock> Rows, IReadOnlyList<string> Unparsed);

/// <summary>Reads the text of <c>/proc/locks</c> (Linux fs/locks.c, lock_get_status).</summary>
public static class ProcLocks
{
    private const int Columns = 7;

    /// <summary>Never throws. A last line without a line feed was cut off and counts as unparsed.</summary>
    public static ParsedLocks Parse(ReadOnlySpan<byte> text)
    {
        List<KernelLock> rows = [];
        List<string> unparsed = [];
        while (ByteText.TryNextLine(ref text, out var line, out var isComplete))
        {
            if (isComplete && ParseRow(line) is { } row)
                rows.Add(row);
            else if (!line.IsEmpty)
                unparsed.Add(ByteText.Quote(line));
        }
        return new ParsedLocks(rows, unparsed);
    }

    /// <summary>One row, without its line feed; null if it does not follow the grammar to its end.</summary>
    public static KernelLock? ParseRow(ReadOnlySpan<byte> row)
    {
        var colon = row.IndexOf((byte)':');
        if (colon < 0 || !ByteText.TryInt(row[..colon], out var number))
            return null;
        var rest = row[(colon + 1)..];
        var depth = 0;
        var unpadded = rest.TrimStart((byte)' ');
        if (unpadded.StartsWith("->"u8))
        {
            // One blank always follows the colon; each further one means one step deeper in the queue.
            depth = Math.Max(1, rest.Length - unpadded.Length);
            rest = unpadded[2..];
        }

        Span<Range> words = stackalloc Range[Columns + 1];
        if (Words(rest, words) != Columns)
            return null;
        if (!ByteText.TryInt(rest[words[3]], out var pid)
            || !TryDevice(rest[words[4]], out var device)
            || !ByteText.TryUnsignedLong(rest[words[5]], out var start)
            || !TryEnd(rest[words[6]], out var end))
        {
            return null;
        }

        return new KernelLock(number, depth, Class(rest[words[0]]), State(rest[words[1]]), Mode(rest[words[2]]), pid, device, start, end);
    }

    /// <summary>
    /// For each waiter in <paramref name="rows"/>, the rows it waits for: the one it is queued behind first, then what that one waits for, up to
    /// the holder. The kernel hangs a waiter under one conflicting lock only, so further holders of the same range may block it too.
    /// </summary>
    public static IEnumerable<(KernelLock Waiter, IReadOnlyList<KernelLock> Blockers)> Queues(IReadOnlyList<KernelLock> rows)
    {
        List<KernelLock> above = [];
        foreach (var row in rows)
        {
            if (above.Count > 0 && above[0].Number != row.Number)
                above.Clear();
            // A row whose blocker was missed (the text is not a snapshot) hangs under the deepest one that was seen.
            var depth = Math.Min(row.Depth, above.Count);
            above.RemoveRange(depth, above.Count - depth);
            if (row.IsWaiter)
                yield return (row, [.. Enumerable.Reverse(above)]);
            above.Add(row);
        }
    }

    private static int Words(ReadOnlySpan<byte> text, Span<Range> words)
    {
        var count = 0;
        var at = 0;
        while (true)
        {
            while (at < text.Length && text[at] == (byte)' ')
                at++;
            if (at == text.Length || count == words.Length)
                return count;
            var from = at;
            while (at < text.Length && text[at] != (byte)' ')
                at++;
            words[count++] = from..at;
        }
    }

    private static LockClass Class(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("POSIX"u8) ? LockClass.Posix
        : word.SequenceEqual("FLOCK"u8) ? LockClass.Flock
        : word.SequenceEqual("OFDLCK"u8) ? LockClass.Ofd
        : word.SequenceEqual("LEASE"u8) ? LockClass.Lease
        : word.SequenceEqual("DELEG"u8) ? LockClass.Delegation
        : LockClass.Unknown;

    private static LockMode Mode(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("READ"u8) ? LockMode.Read
        : word.SequenceEqual("WRITE"u8) ? LockMode.Write
        : word.SequenceEqual("UNLCK"u8) ? LockMode.Unlocked
        : LockMode.Unknown;

    // Nearly every row says ADVISORY: no new string for each of ten thousand.
    private static string State(ReadOnlySpan<byte> word) => word.SequenceEqual("ADVISORY"u8) ? "ADVISORY" : ByteText.Quote(word);

    private static bool TryDevice(ReadOnlySpan<byte> word, out FileIdentity? device)
    {
        device = null;
        if (word.SequenceEqual("<none>:0"u8))
            return true;
        var colon = word.LastIndexOf((byte)':');
        if (colon < 0 || !ByteText.TryHexDevice(word[..colon], out var major, out var minor)
            || !ByteText.TryUnsignedLong(word[(colon + 1)..], out var inode))
        {
            return false;
        }

        device = new FileIdentity(major, minor, inode);
        return true;
    }

    private static bool TryEnd(ReadOnlySpan<byte> word, out ulong? end)
    {
        end = null;
        if (word.SequenceEqual("EOF"u8))
            return true;
        if (!ByteText.TryUnsignedLong(word, out var last))
            return false;
        end = last;
        return true;
    }
}
