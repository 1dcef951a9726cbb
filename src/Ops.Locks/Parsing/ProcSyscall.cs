namespace Ops.Locks;

/// <summary>The machines whose system call numbers are known.</summary>
public enum Machine
{
    Unknown,
    X64,
    Arm64,
}

/// <summary>A thread that sleeps in a call that waits for a lock on one of its descriptors.</summary>
public sealed record LockWait(LockClass Class, int Descriptor);

/// <summary>Reads <c>/proc/PID/task/TID/syscall</c>: the only place that shows who waits for an OFD lock.</summary>
public static class ProcSyscall
{
    /// <summary>The wait, or null when the thread runs, does something else, or the machine's numbers are not known.</summary>
    public static LockWait? WaitsFor(ReadOnlySpan<byte> text, Machine machine)
    {
        var (fcntl, flock) = machine switch
        {
            Machine.X64 => (72, 73),
            Machine.Arm64 => (25, 32),
            _ => (-1, -1),
        };
        const ulong setAndWait = 7, setOpenFileDescriptionAndWait = 38;

        // "72 0x7 0x26 0x7ffd... 0x0 ... stack-pointer program-counter", or "running", or "-1 0x... 0x..." outside a call.
        var rest = text.Trim("\n "u8);
        if (!ByteText.TryInt(ByteText.NextWord(ref rest), out var number) || number < 0
            || !TryArgument(ref rest, out var descriptor) || !TryArgument(ref rest, out var command) || descriptor > int.MaxValue)
        {
            return null;
        }

        if (number == flock)
            return new LockWait(LockClass.Flock, (int)descriptor);
        if (number != fcntl)
            return null;
        // The command is an int: what the upper half of the register holds means nothing.
        return (command & uint.MaxValue) switch
        {
            setAndWait => new LockWait(LockClass.Posix, (int)descriptor),
            setOpenFileDescriptionAndWait => new LockWait(LockClass.Ofd, (int)descriptor),
            _ => null,
        };
    }

    private static bool TryArgument(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        var word = ByteText.NextWord(ref rest);
        return word.StartsWith("0x"u8) && ByteText.TryHexLong(word[2..], out value);
    }
}
