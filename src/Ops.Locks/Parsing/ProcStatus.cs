namespace Ops.Locks;

/// <summary>What we use of <c>/proc/PID/status</c>. A line that is missing or not understood leaves its value null or empty.</summary>
/// <param name="NamespacePids"><c>NSpid</c>: the pid in each pid namespace, outermost first; empty on kernels without the line.</param>
/// <param name="EffectiveCapabilities">The <c>CapEff</c> bits.</param>
/// <param name="VoluntarySwitches">How often its first thread has gone to sleep by itself.</param>
public sealed record ProcStatus(
    int? ThreadGroup, uint? EffectiveUid, uint? EffectiveGid, IReadOnlyList<int> NamespacePids, ulong? EffectiveCapabilities, ulong? VoluntarySwitches = null)
{
    public static ProcStatus Parse(ReadOnlySpan<byte> text)
    {
        int? threadGroup = null;
        uint? uid = null, gid = null;
        ulong? capabilities = null, switches = null;
        List<int> pids = [];
        while (ByteText.TryNextLine(ref text, out var line, out var isComplete))
        {
            // A number at the end of a line that was cut off may lack digits.
            if (!isComplete)
                break;
            if (ByteText.TryValue(line, "Tgid"u8, out var value))
                threadGroup = ByteText.TryInt(value, out var number) ? number : null;
            else if (ByteText.TryValue(line, "Uid"u8, out value))
                uid = Effective(value);
            else if (ByteText.TryValue(line, "Gid"u8, out value))
                gid = Effective(value);
            else if (ByteText.TryValue(line, "CapEff"u8, out value))
                capabilities = ByteText.TryHexLong(value, out var bits) ? bits : null;
            else if (ByteText.TryValue(line, "voluntary_ctxt_switches"u8, out value))
                switches = ByteText.TryUnsignedLong(value, out var count) ? count : null;
            else if (ByteText.TryValue(line, "NSpid"u8, out value))
                pids = Pids(value);
        }
        return new ProcStatus(threadGroup, uid, gid, pids, capabilities, switches);
    }

    /// <summary>The supplementary groups in the same text. By itself, because only our own are ever needed.</summary>
    public static IReadOnlyList<uint> GroupsIn(ReadOnlySpan<byte> text)
    {
        List<uint> groups = [];
        while (ByteText.TryNextLine(ref text, out var line, out var isComplete) && isComplete)
        {
            if (!ByteText.TryValue(line, "Groups"u8, out var words))
                continue;
            while (ByteText.NextWord(ref words) is { IsEmpty: false } word && ByteText.TryUnsigned(word, out var group))
                groups.Add(group);
        }
        return groups;
    }

    // Real, effective, saved, file system.
    private static uint? Effective(ReadOnlySpan<byte> ids)
    {
        ByteText.NextWord(ref ids);
        return ByteText.TryUnsigned(ByteText.NextWord(ref ids), out var id) ? id : null;
    }

    private static List<int> Pids(ReadOnlySpan<byte> words)
    {
        List<int> pids = [];
        while (ByteText.NextWord(ref words) is { IsEmpty: false } word)
        {
            if (!ByteText.TryInt(word, out var pid))
                return [];
            pids.Add(pid);
        }
        return pids;
    }
}
