using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Locks;
using Ops.Testing;

namespace Ops.Data.Tests;

public sealed class OperationLogTests
{
    [Fact]
    public async Task An_intent_and_its_end_are_one_row_and_two_audit_entries()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<OperationLog>();
        var operation = Break();
        Assert.True(await log.IntendAsync(operation));
        var asked = data.Clock.GetUtcNow();
        data.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.True(await log.EndAsync(operation.Id, OperationState.Done, "taken over and released", new()
        {
            QuarantinePath = "/var/mail/.ops-quarantine/x",
            StaleContent = [1, 2, 3],
            StaleStat = """{"ino":12}""",
            Steps = """[{"step":1}]""",
            SettledWith = "no process took it",
            AgentHead = "abc",
        }));

        var row = await log.GetAsync(operation.Id);
        Assert.Equal((OperationState.Done, asked, asked.AddSeconds(2)), (row!.State, row.RequestedAt, row.EndedAt!.Value));
        Assert.Equal(
            ("taken over and released", """{"ino":12}""", """[{"step":1}]""", "no process took it", "abc"),
            (row.Outcome, row.Evidence!.StaleStat, row.Evidence.Steps, row.Evidence.SettledWith, row.Evidence.AgentHead));
        Assert.Equal([1, 2, 3], row.Evidence.StaleContent!);
        var entries = await data.Get<AuditSearch>().OfOperationAsync(operation.Id);
        Assert.Equal([("break", "intent"), ("break", "done")], entries.Select(e => (e.Action, e.Outcome!)));
        Assert.All(entries, e => Assert.Equal(("alice", "mail1", "/var/mail/bob.lock", "stuck"), (e.Actor, e.Host, e.Path, e.Reason)));
        Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
    }

    [Fact]
    public async Task The_audit_holds_hashes_of_what_was_taken_away_and_the_head_of_the_agents_own_chain()
    {
        await using var data = await TestData.CreateAsync();
        var operation = Break();
        await data.Get<OperationLog>().IntendAsync(operation);
        await data.Get<OperationLog>().EndAsync(operation.Id, OperationState.Done, "done", new() { StaleContent = [1, 2, 3], AgentHead = "abc" });

        var detail = JsonDocument.Parse((await data.Get<AuditSearch>().OfOperationAsync(operation.Id))[^1].Detail!).RootElement;

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([1, 2, 3])), detail.GetProperty("staleContentSha256").GetString());
        Assert.Equal("abc", detail.GetProperty("agentHead").GetString());
        Assert.Equal("sha256:f", detail.GetProperty("fingerprint").GetString());
    }

    [Theory]
    [InlineData("State", "Refused")]
    [InlineData("Actor", "mallory")]
    [InlineData("Action", "remove")]
    [InlineData("Host", "mail2")]
    [InlineData("HostId", "id-2")]
    [InlineData("FindingKey", "other")]
    [InlineData("Path", "/var/mail/eve.lock")]
    [InlineData("PathBytes", "AAAA")]
    [InlineData("Fingerprint", "sha256:0")]
    [InlineData("Reason", "because")]
    [InlineData("Outcome", "nothing happened")]
    [InlineData("QuarantinePath", "/tmp")]
    [InlineData("StaleContent", "4242")]
    [InlineData("StaleStat", "[]")]
    [InlineData("Steps", "[]")]
    [InlineData("SettledWith", "pid 1")]
    [InlineData("AgentHead", "abd")]
    [InlineData("UndoOf", "00000000-0000-0000-0000-000000000000")]
    [InlineData("Process", "{\"pid\":1}")]
    [InlineData("Descriptor", "7")]
    [InlineData("Approvers", "[\"mallory\"]")]
    [InlineData("BreakGlass", "nobody was there")]
    [InlineData("Settle", "{}")]
    [InlineData("Rescued", "{}")]
    public async Task A_row_that_was_edited_no_longer_matches_its_audit_entry(string column, string value)
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<OperationLog>();
        var (edited, untouched) = (Break(), Break());
        foreach (var operation in new[] { edited, untouched })
        {
            await log.IntendAsync(operation);
            Assert.True(await log.MatchesAuditAsync(operation.Id));
            await log.EndAsync(operation.Id, OperationState.Done, "done", new() { QuarantinePath = "/q", StaleContent = [1], StaleStat = "{}", Steps = "[1]", SettledWith = "no process", AgentHead = "abc" });
            Assert.True(await log.MatchesAuditAsync(operation.Id));
        }

        await using (var db = await data.OpenAsync())
        {
            var row = await db.Operations.Include(o => o.Evidence).SingleAsync(o => o.Id == edited.Id);
            object edits = typeof(OperationEvidence).GetProperty(column) is null ? row : row.Evidence!;
            db.Entry(edits).Property(column).CurrentValue = column switch
            {
                "State" => Enum.Parse<OperationState>(value),
                "StaleContent" => Convert.FromHexString(value),
                "UndoOf" => Guid.Parse(value),
                "Descriptor" => int.Parse(value, System.Globalization.CultureInfo.InvariantCulture),
                _ => value,
            };
            await db.SaveChangesAsync();
        }

        Assert.False(await log.MatchesAuditAsync(edited.Id));
        Assert.True(await log.MatchesAuditAsync(untouched.Id));
        Assert.False(await log.MatchesAuditAsync(Guid.NewGuid()));
        Assert.Equal([edited.Id], await log.NotMatchingAuditAsync());
    }

    [Fact]
    public async Task The_head_at_the_intent_is_the_hash_of_its_own_entry_whatever_came_later()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<OperationLog>();
        var operation = Break();
        Assert.Null(await log.HeadAtIntentAsync(operation.Id));
        await log.IntendAsync(operation);
        await data.AppendAsync(2);
        await log.EndAsync(operation.Id, OperationState.Done, "done");

        var entries = await data.Get<AuditSearch>().OfOperationAsync(operation.Id);
        Assert.Equal(entries[0].Hash, await log.HeadAtIntentAsync(operation.Id));
        Assert.NotEqual(entries[1].Hash, entries[0].Hash);
    }

    [Fact]
    public async Task All_consoles_together_begin_no_more_acts_in_a_minute_than_the_rules_allow()
    {
        const int AtMost = 5;
        await using var data = await TestData.CreateAsync();
        var consoles = Enumerable.Range(0, 3).Select(_ => data.StartProgram()).ToList();
        var number = 0;
        // Refused before it began: it counts for nothing.
        await data.Get<OperationLog>().RefuseAsync(Next(), "not now");

        Task<bool[]> RushAsync() => Task.WhenAll(Enumerable.Range(0, 18).Select(i => Task.Run(async () =>
        {
            try
            {
                return await consoles[i % consoles.Count].GetRequiredService<OperationLog>().IntendAsync(Next(), AtMost);
            }
            catch (HostHadItsActsException)
            {
                return false;
            }
        })));

        Assert.Equal(AtMost, (await RushAsync()).Count(began => began));
        // Another host has its own number.
        var other = Next();
        other.HostId = "id-2";
        Assert.True(await data.Get<OperationLog>().IntendAsync(other, AtMost));
        data.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.DoesNotContain(true, await RushAsync());
        data.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AtMost, (await RushAsync()).Count(began => began));

        Operation Next()
        {
            var operation = Break();
            operation.FindingKey = $"dot-lock:/var/mail/box{Interlocked.Increment(ref number)}.lock";
            return operation;
        }
    }

    [Fact]
    public async Task A_second_click_is_not_a_second_operation()
    {
        await using var data = await TestData.CreateAsync();
        var operation = Break();

        Assert.True(await data.Get<OperationLog>().IntendAsync(operation));
        Assert.False(await data.Get<OperationLog>().IntendAsync(Break(operation.Id)));

        Assert.Single(await data.Get<AuditSearch>().OfOperationAsync(operation.Id));
    }

    [Fact]
    public async Task Of_an_answer_that_comes_many_times_at_once_the_first_counts()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<OperationLog>();
        var operation = Break();
        await log.IntendAsync(operation);

        var taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => log.EndAsync(operation.Id, OperationState.Done, $"answer {i}"))));

        Assert.Single(taken, true);
        Assert.Equal(2, (await data.Get<AuditSearch>().OfOperationAsync(operation.Id)).Count);
        Assert.False(await log.EndAsync(operation.Id, OperationState.Failed, "late"));
        Assert.False(await log.EndAsync(Guid.NewGuid(), OperationState.Done, "never asked"));
    }

    [Theory]
    [InlineData(true, OperationState.Refused, AuditActions.Refused)]
    [InlineData(false, OperationState.Cancelled, AuditActions.Cancelled)]
    public async Task Refused_and_cancelled_requests_are_rows_too(bool refused, OperationState state, string action)
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<OperationLog>();
        var operation = Break();

        Assert.True(await (refused ? log.RefuseAsync(operation, "pid 1 is alive") : log.CancelAsync(operation, "changed my mind")));

        Assert.Equal(state, (await log.GetAsync(operation.Id))!.State);
        var entry = Assert.Single(await data.Get<AuditSearch>().OfOperationAsync(operation.Id));
        Assert.Equal(action, entry.Action);
        Assert.Contains("\"action\":\"break\"", entry.Detail, StringComparison.Ordinal);
        Assert.False(await log.EndAsync(operation.Id, OperationState.Done, "no"));
    }

    [Fact]
    public async Task An_intent_left_by_a_console_that_stopped_becomes_unknown_and_can_still_get_its_answer()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<OperationLog>();
        var (left, done) = (Break(), Break());
        done.FindingKey = "other";
        await log.IntendAsync(left);
        await log.IntendAsync(done);
        await log.EndAsync(done.Id, OperationState.Done, "done");

        Assert.Empty(await log.TakeOverAsync([])); // its own: their ends are awaited
        using var restarted = data.StartProgram();
        var after = restarted.GetRequiredService<OperationLog>();
        Assert.Empty(await after.TakeOverAsync([left.Console!])); // those of a console that is alive as well
        var open = await after.TakeOverAsync([]);

        Assert.Equal((left.Id, OperationState.Unknown), (Assert.Single(open).Id, open[0].State));
        Assert.Equal(left.Id, Assert.Single(await after.TakeOverAsync([])).Id); // and is still asked about at the start after that
        Assert.True(await log.EndAsync(left.Id, OperationState.AlreadyGone, "released before"));
        Assert.Empty(await after.TakeOverAsync([]));
        Assert.Equal(["intent", "unknown", "already-gone"], (await data.Get<AuditSearch>().OfOperationAsync(left.Id)).Select(e => e.Outcome));
    }

    [Fact]
    public async Task No_more_than_64_KiB_of_a_file_are_kept()
    {
        await using var data = await TestData.CreateAsync();
        var operation = Break();
        await data.Get<OperationLog>().IntendAsync(operation);

        await data.Get<OperationLog>().EndAsync(operation.Id, OperationState.Done, "done", new() { StaleContent = new byte[100_000] });

        Assert.Equal(65_536, (await data.Get<OperationLog>().GetAsync(operation.Id))!.Evidence!.StaleContent!.Length);
    }

    [Fact]
    public async Task Nothing_is_intended_when_the_audit_cannot_be_written()
    {
        await using var data = await TestData.CreateAsync();
        await data.TamperAsync("""DROP TABLE "Audit" """);
        var operation = Break();

        await Assert.ThrowsAsync<AuditNotWrittenException>(() => data.Get<OperationLog>().IntendAsync(operation));

        Assert.Null(await data.Get<OperationLog>().GetAsync(operation.Id));
    }

    [Fact]
    public async Task Lists_come_newest_first_and_without_the_evidence()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<OperationLog>();
        var (first, second) = (Break(), Break());
        second.FindingKey = "other";
        await log.IntendAsync(first);
        await log.EndAsync(first.Id, OperationState.Done, "done", new() { StaleContent = [1] });
        data.Clock.Advance(TimeSpan.FromSeconds(1));
        await log.IntendAsync(second);

        Assert.Equal([second.Id, first.Id], (await log.RecentAsync(10)).Select(o => o.Id));
        Assert.Equal(second.Id, Assert.Single(await log.RecentAsync(1)).Id);
        Assert.Null((await log.RecentAsync(10))[1].Evidence);
        Assert.Equal(first.Id, Assert.Single(await log.OfFindingAsync("id-1", "dot-lock:/var/mail/bob.lock")).Id);
        Assert.Empty(await log.OfFindingAsync("id-2", "dot-lock:/var/mail/bob.lock"));
    }

    [Fact]
    public async Task Words_from_a_hostile_agent_or_name_do_not_stop_the_record()
    {
        await using var data = await TestData.CreateAsync();
        var operation = Break();
        operation.Path = "/var/mail/\ud800\0.lock";
        operation.PathBytes = "L3Zhci9tYWls/w==";
        await data.Get<OperationLog>().IntendAsync(operation);

        await data.Get<OperationLog>().EndAsync(operation.Id, OperationState.Failed, "a\0b\udc00", new() { QuarantinePath = "/q\0", StaleStat = "{\0}", Steps = "[\ud800]" });

        Assert.Equal("a\uFFFDb\uFFFD", (await data.Get<OperationLog>().GetAsync(operation.Id))!.Outcome);
        Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
    }

    [Fact]
    public async Task States_are_kept_as_words()
    {
        await using var data = await TestData.CreateAsync();
        await data.Get<OperationLog>().IntendAsync(Break());

        await using var db = await data.OpenAsync();
        Assert.Equal("Intent", (await db.Database.SqlQueryRaw<string>("""SELECT "State" AS "Value" FROM "Operations" """).ToListAsync()).Single());
    }

    [Fact]
    public async Task One_act_at_a_time_is_begun_on_one_finding_by_whichever_console()
    {
        await using var data = await TestData.CreateAsync();
        using var other = data.StartProgram();
        var consoles = new[] { data.Get<OperationLog>(), other.GetRequiredService<OperationLog>() };
        var begun = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            try
            {
                return await consoles[i % 2].IntendAsync(Break());
            }
            catch (ActUnderWayException)
            {
                return false;
            }
        })));

        Assert.Single(begun, b => b);
        var open = Assert.Single(await consoles[0].RecentAsync(10));
        await consoles[1].EndAsync(open.Id, OperationState.Unknown, "no answer");
        Assert.Equal(open.Id, (await Assert.ThrowsAsync<ActUnderWayException>(() => consoles[0].IntendAsync(Break()))).Other.Id);
        var elsewhere = Break();
        elsewhere.HostId = "id-2";
        Assert.True(await consoles[0].IntendAsync(elsewhere));
        await consoles[1].EndAsync(open.Id, OperationState.Done, "done");
        Assert.True(await consoles[0].IntendAsync(Break()));
        Assert.Empty(await consoles[0].NotMatchingAuditAsync());
    }

    [PostgresFact]
    [Trait("Needs", "PostgreSQL")]
    public async Task A_console_that_the_others_declared_dead_begins_nothing()
    {
        await using var data = await TestData.CreateAsync();
        using var console = data.StartProgram(new("10.0.0.7:11111@42", IsInFleet: true));
        var log = console.GetRequiredService<OperationLog>();
        Assert.True(await log.IntendAsync(Break()));
        var next = Break();
        next.FindingKey = "other";
        await data.TamperAsync(
            "INSERT INTO orleansmembershipversiontable (deploymentid) VALUES ('fleet'); "
            + "INSERT INTO orleansmembershiptable (deploymentid, address, port, generation, siloname, hostname, status, starttime, iamalivetime) "
            + "VALUES ('fleet', '10.0.0.7', 11111, 42, 's', 'h', 6, now(), now()), ('fleet', '10.0.0.7', 11111, 43, 's', 'h', 3, now(), now())");

        await Assert.ThrowsAsync<ConsoleIsDeadException>(() => log.IntendAsync(next));
        Assert.Null(await log.GetAsync(next.Id));
        using var restarted = data.StartProgram(new("10.0.0.7:11111@43", IsInFleet: true));
        Assert.True(await restarted.GetRequiredService<OperationLog>().IntendAsync(next));
    }

    private static Operation Break(Guid? id = null) => new()
    {
        Id = id ?? Guid.NewGuid(),
        HostId = "id-1",
        Host = "mail1",
        Action = AuditActions.Break,
        FindingKey = "dot-lock:/var/mail/bob.lock",
        Path = "/var/mail/bob.lock",
        Fingerprint = "sha256:f",
        Actor = "alice",
        Reason = "stuck",
    };
}
