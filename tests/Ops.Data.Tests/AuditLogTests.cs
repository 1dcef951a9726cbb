using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class AuditLogTests
{
    private const string Where = """ WHERE "Sequence" = 3""";

    [Fact]
    public async Task A_new_log_is_intact_and_has_an_anchor()
    {
        await using var data = await TestData.CreateAsync();

        var intact = Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());

        Assert.Equal((0, AuditAnchor.Same), (intact.Count, intact.Anchor));
        Assert.Empty(intact.Remarks);
    }

    [Fact]
    public async Task Entries_are_numbered_chained_and_anchored()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(3);

        var intact = Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());

        Assert.Equal((3, AuditAnchor.Same), (intact.Count, intact.Anchor));
        Assert.Empty(intact.Remarks);
        Assert.Equal(new AnchorReading.Known(intact.Head), data.Anchor.Read());
    }

    [Fact]
    public async Task Eight_writers_in_four_programs_never_fork_the_chain()
    {
        await using var data = await TestData.CreateAsync();
        var logs = Enumerable.Range(0, 4).Select(_ => data.StartProgram().GetRequiredService<AuditLog>()).ToList();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
                await logs[writer % logs.Count].AppendAsync(new() { Actor = $"writer {writer}", Action = "test", Reason = $"{i}" });
        })));

        var intact = Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
        Assert.Equal(200, intact.Count);
        Assert.Empty(intact.Remarks);
        await using var db = await data.OpenAsync();
        var perWriter = await db.Audit.GroupBy(e => e.Actor).Select(g => g.Count()).ToListAsync();
        Assert.Equal(Enumerable.Repeat(25, 8), perWriter);
        // In order for each writer, too: an entry that came back as written is followed by that writer's next.
        foreach (var writer in (await db.Audit.OrderBy(e => e.Sequence).ToListAsync()).GroupBy(e => e.Actor))
            Assert.Equal(Enumerable.Range(0, 25).Select(i => $"{i}"), writer.Select(e => e.Reason));
    }

    [Theory]
    [InlineData("""UPDATE "Audit" SET "At" = "At" + 10""", """UPDATE "Audit" SET "At" = "At" + interval '1 microsecond'""")]
    [InlineData("""UPDATE "Audit" SET "Actor" = 'mallory'""")]
    [InlineData("""UPDATE "Audit" SET "Action" = 'remove'""")]
    [InlineData("""UPDATE "Audit" SET "Host" = 'mail2'""")]
    [InlineData("""UPDATE "Audit" SET "Path" = '/var/mail/bob.lock'""")]
    [InlineData("""UPDATE "Audit" SET "Outcome" = 'refused'""")]
    [InlineData("""UPDATE "Audit" SET "Reason" = ''""")]
    [InlineData("""UPDATE "Audit" SET "Reason" = NULL""")]
    [InlineData("""UPDATE "Audit" SET "OperationId" = '00000000-0000-0000-0000-000000000000'""")]
    [InlineData("""UPDATE "Audit" SET "Detail" = '{{ }}'""")]
    [InlineData("""UPDATE "Audit" SET "PreviousHash" = "Hash" """)]
    [InlineData("""UPDATE "Audit" SET "Hash" = "PreviousHash" """)]
    public async Task An_edited_field_is_found(string sql, string? onPostgres = null)
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(5);

        Assert.Equal(1, await data.TamperAsync((data.Provider == DataRegistration.Postgres ? onPostgres ?? sql : sql) + Where));

        AssertBroken(await data.Audit.VerifyAsync(), 3, AuditBreak.Edited);
    }

    // Only SQLite keeps such values; the chain must say so, not fall over.
    [Theory]
    [InlineData("""UPDATE "Audit" SET "OperationId" = 'no id'""")]
    [InlineData("""UPDATE "Audit" SET "At" = -1""")]
    [InlineData("""UPDATE "Audit" SET "At" = 9223372036854775807""")]
    [InlineData("""UPDATE "Audit" SET "At" = 'yesterday'""")]
    [InlineData("""UPDATE "Audit" SET "Version" = 300""")]
    [InlineData("""UPDATE "Audit" SET "Reason" = x'FF00FE'""")]
    [InlineData("""UPDATE "Audit" SET "Actor" = 7""")]
    public async Task A_row_that_cannot_even_be_read_is_found(string sql)
    {
        await using var data = await TestData.CreateSqliteAsync();
        await data.AppendAsync(5);

        await data.TamperAsync(sql + Where);

        Assert.Equal(3, Assert.IsType<AuditVerification.Broken>(await data.Audit.VerifyAsync()).Entry);
    }

    [Fact]
    public async Task An_edited_version_is_found()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(5);

        await data.TamperAsync("""UPDATE "Audit" SET "Version" = 2""" + Where);

        AssertBroken(await data.Audit.VerifyAsync(), 3, AuditBreak.Unreadable);
    }

    [Fact]
    public async Task An_edited_number_is_found()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(5);

        await data.TamperAsync("""UPDATE "Audit" SET "Sequence" = 6""" + Where);

        AssertBroken(await data.Audit.VerifyAsync(), 3, AuditBreak.Missing);
    }

    [Fact]
    public async Task A_dropped_row_is_found()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(5);

        await data.TamperAsync("""DELETE FROM "Audit" """ + Where);

        AssertBroken(await data.Audit.VerifyAsync(), 3, AuditBreak.Missing);
    }

    [Fact]
    public async Task Rows_that_changed_places_are_found()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(5);

        await data.TamperAsync("""UPDATE "Audit" SET "Sequence" = 99""" + Where);
        await data.TamperAsync("""UPDATE "Audit" SET "Sequence" = 3 WHERE "Sequence" = 2""");
        await data.TamperAsync("""UPDATE "Audit" SET "Sequence" = 2 WHERE "Sequence" = 99""");

        AssertBroken(await data.Audit.VerifyAsync(), 2, AuditBreak.Edited);
    }

    [Fact]
    public async Task A_dropped_row_with_the_later_ones_moved_up_is_found()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(5);

        await data.TamperAsync("""DELETE FROM "Audit" """ + Where);
        await data.TamperAsync("""UPDATE "Audit" SET "Sequence" = 3 WHERE "Sequence" = 4""");
        await data.TamperAsync("""UPDATE "Audit" SET "Sequence" = 4 WHERE "Sequence" = 5""");

        AssertBroken(await data.Audit.VerifyAsync(), 3, AuditBreak.Edited);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(0)]
    public async Task A_cut_off_tail_is_found(int left)
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(5);

        await data.TamperAsync($"""DELETE FROM "Audit" WHERE "Sequence" > {left}""");

        AssertBroken(await data.Audit.VerifyAsync(), left + 1, AuditBreak.Truncated);
    }

    [Fact]
    public async Task A_cut_off_tail_is_still_found_after_the_log_has_grown_past_it()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(5);
        await data.TamperAsync("""DELETE FROM "Audit" WHERE "Sequence" > 3""");

        await data.AppendAsync(4);

        AssertBroken(await data.Audit.VerifyAsync(), 4, AuditBreak.Truncated);
    }

    [Fact]
    public async Task A_rewritten_chain_is_found_after_it_has_grown()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(3);
        await data.TamperAsync("""DELETE FROM "Audit" """);
        await using (var db = await data.OpenAsync())
        {
            var head = AuditHead.Genesis;
            for (var i = 0; i < 3; i++)
            {
                var forged = AuditChain.Next(head, new() { Actor = "nobody", Action = "nothing" }, data.Clock.GetUtcNow());
                head = new(forged.Sequence, forged.Hash);
                db.Add(AuditEntry.From(forged));
            }

            await db.SaveChangesAsync();
        }

        AssertBroken(await data.Audit.VerifyAsync(), 3, AuditBreak.Rewritten);
        await data.AppendAsync(1);
        AssertBroken(await data.Audit.VerifyAsync(), 4, AuditBreak.Rewritten);
    }

    [Fact]
    public async Task A_missing_anchor_is_reported_before_and_after_the_log_grows_on()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(2);
        File.Delete(data.Anchor.Path);

        var without = Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
        Assert.Equal(AuditAnchor.None, without.Anchor);
        Assert.Contains(without.Remarks, r => r.Contains("audit.head is missing", StringComparison.Ordinal));

        await data.AppendAsync(1);
        var after = Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
        Assert.Equal((4, AuditAnchor.Same), (after.Count, after.Anchor));
        Assert.Contains("Entry 3: the head anchor was missing", Assert.Single(after.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_anchor_of_rubbish_is_reported_and_not_taken_for_a_missing_one()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(2);
        await File.WriteAllTextAsync(data.Anchor.Path, "rubbish");

        var intact = Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());

        Assert.Equal(AuditAnchor.None, intact.Anchor);
        Assert.Contains(intact.Remarks, r => r.Contains("can't be used", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_anchor_that_lags_after_a_crash_is_no_alarm()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(1);
        var earlier = await File.ReadAllTextAsync(data.Anchor.Path);
        await data.AppendAsync(2);
        await File.WriteAllTextAsync(data.Anchor.Path, earlier);

        Assert.Equal(AuditAnchor.Behind, Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync()).Anchor);
        await data.AppendAsync(1);

        var intact = Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
        Assert.Equal((4, AuditAnchor.Same), (intact.Count, intact.Anchor));
        Assert.Empty(intact.Remarks);
    }

    [Fact]
    public async Task An_entry_whose_anchor_cannot_be_written_is_an_error_not_a_shrug()
    {
        await using var data = await TestData.CreateAsync();
        File.Delete(data.Anchor.Path);
        Directory.CreateDirectory(data.Anchor.Path);

        await Assert.ThrowsAsync<AuditNotWrittenException>(() => data.AppendAsync(1));
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_is_an_error_not_a_shrug()
    {
        await using var data = await TestData.CreateAsync();
        await data.TamperAsync("""DROP TABLE "Audit" """);

        await Assert.ThrowsAsync<AuditNotWrittenException>(() => data.AppendAsync(1));
    }

    [Fact]
    public async Task A_change_and_its_entry_are_written_together_or_not_at_all()
    {
        await using var data = await TestData.CreateAsync();

        await Assert.ThrowsAsync<TimeoutException>(() => data.Audit.ChangeAsync(async (db, stop) =>
        {
            db.Add(new KnownHost { HostId = "1", Name = "mail1", Version = "0" });
            await db.SaveChangesAsync(stop);
            throw new TimeoutException();
        }));

        await using var after = await data.OpenAsync();
        Assert.False(await after.Hosts.AnyAsync());
        Assert.False(await after.Audit.AnyAsync());
        await data.AppendAsync(1); // and the log goes on
    }

    [Fact]
    public async Task Entries_cannot_be_changed_or_removed_through_the_context()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(1);
        await using var db = await data.OpenAsync();
        var entry = await db.Audit.SingleAsync();

        entry.Actor = "mallory";
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync());
        db.ChangeTracker.Clear();
        db.Remove(await db.Audit.SingleAsync());
        Assert.Throws<InvalidOperationException>(() => db.SaveChanges());
    }

    [Fact]
    public async Task Times_between_two_microseconds_and_text_no_database_takes_still_verify()
    {
        await using var data = await TestData.CreateAsync();
        data.Clock.Advance(TimeSpan.FromTicks(7));

        await data.Audit.AppendAsync(new() { Actor = "a\0b", Action = "test", Path = "/m/\ud800", Reason = "ünïcödé 📬 \r\n\t\u001b[31m " });

        Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
    }

    [Fact]
    public async Task An_exported_log_verifies_without_the_database_and_against_the_same_anchor()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(20);
        var file = Path.Combine(data.Folder, "audit.jsonl");
        await using (var writer = new StreamWriter(file))
            await data.Audit.ExportAsync(writer);

        var anchor = Assert.IsType<AnchorReading.Known>(data.Anchor.Read()).Head;
        var intact = Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(File.ReadLines(file), anchor));

        Assert.Equal((20, AuditAnchor.Same), (intact.Count, intact.Anchor));
        AssertBroken(AuditLines.Verify(File.ReadLines(file).SkipLast(1), anchor), 20, AuditBreak.Truncated);
    }

    [Fact]
    public async Task An_export_carries_its_anchor_or_says_why_it_has_none()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(3);
        var (with, without) = (new StringWriter(), new StringWriter());
        await data.Audit.ExportAsync(with);
        File.Delete(data.Anchor.Path);
        await data.Audit.ExportAsync(without);

        Assert.Empty(Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(with.ToString().Split('\n'))).Remarks);
        AssertBroken(AuditLines.Verify(with.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipLast(2)), 2, AuditBreak.Truncated);
        Assert.Contains("audit.head is missing", Assert.Single(Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(without.ToString().Split('\n'))).Remarks), StringComparison.Ordinal);
    }

    private static void AssertBroken(AuditVerification verification, long entry, AuditBreak reason)
    {
        var broken = Assert.IsType<AuditVerification.Broken>(verification);
        Assert.Equal((entry, reason), (broken.Entry, broken.Reason));
    }
}
