using Ops.Testing;

namespace Ops.Integrity.Tests;

public sealed class CyrusIndexTests
{
    private static readonly byte[] Digest = CyrusIndexBytes.Sha1([.. "hello"u8]);

    public static TheoryData<int> Versions => new(CyrusVersion.All.Select(v => v.Minor));

    [Theory, MemberData(nameof(Versions))]
    public void Every_version_gives_uid_size_and_flags_where_it_keeps_them(int version)
    {
        var bytes = new CyrusIndexBytes((uint)version) { LastUid = 44 }
            .Add(3, 1234, Digest, flags: 1 << 4, updated: 1_700_000_000, internalDate: 1_600_000_000)
            .Add(44, 7, Digest, flags: 3u << 30)
            .ToArray();

        var index = CyrusIndexParser.Parse(bytes).Value!;

        Assert.Equal((version, 41u, 44u, 7u, false, 0), (index.Version.Minor, index.Generation, index.LastUid, index.UidValidity, index.IsDeleted, index.Broken));
        var (first, second) = (index.Records[0], index.Records[1]);
        Assert.Equal((3u, 1234ul, 1_700_000_000L, 1_600_000_000L), (first.Uid, first.Size, first.LastUpdated, first.InternalDate));
        Assert.Equal(version >= 10 ? "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d" : new string('0', 40), first.Digest.ToString());
        // Before version 12 these bits have no meaning, and the file is there.
        Assert.Equal((version >= 12, version >= 12, false), (second.IsExpunged, second.IsUnlinked, second.IsArchived));
        Assert.Empty(index.Pending);
    }

    [Theory, MemberData(nameof(Versions))]
    public void The_sizes_in_the_file_count_and_not_those_of_its_version(int version)
    {
        var index = CyrusIndexParser.Parse(new CyrusIndexBytes((uint)version) { WiderRecords = 8 }.Add(1, 10, Digest).Add(2, 20, Digest).ToArray()).Value!;

        Assert.Equal([(1u, 10ul), (2u, 20ul)], index.Records.Select(r => (r.Uid, r.Size)));
    }

    [Fact]
    public void An_index_of_a_real_Cyrus_3_6_is_read()
    {
        var index = CyrusIndexParser.Parse(File.ReadAllBytes("Samples/cyrus-3.6.1.index")).Value!;

        Assert.Equal((17, 7u, 7, 0), (index.Version.Minor, index.LastUid, index.Records.Count, index.Broken));
        Assert.Equal((1u, 1494ul, 1795907045L), (index.Records[0].Uid, index.Records[0].Size, index.Records[0].InternalDate));
        Assert.Equal("458798eabf0421390f14d5bd7c786a08322c8ce8", index.Records[0].Digest.ToString());
        Assert.Equal((7u, 1193ul, "7332f03e75fa7510964a6e9ff7362a6f433427e3"), (index.Records[6].Uid, index.Records[6].Size, index.Records[6].Digest.ToString()));
    }

    [Fact]
    public void A_header_of_a_real_Cyrus_3_6_names_its_mailbox() =>
        Assert.Equal(new CyrusHeader("5ss7h5dautjg0o9op59rmjmh", "user.carol"), CyrusHeader.Parse(File.ReadAllBytes("Samples/cyrus-3.6.1.header")).Value);

    [Fact]
    public void A_header_before_3_6_gives_the_unique_id()
    {
        byte[] start = [0xA1, 0x02, 0x8B, 0x0D];
        byte[] text = [.. start, .. "Cyrus mailbox header\n\"The best thing\"\n\t--Jim\nuser.bob\t4f2c8a1e5b7d9f03\nflags\nbob lrs\n"u8];
        Assert.Equal(new CyrusHeader("4f2c8a1e5b7d9f03", null), CyrusHeader.Parse(text).Value);
        Assert.Equal(FormatFault.AnotherFormat, CyrusHeader.Parse("quotaroot\tid\n"u8).Refusal!.Fault);
    }

    [Fact]
    public void Records_that_the_header_does_not_count_are_pending()
    {
        var index = CyrusIndexParser.Parse(new CyrusIndexBytes(17) { Uncommitted = 1, LastUid = 1 }.Add(1, 10, Digest).Add(2, 20, Digest).ToArray()).Value!;

        Assert.Equal(1u, Assert.Single(index.Records).Uid);
        Assert.Equal(2u, Assert.Single(index.Pending));
    }

    [Fact]
    public void A_record_with_a_wrong_checksum_is_not_believed()
    {
        var bytes = new CyrusIndexBytes(17).Add(1, 10, Digest).Add(2, 20, Digest).ToArray();
        bytes[160 + 15] ^= 1;

        var index = CyrusIndexParser.Parse(bytes).Value!;

        Assert.Equal((1, 2u), (index.Broken, Assert.Single(index.Records).Uid));
    }

    [Fact]
    public void A_header_with_a_wrong_checksum_is_refused()
    {
        var bytes = new CyrusIndexBytes(17).Add(1, 10, Digest).ToArray();
        bytes[40] ^= 1;

        Assert.Equal(FormatFault.BrokenChecksum, CyrusIndexParser.Parse(bytes).Refusal!.Fault);
    }

    [Fact]
    public void What_cannot_be_an_index_is_refused_with_the_reason()
    {
        var whole = new CyrusIndexBytes(10).Add(1, 10, Digest).Add(2, 20, Digest).ToArray();
        Assert.Equal(FormatFault.TooShort, CyrusIndexParser.Parse([]).Refusal!.Fault);
        Assert.Equal(FormatFault.TooShort, CyrusIndexParser.Parse(whole.AsSpan(0, whole.Length - 1)).Refusal!.Fault);
        Assert.Equal(FormatFault.BrokenEntries, CyrusIndexParser.Parse(new CyrusIndexBytes(10).Add(2, 1).Add(2, 1).ToArray()).Refusal!.Fault);
        whole[11] = 11;
        Assert.Equal(FormatFault.UnknownVersion, CyrusIndexParser.Parse(whole).Refusal!.Fault);
        whole[11] = 12;
        Assert.Equal(FormatFault.ImpossibleSizes, CyrusIndexParser.Parse(whole).Refusal!.Fault);
    }

    [Fact]
    public void A_mailbox_that_is_being_removed_says_so_where_its_version_has_the_flag()
    {
        foreach (var version in new uint[] { 12, 17, 19, 20 })
            Assert.True(CyrusIndexParser.Parse(new CyrusIndexBytes(version) { Options = 1u << 31 }.ToArray()).Value!.IsDeleted);
        Assert.False(CyrusIndexParser.Parse(new CyrusIndexBytes(10) { Options = 1u << 31 }.ToArray()).Value!.IsDeleted);
    }

    [Fact]
    public void Every_version_names_its_releases_and_its_source() =>
        Assert.All(CyrusVersion.All, v => Assert.True(v is { Releases.Length: > 0, Source.Length: > 0, HeaderSize: >= 24 } && v.RecordSize % 4 == 0));
}
