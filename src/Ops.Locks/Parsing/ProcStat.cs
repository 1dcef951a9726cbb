namespace Ops.Locks;

/// <summary>What we use of <c>/proc/PID/stat</c> (or of a task's).</summary>
/// <param name="Command">The <c>comm</c> name, escaped: the process chooses it, blanks, brackets and line feeds included.</param>
/// <param name="Flags">The kernel's PF_ flags.</param>
/// <param name="Threads">Threads in the group, zombies included.</param>
/// <param name="StartTicks">Clock ticks since boot.</param>
public sealed record ProcStat(int Pid, string Command, char State, int ParentPid, uint Flags, int Threads, ulong StartTicks)
{
    private const uint KernelThreadFlag = 0x00200000;

    public bool IsKernelThread => (Flags & KernelThreadFlag) != 0;

    public bool IsZombie => State is 'Z' or 'X' or 'x';

    /// <summary>Null unless every field we use is there. Fields count from the last bracket, because the name may hold brackets.</summary>
    public static ProcStat? Parse(ReadOnlySpan<byte> text)
    {
        var open = text.IndexOf((byte)'(');
        var close = text.LastIndexOf((byte)')');
        if (open < 0 || close < open || !ByteText.TryInt(text[..open].Trim((byte)' '), out var pid) || pid <= 0)
            return null;

        var rest = text[(close + 1)..].TrimEnd((byte)'\n');
        // The names of the fields are those of proc(5); the state is number 3, the start time number 22.
        const int state = 3, parent = 4, flags = 9, threads = 20, start = 22;
        var (letter, parentPid, flagBits, threadCount) = ('?', 0, 0u, 0);
        for (var field = state; field <= start; field++)
        {
            var word = ByteText.NextWord(ref rest);
            switch (field)
            {
                case state when word.Length == 1:
                    letter = (char)word[0];
                    break;
                case parent when ByteText.TryInt(word, out parentPid):
                case flags when ByteText.TryUnsigned(word, out flagBits):
                case threads when ByteText.TryInt(word, out threadCount):
                    break;
                // With nothing behind it the number may have been cut off.
                case start when !rest.IsEmpty && ByteText.TryUnsignedLong(word, out var ticks):
                    return new ProcStat(pid, FilePath.Escape(text[(open + 1)..close]), letter, parentPid, flagBits, threadCount, ticks);
                case state or parent or flags or threads or start:
                    return null;
                default:
                    if (word.IsEmpty)
                        return null;
                    break;
            }
        }
        return null;
    }
}
