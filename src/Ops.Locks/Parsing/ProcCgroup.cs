namespace Ops.Locks;

/// <summary>Reads <c>/proc/PID/cgroup</c> for the systemd unit.</summary>
public static class ProcCgroup
{
    /// <summary>The innermost service of the path, else the innermost scope, escaped; null outside systemd. The unified hierarchy counts,
    /// or systemd's own one on hosts with version 1.</summary>
    public static string? UnitOf(ReadOnlySpan<byte> text)
    {
        string? unit = null;
        while (ByteText.TryNextLine(ref text, out var line, out _))
        {
            var path = line.StartsWith("0::"u8) ? line[3..]
                : line.IndexOf(":name=systemd:"u8) is var at and >= 0 ? line[(at + 14)..]
                : default;
            unit ??= Innermost(path, ".service"u8) ?? Innermost(path, ".scope"u8);
        }
        return unit;
    }

    private static string? Innermost(ReadOnlySpan<byte> path, ReadOnlySpan<byte> suffix)
    {
        while (!path.IsEmpty)
        {
            var slash = path.LastIndexOf((byte)'/');
            var part = path[(slash + 1)..];
            if (part.Length > suffix.Length && part.EndsWith(suffix))
                return ByteText.Quote(part);
            path = slash < 0 ? default : path[..slash];
        }
        return null;
    }
}
