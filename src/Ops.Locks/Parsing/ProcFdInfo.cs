using System.Buffers.Text;

namespace Ops.Locks;

/// <summary>What we use of <c>/proc/PID/fdinfo/N</c>.</summary>
/// <param name="OpenFlags">Flags of open(2); null if the line was missing.</param>
/// <param name="MountId">Key into that process's mountinfo; null if the line was missing.</param>
/// <param name="Inode">Null on kernels without the line.</param>
/// <param name="Locks">Locks held through this open file (flock, OFD, lease) or by this process on its inode (POSIX). Never waiters.</param>
/// <param name="Unparsed">Lock lines that follow no known form, escaped.</param>
public sealed record ProcFdInfo(uint? OpenFlags, int? MountId, ulong? Inode, IReadOnlyList<KernelLock> Locks, IReadOnlyList<string> Unparsed)
{
    /// <summary>For an inotify descriptor: what it watches, by the device of the file system.</summary>
    public IReadOnlyList<FileIdentity> Watches { get; init; } = [];

    private const uint AccessModeBits = 3;
    private const uint PathOnlyFlag = 0x200000;

    /// <summary>Opened for writing. Unknown flags count as writing: no process may be taken for harmless for want of a line.</summary>
    public bool CanWrite => OpenFlags is not { } flags || (!IsPathOnly && (flags & AccessModeBits) != 0);

    /// <summary>A reference without access (O_PATH): it can neither read, write nor lock.</summary>
    public bool IsPathOnly => OpenFlags is { } flags && (flags & PathOnlyFlag) != 0;

    public static ProcFdInfo Parse(ReadOnlySpan<byte> text)
    {
        uint? openFlags = null;
        int? mountId = null;
        ulong? inode = null;
        List<KernelLock>? locks = null;
        List<string>? unparsed = null;
        List<FileIdentity>? watches = null;
        while (ByteText.TryNextLine(ref text, out var line, out var isComplete))
        {
            if (ByteText.TryValue(line, "lock"u8, out var value))
            {
                if (isComplete && ProcLocks.ParseRow(value) is { } row)
                    (locks ??= []).Add(row);
                else
                    (unparsed ??= []).Add(ByteText.Quote(line));
            }
            else if (!isComplete)
            {
                break;
            }
            else if (line.StartsWith("inotify "u8))
            {
                if (Watch(line) is { } watch)
                    (watches ??= []).Add(watch);
            }
            else if (ByteText.TryValue(line, "flags"u8, out value))
            {
                openFlags = ByteText.TryOctal(value, out var flags) ? flags : null;
            }
            else if (ByteText.TryValue(line, "mnt_id"u8, out value))
            {
                mountId = ByteText.TryInt(value, out var id) ? id : null;
            }
            else if (ByteText.TryValue(line, "ino"u8, out value))
            {
                inode = ByteText.TryUnsignedLong(value, out var number) ? number : null;
            }
        }
        return new ProcFdInfo(openFlags, mountId, inode, (IReadOnlyList<KernelLock>?)locks ?? [], (IReadOnlyList<string>?)unparsed ?? []) { Watches = (IReadOnlyList<FileIdentity>?)watches ?? [] };
    }

    // "inotify wd:1 ino:2a sdev:800002 mask:...", in hex; the device as the kernel packs it (fs/notify/fdinfo.c: inotify_fdinfo; include/linux/kdev_t.h).
    private static FileIdentity? Watch(ReadOnlySpan<byte> line)
    {
        ulong? inode = null;
        uint? device = null;
        foreach (var range in line.Split((byte)' '))
        {
            var word = line[range];
            if (word.StartsWith("ino:"u8) && Utf8Parser.TryParse(word[4..], out ulong number, out var read, 'x') && read == word.Length - 4)
                inode = number;
            else if (word.StartsWith("sdev:"u8) && Utf8Parser.TryParse(word[5..], out uint packed, out read, 'x') && read == word.Length - 5)
                device = packed;
        }
        return inode is { } i && device is { } d ? new FileIdentity(d >> 20, d & 0xfffff, i) : null;
    }
}
