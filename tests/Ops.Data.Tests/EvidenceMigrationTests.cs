using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Ops.Data.Tests;

/// <summary>The migration that moved what agents reported from Operations into OperationEvidence, up and down.</summary>
public sealed class EvidenceMigrationTests
{
    private const string Before = "AddBulk";

    private static readonly string[] Moved = ["QuarantinePath", "StaleContent", "StaleStat", "Steps", "SettledWith", "Settle", "Rescued", "AgentHead"];

    [Fact]
    public async Task Rows_of_the_version_before_keep_every_value_and_an_unanswered_one_gets_no_evidence()
    {
        await using var data = await TestData.CreateAsync();
        var (full, part, open) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await MigrateAsync(data, Before);
        await using (var db = await data.OpenAsync())
        {
            object at = data.Provider == DataRegistration.Sqlite ? data.Clock.GetUtcNow().UtcTicks : data.Clock.GetUtcNow();
            foreach (var id in (Guid[])[full, part, open])
            {
                await db.Database.ExecuteSqlAsync($"""
                    INSERT INTO "Operations" ("Id", "HostId", "Host", "Action", "FindingKey", "Path", "Actor", "Reason", "RequestedAt", "State")
                    VALUES ({id}, 'id-1', 'mail1', 'break', 'dot-lock:/var/mail/bob.lock', '/var/mail/bob.lock', 'alice', 'stuck', {at}, 'Done')
                    """);
            }

            byte[] content = [0, 255, 10, 13];
            await db.Database.ExecuteSqlAsync($$"""
                UPDATE "Operations" SET "QuarantinePath" = '/q/1', "StaleContent" = {{content}}, "StaleStat" = {{"""{"ino":12}"""}}, "Steps" = '[1]', "SettledWith" = 'exim4',
                    "Settle" = '[2]', "Rescued" = '[3]', "AgentHead" = 'abc' WHERE "Id" = {{full}}
                """);
            await db.Database.ExecuteSqlAsync($"""UPDATE "Operations" SET "AgentHead" = 'def' WHERE "Id" = {part}""");
        }

        await data.StartProgram().MigrateOpsDataAsync();

        var log = data.Get<OperationLog>();
        var evidence = (await log.GetAsync(full))!.Evidence!;
        Assert.Equal([0, 255, 10, 13], evidence.StaleContent!);
        Assert.Equal(
            ("/q/1", """{"ino":12}""", "[1]", "exim4", "[2]", "[3]", "abc"),
            (evidence.QuarantinePath, evidence.StaleStat, evidence.Steps, evidence.SettledWith, evidence.Settle, evidence.Rescued, evidence.AgentHead));
        Assert.Equal(new OperationEvidence { OperationId = part, AgentHead = "def" }, (await log.GetAsync(part))!.Evidence);
        var unanswered = (await log.GetAsync(open))!;
        Assert.Null(unanswered.Evidence);
        Assert.Equal(("alice", data.Clock.GetUtcNow(), OperationState.Done), (unanswered.Actor, unanswered.RequestedAt, unanswered.State));
        await using var upgraded = await data.OpenAsync();
        Assert.Empty(await upgraded.Database.GetPendingMigrationsAsync());
        Assert.Empty(Moved.Intersect(await ColumnsAsync(data, upgraded)));
    }

    [Fact]
    public async Task Down_and_up_again_leaves_every_row_equal_to_its_audit_entry()
    {
        await using var data = await TestData.CreateAsync();
        var log = data.Get<OperationLog>();
        Operation[] operations = [.. Enumerable.Range(0, 3).Select(i => new Operation
        {
            Id = Guid.NewGuid(), HostId = "id-1", Host = "mail1", Action = "break", FindingKey = $"key {i}", Path = "/var/mail/bob.lock", Actor = "alice", Reason = "stuck",
        })];
        foreach (var operation in operations)
            await log.IntendAsync(operation);
        await log.EndAsync(operations[0].Id, OperationState.Done, "done", new() { StaleContent = [1, 2], StaleStat = "{}", Steps = "[1]", Settle = "[2]", Rescued = "[3]", SettledWith = "exim4", QuarantinePath = "/q", AgentHead = "abc" });
        await log.EndAsync(operations[1].Id, OperationState.Unknown, "no answer");

        await MigrateAsync(data, Before);
        await using (var old = await data.OpenAsync())
            Assert.Equal(Moved.Order(), Moved.Intersect(await ColumnsAsync(data, old)).Order());
        await data.StartProgram().MigrateOpsDataAsync();

        Assert.Empty(await log.NotMatchingAuditAsync());
        Assert.Equal([1, 2], (await log.GetAsync(operations[0].Id))!.Evidence!.StaleContent!);
        Assert.Null((await log.GetAsync(operations[1].Id))!.Evidence);
    }

    private static async Task MigrateAsync(TestData data, string target)
    {
        await using var db = await data.OpenAsync();
        await db.GetService<IMigrator>().MigrateAsync(target);
    }

    private static Task<List<string>> ColumnsAsync(TestData data, OpsDb db) => db.Database.SqlQueryRaw<string>(data.Provider == DataRegistration.Sqlite
        ? "SELECT name AS \"Value\" FROM pragma_table_info('Operations')"
        : "SELECT column_name AS \"Value\" FROM information_schema.columns WHERE table_name = 'Operations'").ToListAsync();
}
