using System.Runtime.InteropServices;
using System.Text;
using Mono.Unix.Native;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Room on file systems and what quotas leave of it. Asks only; the caller keeps away from file systems that do not answer.</summary>
public static class SpaceReader
{
    private const ulong QuotaBlock = 1024;

    /// <summary>Null when it cannot be asked.</summary>
    public static SpaceFacts? Read(FilePath path, Mount mount) =>
        path.IsUtf8 && Syscall.statvfs(path.Text, out var status) == 0
            ? new SpaceFacts(path, mount.FileSystem, Bytes(status.f_blocks, status.f_frsize), Bytes(status.f_bavail, status.f_frsize), status.f_files == 0 ? null : status.f_files, status.f_files == 0 ? null : status.f_favail)
            : null;

    /// <summary>The quota of an account where its mailbox is; null where there is none, or the kernel does not say.</summary>
    public static unsafe QuotaFacts? ReadQuota(FilePath path, Mount mount, uint uid, string name)
    {
        const int getUserQuota = 0x800007 << 8;
        if (!mount.IsLocalDisk || !mount.Source.StartsWith('/'))
            return null;
        DiskQuota quota;
        fixed (byte* device = Encoding.UTF8.GetBytes(mount.Source + '\0'))
        {
            if (Libc.syscall(SystemCall.QuotaControl, getUserQuota, (nint)device, (nint)uid, (nint)(&quota)) != 0)
                return null;
        }
        return new QuotaFacts(path, uid, name, quota.SpaceUsed, Bytes(quota.SoftBlocks, QuotaBlock), Bytes(quota.HardBlocks, QuotaBlock), quota.FilesUsed, quota.HardFiles);
    }

    private static ulong Bytes(ulong blocks, ulong size) => (ulong)UInt128.Min((UInt128)blocks * size, ulong.MaxValue);

    /// <summary><c>struct if_dqblk</c>, 72 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 72)]
    private struct DiskQuota
    {
        public ulong HardBlocks;
        public ulong SoftBlocks;
        public ulong SpaceUsed;
        public ulong HardFiles;
        public ulong SoftFiles;
        public ulong FilesUsed;
        public ulong SpaceTime;
        public ulong FilesTime;
        public uint Valid;
    }
}
