using System.IO.Compression;
using System.Text;

namespace Ops.Integrity.Tests;

/// <summary>A digest on its way from one host to another: all of it arrives, or it is refused.</summary>
public sealed class DigestFileTests
{
    private static readonly DateTimeOffset Taken = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly ReplicaDigest Digest = new("mx2", Taken, true, 0, [Box("a", 1, 2, 300), Box("b", 7)]);
    private static readonly byte[] Good = Written(Digest, withRecords: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_digest_file_is_read_as_it_was_written(bool withRecords)
    {
        var file = Written(Digest, withRecords);
        var read = Read(file).Value!;
        Assert.Equal((Digest.Host, Digest.TakenAt, 2), (read.Host, read.TakenAt, read.Mailboxes.Count));
        Assert.Equal(file, Written(read, withRecords));
    }

    [Fact]
    public void A_digest_file_larger_than_every_buffer_is_read_whatever_pieces_it_arrives_in()
    {
        var large = Digest with { Mailboxes = [.. Enumerable.Range(0, 3000).Select(i => Box($"box-{i}", (uint)i + 1, (uint)i + 500))] };
        var file = Written(large, withRecords: true);
        Assert.True(file.Length > 128 * 1024);
        foreach (var piece in (int[])[97, 4096, file.Length])
            Assert.Equal(3000, DigestFile.Read(new Pieces(file, piece)).Value!.Mailboxes.Count);
        Assert.Equal(FormatFault.BrokenChecksum, DigestFile.Read(new Pieces(file[..^1], 4096)).Refusal!.Fault);
    }

    [Fact]
    public void A_digest_file_that_lost_any_number_of_its_last_bytes_is_refused()
    {
        for (var length = 0; length < Good.Length; length++)
            Assert.True(Read(Good[..length]).Refusal is { Detail.Length: > 0 }, $"{length} of {Good.Length} bytes");
        Assert.Equal("it is empty", Read([]).Refusal!.Detail);
        Assert.StartsWith("it was cut off", Read(Good[..^1]).Refusal!.Detail, StringComparison.Ordinal);
        Assert.StartsWith("it was cut off", Read(Good[..^12]).Refusal!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_digest_file_that_lost_any_number_of_its_first_bytes_is_refused()
    {
        for (var from = 1; from < Good.Length; from++)
            Assert.True(Read(Good[from..]).Refusal is not null, $"without the first {from} bytes");
    }

    [Fact]
    public void A_digest_file_with_any_one_bit_changed_is_refused()
    {
        for (var bit = 0; bit < Good.Length * 8; bit++)
        {
            byte[] changed = [.. Good];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(Read(changed).Refusal is not null, $"bit {bit % 8} of byte {bit / 8}");
        }
    }

    [Fact]
    public void A_digest_file_with_something_behind_its_end_is_refused()
    {
        byte[] emptyMember = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[][] behind = [[0], [(byte)'\n'], new byte[512], Good, Good[^8..], Good[^93..], Good[..20], Compressed("m\tc\t7\t1\t0\t\tuser.c\n"), emptyMember];
        Assert.All(behind, more => Assert.NotNull(Read([.. Good, .. more]).Refusal));
    }

    [Fact]
    public void A_compressed_text_without_a_seal_is_refused()
    {
        var text = new StringWriter();
        DigestText.Write(text, Digest, withRecords: true);
        Assert.NotNull(DigestText.Read(new StringReader(text.ToString())).Value);
        Assert.Equal(FormatFault.BrokenChecksum, Read([.. Compressed(text.ToString()), .. new byte[93]]).Refusal!.Fault);
        Assert.NotNull(Read(Compressed(text.ToString())).Refusal);
        Assert.NotNull(Read(Encoding.UTF8.GetBytes(text.ToString())).Refusal);
    }

    [Fact]
    public void An_administrator_can_look_at_a_digest_file_with_zcat()
    {
        using var text = new StreamReader(new GZipStream(new MemoryStream(Good), CompressionMode.Decompress));
        var lines = text.ReadToEnd().Split('\n');
        Assert.Equal(["end\t2", "seal", ""], [lines[^3], lines[^2].Split('\t')[0], lines[^1]]);
    }

    private static ReplicaMailbox Box(string id, params uint[] uids) =>
        ReplicaHash.Mailbox(id, "user." + id, 7, uids[^1], [.. uids.Select(uid => new ReplicaRecord(uid, uid * 100, new MessageGuid(uid * 7919, uid, 3), 200, 100, false))]);

    private static byte[] Written(ReplicaDigest digest, bool withRecords)
    {
        using var file = new MemoryStream();
        DigestFile.Write(file, digest, withRecords);
        return file.ToArray();
    }

    private static Reading<ReplicaDigest> Read(byte[] file) => DigestFile.Read(new MemoryStream(file));

    private static byte[] Compressed(string text)
    {
        using var file = new MemoryStream();
        using (var zip = new GZipStream(file, CompressionLevel.Fastest))
            zip.Write(Encoding.UTF8.GetBytes(text));
        return file.ToArray();
    }

    /// <summary>As a pipe gives it: never more than so many bytes at once.</summary>
    private sealed class Pieces(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));
    }
}
