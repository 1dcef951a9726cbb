using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Ops.Integrity;

/// <summary>A digest as a file: <see cref="DigestText"/>, compressed, then a seal over all bytes before it. What lacks one of them, has one more or one that differs is refused.</summary>
/// <remarks>
/// The checksum of gzip is not enough: .NET reads a file that lost it, and one with something behind it, without complaint. The seal is a gzip member of its own, not compressed so that it always has
/// the same length, with the line <c>seal SHA256</c>. <c>zcat</c> shows all of it.
/// </remarks>
public static class DigestFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly int SealBytes = Seal(new byte[SHA256.HashSizeInBytes]).Length;

    public static void Write(Stream to, ReplicaDigest digest, bool withRecords)
    {
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(to, hash, CryptoStreamMode.Write, leaveOpen: true))
        using (var zip = new GZipStream(hashed, CompressionLevel.Fastest))
        using (var text = new StreamWriter(zip, Utf8, 64 * 1024))
            DigestText.Write(text, digest, withRecords);
        to.Write(Seal(hash.Hash!));
    }

    /// <param name="from">Read to its end, or to the first thing that cannot be right.</param>
    public static Reading<ReplicaDigest> Read(Stream from)
    {
        using var content = new AllButSeal(from);
        try
        {
            using var text = new StreamReader(new GZipStream(content, CompressionMode.Decompress), Utf8, false, 64 * 1024);
            var reading = DigestText.Read(text);
            if (content.IsEmpty)
                return Reading<ReplicaDigest>.Refused(FormatFault.TooShort, "it is empty");
            if (reading.Refusal is not null)
                return reading;
            if (text.Read() >= 0 || content.ReadByte() >= 0)
                return Reading<ReplicaDigest>.Refused(FormatFault.BrokenEntries, "something follows its last line");
            return content.HasSeal() ? reading : Reading<ReplicaDigest>.Refused(FormatFault.BrokenChecksum, "it was cut off or changed after it was written: its seal is not that of what is before it");
        }
        catch (InvalidDataException)
        {
            return Reading<ReplicaDigest>.Refused(FormatFault.BrokenChecksum, "it is not compressed as a digest is, or was changed after it was written");
        }
    }

    // RFC 1952 around one stored block of RFC 1951.
    private static byte[] Seal(ReadOnlySpan<byte> hash)
    {
        var line = Encoding.ASCII.GetBytes($"seal\t{Convert.ToHexStringLower(hash)}\n");
        byte[] member = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1, 0, 0, 0, 0, .. line, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(member.AsSpan(11), (ushort)line.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(member.AsSpan(13), (ushort)~line.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(member.AsSpan(member.Length - 8), Crc32.Of(line));
        BinaryPrimitives.WriteInt32LittleEndian(member.AsSpan(member.Length - 4), line.Length);
        return member;
    }

    /// <summary>Gives what is before the last bytes of a stream of unknown length, and keeps those.</summary>
    private sealed class AllButSeal(Stream from) : Stream
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private int _at;
        private int _end;

        public bool IsEmpty => _end == 0;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        /// <summary>To be asked at the end.</summary>
        public bool HasSeal() => _buffer.AsSpan(_at, _end - _at).SequenceEqual(Seal(_hash.GetHashAndReset()));

        public override int Read(Span<byte> buffer)
        {
            while (_end - _at <= SealBytes)
            {
                _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
                (_at, _end) = (0, _end - _at);
                var more = from.Read(_buffer, _end, _buffer.Length - _end);
                if (more == 0)
                    return 0;
                _end += more;
            }
            var given = _buffer.AsSpan(_at, Math.Min(buffer.Length, _end - _at - SealBytes));
            given.CopyTo(buffer);
            _hash.AppendData(given);
            _at += given.Length;
            return given.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
