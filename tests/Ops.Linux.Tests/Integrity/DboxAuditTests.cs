using Ops.Integrity;

namespace Ops.Linux.Tests;

/// <summary>Files of Dovecot's single-dbox, as it writes them: header, message, trailer.</summary>
public sealed class DboxAuditTests : IDisposable
{
    private const string Mailbox = "alice/mailboxes/INBOX/dbox-Mails";
    private static readonly ReadChoice Full = new(Full: true, Share: 0, Seed: 1);
    private readonly AuditedStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_file_that_is_what_its_header_and_trailer_say_is_no_difference()
    {
        Write(1, "a\nb\n", "V6\n");
        Write(2, "packed", "V1f\nZ19\n");
        Write(3, "no size", "");

        var report = _store.Audit(Full);

        Assert.Empty(report.Damages);
        Assert.Empty(report.NotSeen);
        Assert.Equal((1L, 3L, 1L, 1L, 1L), (report.Counts.Mailboxes, report.Counts.Messages, report.Counts.Read, report.Counts.Encoded, report.Counts.WithoutDigest));
    }

    [Fact]
    public void A_message_that_does_not_end_where_its_header_says_is_found_without_reading_it()
    {
        Write(1, "one\n", "V5\n", said: 3);
        Write(2, "two\n", "V5\n", said: 4000);
        Write(3, "three", "V5\n", trailer: "");

        var report = _store.Audit();

        Assert.Equal([(1u, CheckKind.Size), (2, CheckKind.Size), (3, CheckKind.Size)], report.Damages.Select(d => (d.Suspect.Claim!.Uid!.Value, d.Suspect.Kind)));
        Assert.Equal("ends at 49", DamageWords.Claim(report.Damages[0]));
        Assert.Contains("no whole trailer", DamageWords.Evidence(report.Damages[0])[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Other_line_ends_than_the_trailer_says_are_found_by_reading()
    {
        Write(7, "a\nbc", "V6\n");

        Assert.Empty(_store.Damages());
        var damage = Assert.Single(_store.Audit(Full).Damages);
        Assert.Equal((CheckKind.Content, 6UL, 5L), (damage.Suspect.Kind, damage.Suspect.Claim!.Size, damage.Suspect.LineSize));
    }

    [Fact]
    public void What_is_no_sdbox_file_is_not_seen_and_names_elsewhere_are_not_looked_at()
    {
        _store.Write($"{Mailbox}/u.1", "1 M1e\n");
        _store.Write("alice/other/u.1", "any");
        _store.Write($"{Mailbox}/u.01", "any");

        var report = _store.Audit();

        Assert.Equal(["1 files of sdbox whose header cannot be understood"], report.NotSeen);
        Assert.Empty(report.Damages);
    }

    private void Write(uint uid, string text, string metadata, long? said = null, string trailer = "\n\u0001\u0003\nGabc\n") =>
        _store.Write($"{Mailbox}/u.{uid}", $"2 M1e C5f5e1000\n\u0001\u0002N          {said ?? text.Length:x16}\n{text}{trailer}{(trailer.Length == 0 ? "" : metadata + "\n")}");
}
