using System.Buffers.Binary;

namespace Ops.Integrity;

/// <summary>The 20 bytes by which Cyrus names a message: the SHA-1 of the whole file as it is stored. All zero where the release or its configuration kept none.</summary>
/// <remarks>Source: cyrus imap/message_guid.c: message_guid_generate, message_guid_isnull.</remarks>
public readonly record struct MessageGuid(ulong First, ulong Second, uint Last)
{
    public const int Bytes = 20;

    public bool IsZero => this == default;

    /// <param name="bytes">At least <see cref="Bytes"/>.</param>
    public static MessageGuid From(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));

    /// <summary>40 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{First:x16}{Second:x16}{Last:x8}";
}
