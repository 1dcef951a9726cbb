using System.Buffers.Binary;
using System.Numerics;
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
    private byte _kind;

    /// <summary>The name as it is on disk: any bytes but slash and NUL.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    public ulong Inode { get; private set; }

    /// <summary><see cref="FileKind.Unknown"/> where the file system does not say; then ask <see cref="FileDescriptor.Stat(ReadOnlySpan{byte})"/>.</summary>
    public readonly FileKind Kind => KindOf(_kind);

    /// <summary>Whether it is a regular file: so is nearly every name of a store.</summary>
    public readonly bool IsRegular => _kind == 8;

    public bool MoveNext()
    {
        while (_rest.Length > NameOffset)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[LengthOffset..]);
            if (length <= NameOffset || length > _rest.Length)
                return false;
            Name = NameOf(_rest[..length]);
            Inode = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
            _kind = _rest[KindOffset];
            _rest = _rest[length..];
            if (Name is not [(byte)'.'] and not [(byte)'.', (byte)'.'])
                return true;
        }
        return false;
    }

    // A record is filled up to a multiple of eight bytes: the NUL that ends the name is one of the last eight, and what follows it may be anything.
    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> record)
    {
        var last = record.Length - sizeof(ulong);
        if (last >= LengthOffset)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(record[last..]);
            // The shortest record has the end of its header there.
            word |= last < NameOffset ? 0xffffffUL >> (8 * (last - LengthOffset)) : 0;
            var zeros = (word - 0x0101010101010101) & ~word & 0x8080808080808080;
            if (zeros != 0)
                return record[NameOffset..(last + BitOperations.TrailingZeroCount(zeros) / 8)];
        }
        var name = record[NameOffset..];
        var end = name.IndexOf((byte)0);
        return end < 0 ? name : name[..end];
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
