using System.Buffers.Binary;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Walks over what <see cref="FileDescriptor.ReadDirectory"/> filled in, without copying. "." and ".." are left
/// out. A record that does not fit its own length ends the walk.</summary>
internal ref struct DirectoryEntries(ReadOnlySpan<byte> filled)
{
    private const int LengthOffset = 16;
    private const int KindOffset = 18;
    private const int NameOffset = 19;

    private ReadOnlySpan<byte> _rest = filled;

    /// <summary>The name as it is on disk: any bytes but slash and NUL.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    public ulong Inode { get; private set; }

    /// <summary><see cref="FileKind.Unknown"/> where the file system does not say; then ask <see cref="FileDescriptor.Stat(ReadOnlySpan{byte})"/>.</summary>
    public FileKind Kind { get; private set; }

    public bool MoveNext()
    {
        while (_rest.Length > NameOffset)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[LengthOffset..]);
            if (length <= NameOffset || length > _rest.Length)
                return false;
            var name = _rest[NameOffset..length];
            var end = name.IndexOf((byte)0);
            Name = end < 0 ? name : name[..end];
            Inode = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
            Kind = KindOf(_rest[KindOffset]);
            _rest = _rest[length..];
            if (!Name.SequenceEqual("."u8) && !Name.SequenceEqual(".."u8))
                return true;
        }
        return false;
    }

    private static FileKind KindOf(byte kind) => kind switch
    {
        1 => FileKind.Fifo,
        2 => FileKind.CharacterDevice,
        4 => FileKind.Directory,
        6 => FileKind.BlockDevice,
        8 => FileKind.Regular,
        10 => FileKind.SymbolicLink,
        12 => FileKind.Socket,
        _ => FileKind.Unknown,
    };
}
