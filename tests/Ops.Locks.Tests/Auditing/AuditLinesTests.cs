namespace Ops.Locks.Tests;

public sealed class AuditLinesTests
{
    [Fact]
    public void A_written_entry_is_read_back_the_same()
    {
        var record = AuditChainTests.Chain(1)[0] with { Path = "/m/a\u001b[31m\n\"ß.lock", Reason = null };

        var line = AuditLines.Format(record);

        Assert.Equal(record, AuditLines.Parse(line, out _));
        Assert.DoesNotContain(line, c => c is < ' ' or > '~');
    }

    [Fact]
    public void An_exported_chain_is_verified_without_a_database()
    {
        var chain = AuditChainTests.Chain(20);

        var intact = Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(Lines(chain), AuditChainTests.HeadOf(chain)));

        Assert.Equal((20, AuditAnchor.Same), (intact.Count, intact.Anchor));
    }

    [Fact]
    public void Two_lines_cut_from_the_end_of_an_export_are_found_by_its_header()
    {
        var chain = AuditChainTests.Chain(5);
        var lines = Export(chain, AuditChainTests.HeadOf(chain));

        Assert.Empty(Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(lines)).Remarks);
        AssertBroken(lines.SkipLast(2), 4, AuditBreak.Truncated);
    }

    [Fact]
    public void An_export_without_its_header_cannot_prove_its_end_and_says_so()
    {
        var chain = AuditChainTests.Chain(5);
        var intact = Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(Export(chain, AuditChainTests.HeadOf(chain)).Skip(1).SkipLast(2)));
        Assert.Contains("cannot prove the end", Assert.Single(intact.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void An_export_that_was_made_without_an_anchor_says_so()
    {
        var lines = Export(AuditChainTests.Chain(5), null);
        Assert.Contains("audit.head is missing", Assert.Single(Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(lines)).Remarks), StringComparison.Ordinal);
        AssertBroken(lines.SkipLast(1), 5, AuditBreak.Truncated);
    }

    [Fact]
    public void An_export_of_a_log_that_is_older_than_its_anchor_is_broken()
    {
        var chain = AuditChainTests.Chain(5);
        AssertBroken(Export(chain.Take(3).ToList(), AuditChainTests.HeadOf(chain)), 4, AuditBreak.Truncated);
    }

    [Fact]
    public void An_export_whose_anchor_names_another_entry_is_broken()
    {
        var chain = AuditChainTests.Chain(5);
        AssertBroken(Export(chain, new AuditHead(3, new string('7', 64))), 3, AuditBreak.Rewritten);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void A_log_that_was_rewritten_and_exported_again_is_found_by_an_older_anchor_that_was_kept_elsewhere(int sequence)
    {
        var rewritten = AuditChainTests.Chain(5);
        var kept = new AuditHead(sequence, new string('7', 64));

        var broken = Assert.IsType<AuditVerification.Broken>(AuditLines.Verify(Export(rewritten, AuditChainTests.HeadOf(rewritten)), kept));

        Assert.Equal((sequence, AuditBreak.Rewritten), (broken.Entry, broken.Reason));
    }

    [Fact]
    public void A_header_in_the_middle_is_no_entry()
    {
        var chain = AuditChainTests.Chain(5);
        var lines = Export(chain, AuditChainTests.HeadOf(chain));
        AssertBroken([.. lines.Skip(1).Take(2), lines[0], .. lines.Skip(3)], 3, AuditBreak.Unreadable);
    }

    [Fact]
    public void An_edited_line_is_found()
    {
        var lines = Lines(AuditChainTests.Chain(5));
        lines[3] = lines[3].Replace("alice", "mallory", StringComparison.Ordinal);

        AssertBroken(lines, 4, AuditBreak.Edited);
    }

    [Fact]
    public void A_dropped_line_is_found()
    {
        var lines = Lines(AuditChainTests.Chain(5));
        lines.RemoveAt(1);

        AssertBroken(lines, 2, AuditBreak.Missing);
    }

    [Fact]
    public void A_line_cut_in_the_middle_is_unreadable()
    {
        var lines = Lines(AuditChainTests.Chain(3));
        lines[2] = lines[2][..40];

        AssertBroken(lines, 3, AuditBreak.Unreadable);
    }

    [Fact]
    public void Empty_lines_hold_no_entries()
    {
        var lines = Lines(AuditChainTests.Chain(2));
        lines.Insert(1, "");

        Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(lines));
    }

    [Theory]
    [InlineData("{'actor':", "{'comment':'approved by bob','actor':")] // a field the hash does not cover
    [InlineData("{'actor':", "{'actor':'bob','actor':")]                // which of the two would be shown?
    [InlineData(".000000Z'", ".0000000Z'")]                             // another text for the same instant
    [InlineData(".000000Z'", ".000000+00:00'")]
    [InlineData("'delivery stuck'", "'\\ud800'")]
    [InlineData("'sequence':1", "'sequence':null")]
    [InlineData("'sequence':1", "'sequence':'1'")]
    [InlineData("'at':'2026-03-01T12:00:01.000000Z'", "'at':5")]
    [InlineData("'actor':'alice',", "")]
    [InlineData("'actor':'alice',", "'actor':null,")]
    public void A_line_that_says_more_less_or_other_than_an_entry_is_unreadable(string part, string other)
    {
        // The order of the fields does not matter, so the actor may come first.
        var line = AuditLines.Format(AuditChainTests.Chain(1)[0]).Replace('"', '\'');
        var actorFirst = "{'actor':'alice'," + line[1..].Replace("'actor':'alice',", "", StringComparison.Ordinal);
        Assert.IsType<AuditVerification.Intact>(AuditLines.Verify([actorFirst.Replace('\'', '"')]));

        var changed = actorFirst.Replace(part, other, StringComparison.Ordinal);

        Assert.NotEqual(actorFirst, changed);
        AssertBroken([changed.Replace('\'', '"')], 1, AuditBreak.Unreadable);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("5")]
    [InlineData("not json")]
    public void What_is_not_an_entry_is_unreadable(string line) => AssertBroken([line], 1, AuditBreak.Unreadable);

    private static List<string> Lines(IEnumerable<AuditRecord> chain) => [.. chain.Select(AuditLines.Format)];

    private static List<string> Export(List<AuditRecord> chain, AuditHead? anchor) =>
    [
        new ExportHeader(chain[^1].At, AuditChainTests.HeadOf(chain), anchor, anchor is null ? "audit.head is missing" : null).Format(),
        .. Lines(chain),
    ];

    private static void AssertBroken(IEnumerable<string> lines, long entry, AuditBreak reason)
    {
        var broken = Assert.IsType<AuditVerification.Broken>(AuditLines.Verify(lines));
        Assert.Equal((entry, reason), (broken.Entry, broken.Reason));
    }
}
