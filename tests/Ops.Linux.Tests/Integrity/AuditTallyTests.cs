using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class AuditTallyTests : IDisposable
{
    private readonly AuditedStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void What_is_counted_is_named_once() =>
        Assert.Empty(typeof(AuditTally).GetProperties().Select(p => p.Name).Intersect(typeof(AuditCounts).GetProperties().Select(p => p.Name)));

    [Fact]
    public void Counts_that_were_read_do_not_change_when_more_is_counted()
    {
        var tally = new AuditTally();
        tally.Read(ReadReason.Sample);
        var before = tally.Counts;

        tally.Read(ReadReason.Sample);

        Assert.Equal((1L, 1L, 2L), (before.Read, before.Reasons[ReadReason.Sample], tally.Counts.Reasons[ReadReason.Sample]));
    }

    [Fact]
    public void A_run_says_what_it_has_counted_and_how_much_is_left_to_look_at_again()
    {
        _store.Mailbox("alice", (1, "one"), (2, "two"));
        _store.Overwrite("alice/1.", "longer");
        var audit = new StoreAudit(new AuditOptions(AuditedStore.Nothing, null, null) { SecondLookAfter = TimeSpan.FromMilliseconds(30) }, TimeProvider.System);
        Assert.Equal((0L, null), (audit.Counts.Mailboxes, audit.ToLookAgain));

        audit.Run([FilePath.FromText(_store.Path)]);

        Assert.Equal((1L, 2L, 0), (audit.Counts.Mailboxes, audit.Counts.Messages, audit.ToLookAgain));
    }

    [Theory]
    [InlineData("7 2", 0)]
    [InlineData("3 1\n4 1", 0)]
    [InlineData("7 3", 1)]
    [InlineData("3 1", 1)]
    public void A_maildirsize_with_another_sum_is_a_remark_and_no_damage(string lines, long others)
    {
        foreach (var folder in new[] { "", ".Sent/" })
        {
            foreach (var part in new[] { "cur", "new", "tmp" })
                Directory.CreateDirectory(_store.File($"alice/{folder}{part}"));
        }
        _store.Write("alice/maildirsize", $"1000S\n{lines}\n");
        _store.Write("alice/cur/1.M1P2.host,S=3:2,S", "one");
        _store.Write("alice/.Sent/cur/2.M1P2.host:2,S", "four");

        var report = _store.Audit();

        Assert.Equal(others, report.Counts.OtherSums);
        Assert.Empty(report.Damages);
        Assert.Empty(report.NotSeen);
    }

    [Fact]
    public void A_sum_without_deleted_messages_or_without_the_trash_is_right_too()
    {
        var sum = new MaildirSum();
        sum.Add(isTrash: false, "1.a:2,S"u8, said: 5, fileSize: 3);
        sum.Add(isTrash: false, "2.a:2,ST"u8, said: null, fileSize: 10);
        sum.Add(isTrash: true, "3.a"u8, said: null, fileSize: 100);

        Assert.All([(115L, 3L), (105, 2), (15, 2), (5, 1)], s => Assert.True(sum.Agrees(new MaildirSize("1000S", s.Item1, s.Item2))));
        Assert.False(sum.Agrees(new MaildirSize("1000S", 115, 2)));
    }
}
