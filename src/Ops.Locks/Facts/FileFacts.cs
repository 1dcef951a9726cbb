namespace Ops.Locks;

/// <summary>Device and inode of a file, as <c>statx</c> gives them. Never the path alone, never the inode alone.</summary>
public readonly record struct FileIdentity(uint Major, uint Minor, ulong Inode)
{
    public override string ToString() => $"{Major:x2}:{Minor:x2}:{Inode}";
}

/// <summary>A time stamp of a file, exact to the nanosecond, so that two looks can be compared.</summary>
public readonly record struct FileTime(long Seconds, uint Nanoseconds) : IComparable<FileTime>
{
    /// <summary>To 100 ns; a stamp outside the years 1 to 9999 becomes the nearest end.</summary>
    public DateTimeOffset ToDateTimeOffset()
    {
        const long first = -62135596800, last = 253402300799;
        return DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(Seconds, first, last))
            .AddTicks(Seconds is < first or > last ? 0 : Nanoseconds / 100);
    }

    public static FileTime From(DateTimeOffset time)
    {
        var ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        return rest < 0
            ? new FileTime(seconds - 1, (uint)((rest + TimeSpan.TicksPerSecond) * 100))
            : new FileTime(seconds, (uint)(rest * 100));
    }

    public int CompareTo(FileTime other) =>
        Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanoseconds.CompareTo(other.Nanoseconds);

    public static bool operator <(FileTime left, FileTime right) => left.CompareTo(right) < 0;

    public static bool operator >(FileTime left, FileTime right) => left.CompareTo(right) > 0;

    public static bool operator <=(FileTime left, FileTime right) => left.CompareTo(right) <= 0;

    public static bool operator >=(FileTime left, FileTime right) => left.CompareTo(right) >= 0;
}

public enum FileKind
{
    Unknown,
    Regular,
    Directory,
    SymbolicLink,
    Fifo,
    Socket,
    CharacterDevice,
    BlockDevice,
}

/// <summary>Flags of an inode that no right overrides (<c>chattr</c>).</summary>
[Flags]
public enum Protections
{
    None = 0,

    /// <summary><c>+i</c>: no name of it can be made, moved or removed, and nothing in it changed.</summary>
    Immutable = 1,

    /// <summary><c>+a</c>: a file can only grow and keeps its names; in a directory names can be made and not taken away.</summary>
    AppendOnly = 2,
}

/// <summary>What a file holds, or why that was not read. At most 64 KiB are ever read, and never of anything but a regular file.</summary>
/// <param name="Bytes">Null when the content was not read.</param>
/// <param name="Unread">Why not, in words; null when it was read.</param>
public sealed record FileContent(byte[]? Bytes, string? Unread)
{
    public const int Limit = 64 * 1024;

    public static FileContent Empty { get; } = new([], null);

    public static FileContent Of(ReadOnlySpan<byte> bytes) => new(bytes.ToArray(), null);

    public static FileContent NotRead(string why) => new(null, why);
}

/// <summary>One look at one name by <c>statx</c> without following links, and at the content where that was allowed.</summary>
/// <param name="Mode">Permission bits, 0 to 07777 (octal).</param>
/// <param name="BornAt">Creation time, null where the file system keeps none.</param>
/// <param name="MountId">The kernel's mount id (<c>STATX_MNT_ID</c>), the key into the mount table.</param>
/// <param name="LinkTarget">Text of a symbolic link, never followed.</param>
public sealed record FileFacts(
    FilePath Path,
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
    FileTime? BornAt,
    ulong MountId,
    FileContent Content,
    byte[]? LinkTarget = null)
{
    /// <summary>Flags that forbid even root to change it.</summary>
    public Protections Flags { get; init; }

    /// <summary>Whether the other look saw the same file in the same state: device, inode, ctime, mtime, size, link count, owner, mode.</summary>
    /// <remarks>Access time is left out: reading moves it and says nothing about the owner.</remarks>
    public bool IsUnchangedSince(FileFacts earlier) =>
        Identity == earlier.Identity && Kind == earlier.Kind && ChangedAt == earlier.ChangedAt && ModifiedAt == earlier.ModifiedAt
        && Size == earlier.Size && LinkCount == earlier.LinkCount && Uid == earlier.Uid && Gid == earlier.Gid && Mode == earlier.Mode;
}
