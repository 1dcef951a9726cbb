using Ops.Locks;

namespace Ops.Linux;

/// <summary>What <c>statx</c> says of one inode. <see cref="CreatedAt"/> is null where the file system keeps no birth time;
/// <see cref="MountId"/> is the number in the first column of <c>/proc/self/mountinfo</c>, null before Linux 5.8.</summary>
public sealed record FileStatus(
    FileKind Kind,
    FileIdentity Identity,
    uint Mode,
    uint Uid,
    uint Gid,
    uint LinkCount,
    long Size,
    FileTime AccessedAt,
    FileTime ModifiedAt,
    FileTime ChangedAt,
    FileTime? CreatedAt,
    ulong? MountId)
{
    /// <summary>Flags that forbid even root to rename, remove or rewrite it (<c>chattr +i</c>, <c>+a</c>).</summary>
    public Protections Flags { get; init; }

    internal static FileStatus From(in StatxBuffer raw) => new(
        KindOf(raw.Mode),
        new FileIdentity(raw.DeviceMajor, raw.DeviceMinor, raw.Inode),
        raw.Mode & 0xFFFu,
        raw.Owner,
        raw.Group,
        raw.LinkCount,
        (long)Math.Min(raw.Size, long.MaxValue),
        TimeOf(raw.AccessTime),
        TimeOf(raw.ModificationTime),
        TimeOf(raw.ChangeTime),
        (raw.Mask & StatxBuffer.BirthTime) != 0 ? TimeOf(raw.CreationTime) : null,
        (raw.Mask & StatxBuffer.MountId) != 0 ? raw.MountIdentifier : null)
    {
        Flags = ((raw.Attributes & StatxBuffer.Immutable) != 0 ? Protections.Immutable : 0) | ((raw.Attributes & StatxBuffer.AppendOnly) != 0 ? Protections.AppendOnly : 0),
    };

    /// <summary>The same as a fact of the core. An unknown mount becomes mount 0, which no mount table has.</summary>
    public FileFacts ToFacts(FilePath path, FileContent content, byte[]? linkTarget = null) => new(
        path, Kind, Identity, Mode, Uid, Gid, LinkCount, Size, AccessedAt, ModifiedAt, ChangedAt, CreatedAt, MountId ?? 0, content, linkTarget)
    {
        Flags = Flags,
    };

    internal static FileTime TimeOf(StatxTime time) => new(time.Seconds, time.Nanoseconds);

    internal static FileKind KindOf(ushort mode) => (mode & 0xF000) switch
    {
        0x1000 => FileKind.Fifo,
        0x2000 => FileKind.CharacterDevice,
        0x4000 => FileKind.Directory,
        0x6000 => FileKind.BlockDevice,
        0x8000 => FileKind.Regular,
        0xA000 => FileKind.SymbolicLink,
        0xC000 => FileKind.Socket,
        _ => FileKind.Unknown,
    };
}

/// <summary>The least there is to say of a file: which it is and of what kind.</summary>
/// <param name="HasName">False for an open file whose last name was removed.</param>
internal readonly record struct FileReference(FileIdentity Identity, FileKind Kind, bool HasName);
