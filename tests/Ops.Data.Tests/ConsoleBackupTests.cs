using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Ops.Locks;

namespace Ops.Data.Tests;

/// <summary>A backup that is made while the console writes is whole, and what is restored from it goes on with an intact chain.</summary>
public sealed class ConsoleBackupTests
{
    [Fact]
    public async Task A_backup_made_while_the_audit_is_written_is_restored_with_an_intact_chain_that_goes_on()
    {
        await using var data = await TestData.CreateSqliteAsync();
        await AppendAsync(data.Audit, 20);
        using var enough = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
                await AppendAsync(data.Audit, 1);
        });
        using var scratch = new Folder();
        var saved = await ConsoleBackup.SaveAsync(DataRegistration.Sqlite, "", data.Folder, scratch.Of("backup"));
        await enough.CancelAsync();
        await writing;
        var intact = Assert.IsType<AuditVerification.Intact>(saved);
        Assert.True(intact.Count >= 20);
        Assert.Empty(intact.Remarks);
        Assert.All(Directory.GetFiles(scratch.Of("backup")), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));

        Assert.Equal(intact.Head, Assert.IsType<AuditVerification.Intact>(await ConsoleBackup.RestoreAsync(DataRegistration.Sqlite, "", scratch.Of("restored"), scratch.Of("backup"))).Head);
        await using var services = new ServiceCollection().AddLogging().AddOpsData(DataRegistration.Sqlite, "Pooling=False", scratch.Of("restored")).BuildServiceProvider();
        await services.MigrateOpsDataAsync();
        var audit = services.GetRequiredService<AuditLog>();
        await AppendAsync(audit, 1);
        var goesOn = Assert.IsType<AuditVerification.Intact>(await audit.VerifyAsync());
        Assert.Equal(intact.Count + 1, goesOn.Count);
        Assert.Empty(goesOn.Remarks);
    }

    [Fact]
    public async Task A_backup_that_was_changed_is_not_restored()
    {
        await using var data = await TestData.CreateSqliteAsync();
        await AppendAsync(data.Audit, 5);
        using var scratch = new Folder();
        await ConsoleBackup.SaveAsync(DataRegistration.Sqlite, "", data.Folder, scratch.Of("backup"));
        await using (var connection = new SqliteConnection($"Data Source={scratch.Of("backup/ops.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var change = connection.CreateCommand();
            change.CommandText = "UPDATE Audit SET Reason = 'another' WHERE Sequence = 3";
            Assert.Equal(1, await change.ExecuteNonQueryAsync());
        }
        var refused = await Assert.ThrowsAsync<DataDirectoryException>(() => ConsoleBackup.RestoreAsync(DataRegistration.Sqlite, "", scratch.Of("restored"), scratch.Of("backup")));
        Assert.Contains("broken at entry 3", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.Of("restored")));
    }

    [Fact]
    public async Task An_older_database_under_a_newer_head_is_reported_as_cut_off()
    {
        await using var data = await TestData.CreateSqliteAsync();
        await AppendAsync(data.Audit, 5);
        using var scratch = new Folder();
        await ConsoleBackup.SaveAsync(DataRegistration.Sqlite, "", data.Folder, scratch.Of("backup"));
        await AppendAsync(data.Audit, 1);
        // What a person does who wants the last entry to be forgotten: the old database, the head left as it is.
        File.Copy(data.Anchor.Path, scratch.Of("backup/audit.head"), overwrite: true);
        await using var services = new ServiceCollection().AddLogging().AddOpsData(DataRegistration.Sqlite, "Pooling=False", scratch.Of("backup")).BuildServiceProvider();
        Assert.Contains("ends before the entry", await services.GetRequiredService<AuditLog>().AnchorProblemAsync(), StringComparison.Ordinal);
        Assert.IsType<AuditVerification.Broken>(await services.GetRequiredService<AuditLog>().VerifyAsync());
    }

    [Fact]
    public async Task A_restore_never_replaces_a_database_or_a_head_and_a_backup_needs_a_directory_of_its_own()
    {
        await using var data = await TestData.CreateSqliteAsync();
        await AppendAsync(data.Audit, 1);
        using var scratch = new Folder();
        await ConsoleBackup.SaveAsync(DataRegistration.Sqlite, "", data.Folder, scratch.Of("backup"));
        var before = await File.ReadAllTextAsync(data.Anchor.Path, Encoding.ASCII);
        var refused = await Assert.ThrowsAsync<DataDirectoryException>(() => ConsoleBackup.RestoreAsync(DataRegistration.Sqlite, "", data.Folder, scratch.Of("backup")));
        Assert.Contains("nothing was changed", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(data.Anchor.Path, Encoding.ASCII));
        await Assert.ThrowsAsync<DataDirectoryException>(() => ConsoleBackup.SaveAsync(DataRegistration.Sqlite, "", data.Folder, scratch.Of("backup")));
        // Of a database that was taken away alone: SQLite would read its log into the restored one.
        Directory.CreateDirectory(scratch.Of("rest"));
        await File.WriteAllTextAsync(scratch.Of("rest/ops.db-wal"), "");
        Assert.Contains("ops.db-wal exists", (await Assert.ThrowsAsync<DataDirectoryException>(() => ConsoleBackup.RestoreAsync(DataRegistration.Sqlite, "", scratch.Of("rest"), scratch.Of("backup")))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DataDirectoryException>(() => ConsoleBackup.RestoreAsync(DataRegistration.Sqlite, "", scratch.Of("restored"), scratch.Of("none")));
    }

    private static async Task AppendAsync(AuditLog audit, int entries)
    {
        for (var i = 0; i < entries; i++)
            await audit.AppendAsync(new() { Actor = "admin", Action = AuditActions.SignIn, Outcome = "done" });
    }

    private sealed class Folder : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("ops-backup-").FullName;

        public string Of(string name) => Path.Join(_path, name);

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
