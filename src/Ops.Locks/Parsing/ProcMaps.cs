namespace Ops.Locks;

/// <summary>A part of a file that a process has mapped.</summary>
/// <param name="Device">Device of the superblock and inode; the device may differ from <c>stat</c> on btrfs and overlay.</param>
/// <param name="CanWrite">Mapped shared and writable: stores go to the file.</param>
public sealed record FileMapping(ulong Start, ulong End, bool CanWrite, FileIdentity Device, FilePath Path);

/// <summary>What one reading of <c>/proc/PID/maps</c> says of the asked-for inodes.</summary>
public sealed record ParsedMaps(IReadOnlyList<FileMapping> Mappings, IReadOnlyList<string> Unparsed);

/// <summary>Reads the text of <c>/proc/PID/maps</c> (proc_pid_maps(5)).</summary>
public static class ProcMaps
{
    /// <summary>Mappings of files whose inode number is in <paramref name="inodes"/>, on whatever device; all files if that is null. Most
    /// lines of most processes are libraries, so they are passed over before anything is kept.</summary>
    public static ParsedMaps Parse(ReadOnlySpan<byte> text, IReadOnlySet<ulong>? inodes = null)
    {
        List<FileMapping> mappings = [];
        List<string> unparsed = [];
        while (ByteText.TryNextLine(ref text, out var line, out var isComplete))
        {
            var rest = line;
            var range = ByteText.NextWord(ref rest);
            var access = ByteText.NextWord(ref rest);
            ByteText.NextWord(ref rest);
            var device = ByteText.NextWord(ref rest);
            var dash = range.IndexOf((byte)'-');
            if (!isComplete || dash < 0 || access.Length < 4
                || !ByteText.TryHexLong(range[..dash], out var start) || !ByteText.TryHexLong(range[(dash + 1)..], out var end)
                || !ByteText.TryHexDevice(device, out var major, out var minor)
                || !ByteText.TryUnsignedLong(ByteText.NextWord(ref rest), out var inode))
            {
                if (!line.IsEmpty)
                    unparsed.Add(ByteText.Quote(line));
                continue;
            }

            if (inode == 0 || (inodes is not null && !inodes.Contains(inode)))
                continue;
            mappings.Add(new FileMapping(
                start, end, access[1] == (byte)'w' && access[3] == (byte)'s', new FileIdentity(major, minor, inode),
                ByteText.UnescapeOctal(rest.TrimStart((byte)' '))));
        }
        return new ParsedMaps(mappings, unparsed);
    }
}
