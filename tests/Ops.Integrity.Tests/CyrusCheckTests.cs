namespace Ops.Integrity.Tests;

public sealed class CyrusCheckTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    private static readonly MessageGuid Right = new(1, 2, 3);
    private static readonly MessageGuid Wrong = new(9, 9, 9);

    [Fact]
    public void Files_as_the_index_says_are_no_suspects()
    {
        var comparison = Compare(Index(Record(1, 10), Record(2, 20)), File(1, 10), File(2, 20));
        Assert.Empty(comparison.Suspects);
        Assert.Equal((2, 0, false), (comparison.Expected, comparison.Archived, comparison.AllMissing));
    }

    [Fact]
    public void Another_size_is_a_suspect()
    {
        var suspect = Assert.Single(Compare(Index(Record(1, 10), Record(2, 20)), File(1, 10), File(2, 21)).Suspects);
        Assert.Equal((CheckKind.Size, "2.", 2u, 20ul, 21L), (suspect.Kind, suspect.Key, suspect.Claim!.Uid!.Value, suspect.Claim.Size!.Value, suspect.File!.Size));
    }

    [Fact]
    public void Other_bytes_of_the_right_size_are_a_suspect_only_where_the_index_keeps_a_hash()
    {
        Assert.Equal(CheckKind.Content, CyrusCheck.Content(Record(1, 10), File(1, 10), Wrong)!.Kind);
        Assert.Null(CyrusCheck.Content(Record(1, 10), File(1, 10), Right));
        Assert.Null(CyrusCheck.Content(Record(1, 10) with { Digest = default }, File(1, 10), Wrong));
    }

    [Fact]
    public void A_record_without_a_file_is_missing_unless_it_is_unlinked_or_archived()
    {
        var comparison = Compare(Index(Record(1, 10), Record(2, 20), Record(3, 30, 1u << 30), Record(4, 40, 3u << 30), Record(5, 50, 1u << 29)), File(1, 10));
        Assert.Equal((CheckKind.Missing, "2."), Assert.Single(comparison.Suspects.Select(s => (s.Kind, s.Key))));
        Assert.Equal((2, 1), (comparison.Expected, comparison.Archived));
    }

    [Fact]
    public void An_expunged_message_keeps_its_file_until_it_is_unlinked() =>
        Assert.Equal("2.", Assert.Single(Compare(Index(Record(1, 10), Record(2, 20, 1u << 31)), File(1, 10)).Suspects).Key);

    [Fact]
    public void Not_one_file_of_many_records_is_another_partition_and_no_list_of_missing_messages()
    {
        var comparison = Compare(Index(Record(1, 10), Record(2, 20)));
        Assert.True(comparison.AllMissing);
        Assert.Empty(comparison.Suspects);
    }

    [Fact]
    public void A_file_that_no_record_names_is_extra()
    {
        var suspect = Assert.Single(Compare(Index(Record(2, 20)), File(1, 10), File(2, 20)).Suspects);
        Assert.Equal((CheckKind.Extra, "1."), (suspect.Kind, suspect.Key));
        Assert.Null(suspect.Claim);
    }

    [Fact]
    public void A_young_file_above_the_last_uid_may_be_an_append_and_an_old_one_is_none()
    {
        var young = File(3, 10) with { Changed = FileTime.From(Now.AddMinutes(-59)) };
        Assert.Empty(Compare(Index(Record(2, 20)), File(2, 20), young).Suspects);
        Assert.Equal(CheckKind.Extra, Assert.Single(Compare(Index(Record(2, 20)), File(2, 20), young with { Changed = FileTime.From(Now.AddMinutes(-61)) }).Suspects).Kind);
    }

    [Fact]
    public void A_file_of_a_record_that_is_not_committed_is_not_extra() =>
        Assert.Empty(Compare(Index(Record(2, 20)) with { Pending = new HashSet<uint> { 1 } }, File(1, 10), File(2, 20)).Suspects);

    [Fact]
    public void No_file_is_extra_while_a_record_cannot_be_read() =>
        Assert.Empty(Compare(Index(Record(2, 20)) with { Broken = 1 }, File(1, 10), File(2, 20)).Suspects);

    [Fact]
    public void Files_of_expunged_messages_of_2_3_are_known_by_their_own_index()
    {
        var index = Index(Record(2, 20));
        var files = new[] { File(1, 10), File(2, 20) };
        Assert.Empty(CyrusCheck.Compare(index, Index(Record(1, 10)), ByUid(files), Now).Suspects);
        Assert.Equal(CheckKind.Size, Assert.Single(CyrusCheck.Compare(index, Index(Record(1, 11)), ByUid(files), Now).Suspects).Kind);
        // The files go before the records: one that is not there says nothing.
        Assert.Empty(CyrusCheck.Compare(index, Index(Record(7, 11)), ByUid([File(2, 20)]), Now).Suspects);
    }

    [Fact]
    public void A_mailbox_that_is_being_removed_has_no_suspects() =>
        Assert.Empty(Compare(Index(Record(1, 10), Record(2, 20)) with { IsDeleted = true }, File(1, 11)).Suspects);

    [Fact]
    public void A_modification_time_that_is_not_the_internal_date_shows_a_later_write()
    {
        var record = Record(1, 10) with { InternalDate = Now.ToUnixTimeSeconds() };
        Assert.False(CyrusCheck.WasWrittenAgain(record, File(1, 10) with { Modified = new FileTime(Now.ToUnixTimeSeconds(), 0) }));
        Assert.True(CyrusCheck.WasWrittenAgain(record, File(1, 10) with { Modified = new FileTime(Now.ToUnixTimeSeconds() + 1, 0) }));
    }

    private static CyrusComparison Compare(CyrusIndex index, params StoredFile[] files) => CyrusCheck.Compare(index, null, ByUid(files), Now);

    private static Dictionary<uint, StoredFile> ByUid(IEnumerable<StoredFile> files) => files.ToDictionary(f => uint.Parse(f.Key.AsSpan(0, f.Key.Length - 1), System.Globalization.CultureInfo.InvariantCulture));

    private static CyrusIndex Index(params CyrusRecord[] records) => new(CyrusVersion.Of(17)!, 1, records.Length == 0 ? 0 : records[^1].Uid, 7, false, records, new HashSet<uint>(), 0);

    private static CyrusRecord Record(uint uid, ulong size, uint flags = 0) => new(uid, size, Right, flags, 0, 0);

    private static StoredFile File(uint uid, long size) => new(CyrusCheck.FileName(uid), new FileIdentity(8, 1, uid), 1, size, FileTime.From(Now.AddDays(-1)), FileTime.From(Now.AddDays(-1)));
}
