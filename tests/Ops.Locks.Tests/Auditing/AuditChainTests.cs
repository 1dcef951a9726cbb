namespace Ops.Locks.Tests;

public sealed class AuditChainTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Operation = Guid.Parse("0f9e2c4a-6f5d-4a52-9c1b-0a4c6a4d7e01");

    /// <summary>One change to each field, and a name for it.</summary>
    public static TheoryData<string, Func<AuditRecord, AuditRecord>> Edits => new()
    {
        { "at", r => r with { At = r.At.AddTicks(10) } },
        { "actor", r => r with { Actor = "mallory" } },
        { "action", r => r with { Action = AuditActions.Remove } },
        { "host", r => r with { Host = "mail2" } },
        { "host gone", r => r with { Host = null } },
        { "path", r => r with { Path = "/var/mail/bob.lock" } },
        { "outcome", r => r with { Outcome = "refused" } },
        { "outcome emptied", r => r with { Outcome = "" } },
        { "outcome gone", r => r with { Outcome = null } },
        { "reason", r => r with { Reason = r.Reason + " " } },
        { "operation", r => r with { OperationId = Guid.Empty } },
        { "operation gone", r => r with { OperationId = null } },
        { "detail", r => r with { Detail = "{}" } },
        { "previous hash", r => r with { PreviousHash = new string('a', 64) } },
        { "hash", r => r with { Hash = new string('a', 64) } },
        { "text moved between fields", r => r with { Actor = "al", Action = "icebreak" } },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void An_edited_field_is_found_at_its_entry(string field, Func<AuditRecord, AuditRecord> edit)
    {
        var chain = Chain(5);
        chain[2] = edit(chain[2]);

        var broken = Assert.IsType<AuditVerification.Broken>(AuditChain.Verify(chain, HeadOf(Chain(5))));

        Assert.True(broken is { Entry: 3, Reason: AuditBreak.Edited }, $"{field}: {broken}");
    }

    [Fact]
    public void An_untouched_chain_is_intact_and_names_its_head()
    {
        var chain = Chain(5);

        var intact = Assert.IsType<AuditVerification.Intact>(AuditChain.Verify(chain, HeadOf(chain)));

        Assert.Equal((5, HeadOf(chain), AuditAnchor.Same), (intact.Count, intact.Head, intact.Anchor));
        Assert.Empty(intact.Remarks);
    }

    [Fact]
    public void An_empty_chain_is_intact()
    {
        var intact = Assert.IsType<AuditVerification.Intact>(AuditChain.Verify([], AuditHead.Genesis));

        Assert.Equal((0, AuditHead.Genesis, AuditAnchor.Same), (intact.Count, intact.Head, intact.Anchor));
    }

    [Fact]
    public void Without_an_anchor_the_chain_is_intact_but_says_what_it_cannot_know()
    {
        var intact = Assert.IsType<AuditVerification.Intact>(AuditChain.Verify(Chain(2)));

        Assert.Equal(AuditAnchor.None, intact.Anchor);
        Assert.Contains("no head anchor", Assert.Single(intact.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void An_anchor_one_entry_behind_is_a_crash_not_a_forgery()
    {
        var chain = Chain(5);

        var intact = Assert.IsType<AuditVerification.Intact>(AuditChain.Verify(chain, HeadOf(chain[..4])));

        Assert.Equal(AuditAnchor.Behind, intact.Anchor);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    public void A_dropped_entry_is_found_where_it_was(int index, long entry)
    {
        var chain = Chain(5);
        chain.RemoveAt(index);

        AssertBroken(AuditChain.Verify(chain), entry, AuditBreak.Missing);
    }

    [Fact]
    public void Entries_that_changed_places_are_found()
    {
        var chain = Chain(5);
        (chain[1], chain[2]) = (chain[2], chain[1]);

        AssertBroken(AuditChain.Verify(chain), 2, AuditBreak.Missing);
    }

    [Fact]
    public void An_entry_that_comes_twice_is_found()
    {
        var chain = Chain(3);
        chain.Add(chain[1]);

        AssertBroken(AuditChain.Verify(chain), 2, AuditBreak.OutOfOrder);
    }

    [Fact]
    public void Entries_that_swapped_their_contents_are_found()
    {
        var chain = Chain(5);
        (chain[1], chain[2]) = (chain[2] with { Sequence = 2 }, chain[1] with { Sequence = 3 });

        AssertBroken(AuditChain.Verify(chain), 2, AuditBreak.Edited);
    }

    [Fact]
    public void An_entry_forged_with_a_right_hash_is_found_at_the_next_one()
    {
        var chain = Chain(5);
        var forged = chain[2] with { Reason = "never mind" };
        chain[2] = forged with { Hash = AuditChain.Hash(forged) };

        AssertBroken(AuditChain.Verify(chain), 4, AuditBreak.Unlinked);
    }

    [Fact]
    public void A_last_entry_forged_with_a_right_hash_is_found_by_the_anchor()
    {
        var chain = Chain(5);
        var anchor = HeadOf(chain);
        var forged = chain[4] with { Reason = "never mind" };
        chain[4] = forged with { Hash = AuditChain.Hash(forged) };

        AssertBroken(AuditChain.Verify(chain, anchor), 5, AuditBreak.Rewritten);
    }

    [Theory]
    [InlineData(4, 5)]
    [InlineData(0, 1)]
    public void A_cut_off_tail_is_found_by_the_anchor(int left, long entry)
    {
        var chain = Chain(5);

        AssertBroken(AuditChain.Verify(chain[..left], HeadOf(chain)), entry, AuditBreak.Truncated);
    }

    [Theory]
    [InlineData(AnchorMismatch.Ahead, AuditBreak.Truncated)]
    [InlineData(AnchorMismatch.Rewritten, AuditBreak.Rewritten)]
    public void A_loss_the_log_itself_recorded_stays_a_finding_when_it_has_grown_on(string mismatch, AuditBreak expected)
    {
        var chain = Chain(2);
        chain.Add(AuditChain.Next(HeadOf(chain), new() { Actor = "console", Action = AuditActions.AnchorMismatch, Outcome = mismatch, Detail = "9" }, Noon));
        chain.Add(AuditChain.Next(HeadOf(chain), Draft(4), Noon));

        AssertBroken(AuditChain.Verify(chain, HeadOf(chain)), 3, expected);
    }

    [Fact]
    public void An_anchor_that_had_gone_missing_is_remarked_on()
    {
        var chain = Chain(2);
        chain.Add(AuditChain.Next(HeadOf(chain), new() { Actor = "console", Action = AuditActions.AnchorMismatch, Outcome = AnchorMismatch.Missing }, Noon));

        var intact = Assert.IsType<AuditVerification.Intact>(AuditChain.Verify(chain, HeadOf(chain)));

        Assert.Contains("Entry 3", Assert.Single(intact.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_of_a_later_encoding_is_unreadable_not_intact()
    {
        var chain = Chain(2);
        chain[1] = chain[1] with { Version = 2 };

        AssertBroken(AuditChain.Verify(chain), 2, AuditBreak.Unreadable);
    }

    [Fact]
    public void Text_that_is_no_Unicode_is_made_storable_before_it_is_hashed()
    {
        var record = AuditChain.Next(AuditHead.Genesis, new() { Actor = "a\0b", Action = "x", Path = "/m/\ud800.lock", Reason = "grüße 📬" }, Noon);

        Assert.Equal(("a\uFFFDb", "/m/\uFFFD.lock", "grüße 📬"), (record.Actor, record.Path, record.Reason));
        Assert.IsType<AuditVerification.Intact>(AuditChain.Verify([record]));
    }

    [Fact]
    public void A_lone_surrogate_smuggled_into_an_entry_is_unreadable_not_replaced()
    {
        var record = AuditChain.Next(AuditHead.Genesis, new() { Actor = "\uFFFD", Action = "x" }, Noon);

        AssertBroken(AuditChain.Verify([record with { Actor = "\ud800" }]), 1, AuditBreak.Unreadable);
    }

    [Fact]
    public void Time_is_kept_in_whole_microseconds_of_UTC()
    {
        var record = AuditChain.Next(AuditHead.Genesis, Draft(1), new DateTimeOffset(2026, 3, 1, 13, 0, 0, TimeSpan.FromHours(1)).AddTicks(19));

        Assert.Equal(Noon.AddTicks(10), record.At);
        Assert.Equal(TimeSpan.Zero, record.At.Offset);
    }

    [Fact]
    public void The_encoding_is_the_documented_one()
    {
        // Written out by hand: a change here breaks every chain already kept.
        var record = AuditChain.Next(AuditHead.Genesis, new() { Actor = "al", Action = "é", Outcome = "", OperationId = Operation }, Noon);

        var expected = "01" + "0000000000000001" + "08DE778A108C2000" // version, sequence, ticks
            + "00000002616C" + "00000002C3A9"             // actor, action
            + "FFFFFFFF" + "FFFFFFFF" + "00000000" + "FFFFFFFF" // host, path, outcome, reason
            + "000000100F9E2C4A6F5D4A529C1B0A4C6A4D7E01" + "FFFFFFFF" // operation, detail
            + "00000020" + new string('0', 64);
        Assert.Equal(expected, Convert.ToHexString(AuditChain.Encode(record)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("-1 0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("5 ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 6")]
    public void A_head_that_is_none_is_not_read_as_one(string text) => Assert.False(AuditHead.TryParse(text, out _));

    [Fact]
    public void A_head_is_read_as_it_was_written()
    {
        var head = HeadOf(Chain(3));

        Assert.True(AuditHead.TryParse(head.ToString() + "\n", out var read));
        Assert.Equal(head, read);
    }

    internal static List<AuditRecord> Chain(int count)
    {
        var chain = new List<AuditRecord>();
        for (var i = 1; i <= count; i++)
            chain.Add(AuditChain.Next(HeadOf(chain), Draft(i), Noon.AddSeconds(i)));
        return chain;
    }

    internal static AuditHead HeadOf(List<AuditRecord> chain) => chain is [.., var last] ? new(last.Sequence, last.Hash) : AuditHead.Genesis;

    private static AuditDraft Draft(int number) => new()
    {
        Actor = "alice",
        Action = AuditActions.Break,
        Host = "mail1",
        Path = $"/var/mail/user{number}.lock",
        Outcome = "done",
        Reason = "delivery stuck",
        OperationId = Operation,
        Detail = """{"fingerprint":"sha256:00"}""",
    };

    private static void AssertBroken(AuditVerification verification, long entry, AuditBreak reason)
    {
        var broken = Assert.IsType<AuditVerification.Broken>(verification);
        Assert.Equal((entry, reason), (broken.Entry, broken.Reason));
    }
}
