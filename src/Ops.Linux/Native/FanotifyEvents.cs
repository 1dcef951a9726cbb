using System.Buffers.Binary;

namespace Ops.Linux;

/// <summary>Walks over what <see cref="EventQueue.Read"/> filled in, without copying. An event that does not fit its own length ends the walk.</summary>
internal ref struct FanotifyEvents(ReadOnlySpan<byte> filled)
{
    // struct fanotify_event_metadata, and of each record behind it struct fanotify_event_info_header and _fid (fanotify(7)).
    private const int HeaderBytes = 24, RecordHeaderBytes = 4, HandleOffset = 12, HandleHeaderBytes = 8;
    private const byte FileRecord = 1, DirectoryAndNameRecord = 2;

    private ReadOnlySpan<byte> _rest = filled;

    public NameEvents What { get; private set; }

    /// <summary>Of the process, in our pid namespace, as it was when the event was made; 0 for a process outside it.</summary>
    public int Pid { get; private set; }

    /// <summary>The directory: file system and handle. Empty when the event has none.</summary>
    public ReadOnlySpan<byte> Directory { get; private set; }

    /// <summary>The name in it: any bytes but slash and NUL.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The file that the name meant: file system and handle. Empty when the event has none.</summary>
    public ReadOnlySpan<byte> Target { get; private set; }

    /// <summary>The number of the file system in one of these.</summary>
    public static ulong FileSystemOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt64LittleEndian(key);

    /// <summary>The handle in one of these, as <see cref="FileDescriptor.OpenByHandle"/> takes it.</summary>
    public static ReadOnlySpan<byte> HandleOf(ReadOnlySpan<byte> key) => key[8..];

    public bool MoveNext()
    {
        Directory = Name = Target = default;
        if (_rest.Length < HeaderBytes)
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        int header = BinaryPrimitives.ReadUInt16LittleEndian(_rest[6..]);
        if (length < HeaderBytes || length > _rest.Length || header < HeaderBytes || header > length)
            return false;
        What = (NameEvents)BinaryPrimitives.ReadUInt64LittleEndian(_rest[8..]);
        Pid = BinaryPrimitives.ReadInt32LittleEndian(_rest[20..]);
        ReadRecords(_rest[header..(int)length]);
        _rest = _rest[(int)length..];
        return true;
    }

    private void ReadRecords(ReadOnlySpan<byte> records)
    {
        while (records.Length >= HandleOffset + HandleHeaderBytes)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(records[2..]);
            if (length < RecordHeaderBytes || length > records.Length)
                return;
            if (records[0] is FileRecord or DirectoryAndNameRecord && length >= HandleOffset + HandleHeaderBytes)
            {
                var handleEnd = HandleOffset + HandleHeaderBytes + (long)BinaryPrimitives.ReadUInt32LittleEndian(records[HandleOffset..]);
                if (handleEnd > length)
                    return;
                var key = records[RecordHeaderBytes..(int)handleEnd];
                if (records[0] == FileRecord)
                {
                    Target = key;
                }
                else
                {
                    var name = records[(int)handleEnd..length];
                    var end = name.IndexOf((byte)0);
                    Directory = key;
                    Name = end < 0 ? name : name[..end];
                }
            }
            records = records[length..];
        }
    }
}
