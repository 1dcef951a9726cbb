namespace Ops.Linux;

/// <summary>What <c>statvfs</c> says of a file system.</summary>
/// <param name="Available">Bytes that anybody may still write.</param>
/// <param name="Free">Bytes that are free, those kept for root among them.</param>
/// <param name="FreeFiles">Inodes; null where the file system makes them as they are needed.</param>
public sealed record VolumeStatus(long Size, long Available, long Free, long BlockSize, long? FreeFiles)
{
    internal static VolumeStatus From(in VolumeBuffer raw) => new(
        Bytes(raw.Blocks, raw.FragmentSize), Bytes(raw.BlocksAvailable, raw.FragmentSize), Bytes(raw.BlocksFree, raw.FragmentSize), Bytes(1, raw.FragmentSize),
        raw.Files == 0 ? null : (long)Math.Min(raw.FilesAvailable, long.MaxValue));

    private static long Bytes(ulong blocks, ulong size) => (long)UInt128.Min((UInt128)blocks * size, long.MaxValue);
}
