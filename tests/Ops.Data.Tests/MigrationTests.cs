using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Ops.Data.Tests;

public sealed class MigrationTests
{
    [Fact]
    public void The_SQLite_migrations_hold_the_whole_model()
    {
        using var db = new SqliteOpsDb(new DbContextOptionsBuilder<SqliteOpsDb>().UseSqlite("Data Source=:memory:").Options);

        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public void The_PostgreSQL_migrations_hold_the_whole_model()
    {
        using var db = new PostgresOpsDb(new DbContextOptionsBuilder<PostgresOpsDb>().UseNpgsql("Host=localhost").Options);

        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task A_new_SQLite_file_gets_the_schema_and_the_three_roles()
    {
        await using var data = await TestData.CreateSqliteAsync();
        await using var db = await data.OpenAsync();

        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
        Assert.Equal(OpsRoles.All.Order(), await db.Roles.Select(r => r.Name!).OrderBy(n => n).ToListAsync());
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await using var data = await TestData.CreateAsync();
        await data.AppendAsync(1);

        await data.StartProgram().MigrateOpsDataAsync();

        Assert.IsType<Ops.Locks.AuditVerification.Intact>(await data.Audit.VerifyAsync());
    }

    [Fact]
    public async Task Programs_that_start_together_on_a_new_database_all_come_up()
    {
        await using var data = await TestData.CreateAsync();
        await using (var before = await data.OpenAsync())
            await before.Database.EnsureDeletedAsync();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => data.StartProgram()).ToList().Select(p => Task.Run(() => p.MigrateOpsDataAsync())));

        await using var db = await data.OpenAsync();
        Assert.Equal(3, await db.Roles.CountAsync());
    }

    [Fact]
    public async Task A_lock_left_by_a_migration_that_was_killed_does_not_stop_the_next_start()
    {
        await using var data = await TestData.CreateSqliteAsync();
        await data.TamperAsync("""CREATE TABLE IF NOT EXISTS "__EFMigrationsLock" ("Id" INTEGER NOT NULL PRIMARY KEY, "Timestamp" TEXT NOT NULL)""");
        await data.TamperAsync("""INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01 00:00:00')""");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        await data.StartProgram().MigrateOpsDataAsync(patience.Token);

        await using var db = await data.OpenAsync();
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
    }

    [Fact]
    public async Task The_database_is_private_uses_the_write_ahead_log_and_enforces_foreign_keys()
    {
        await using var data = await TestData.CreateSqliteAsync();
        await data.AppendAsync(1);
        await using var db = await data.OpenAsync();
        // Held: the last connection that closes takes the files of the log with it, and another test may close all that are in the pool.
        await db.Database.OpenConnectionAsync();

        Assert.Equal("wal", (await db.Database.SqlQueryRaw<string>("SELECT journal_mode AS Value FROM pragma_journal_mode").ToListAsync()).Single());
        Assert.Equal(1, (await db.Database.SqlQueryRaw<long>("SELECT foreign_keys AS Value FROM pragma_foreign_keys").ToListAsync()).Single());
        var files = Directory.GetFiles(data.Folder).Where(f => Path.GetFileName(f).StartsWith("ops.db", StringComparison.Ordinal) || f == data.Anchor.Path).ToList();
        Assert.True(files.Count >= 4, string.Join(' ', files));
        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    [Fact]
    public async Task A_database_left_open_to_others_is_closed_at_start()
    {
        await using var data = await TestData.CreateSqliteAsync();
        var file = Path.Combine(data.Folder, "ops.db");
        File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.OtherRead);

        await data.StartProgram().MigrateOpsDataAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task Data_in_a_place_where_no_folder_can_be_made_is_refused_with_the_place_and_what_to_do()
    {
        await using var data = await TestData.CreateSqliteAsync();
        // Below a file: nobody can make a folder there, root neither.
        var impossible = Path.Combine(data.Folder, "ops.db", "data");
        await using var program = new ServiceCollection().AddLogging().AddOpsData("sqlite", null, impossible).BuildServiceProvider();

        var error = await Assert.ThrowsAsync<DataDirectoryException>(() => program.MigrateOpsDataAsync());

        Assert.Contains(impossible, error.Message, StringComparison.Ordinal);
        Assert.Contains("name another directory", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "ops.db")]
    [InlineData("Data Source=console.db", "console.db")]
    [InlineData("Data Source=sub/../console.db;Foreign Keys=False", "console.db")]
    public void A_database_file_is_found_below_the_data_directory_wherever_the_console_was_started(string? connectionString, string file)
    {
        var place = DatabasePlace.From("SQLite", connectionString, "/srv/ops");

        Assert.Equal("/srv/ops/" + file, place.SqliteFile);
        var parsed = new SqliteConnectionStringBuilder(place.ConnectionString);
        Assert.Equal((place.SqliteFile, true), (parsed.DataSource, parsed.ForeignKeys));
    }

    [Theory]
    [InlineData("MySql", null)]
    [InlineData("Postgres", "")]
    [InlineData("Sqlite", "Data Source=:memory:")]
    [InlineData("Sqlite", "Data Source=file:ops.db")]
    public void Settings_that_make_no_sense_are_refused_at_once(string provider, string? connectionString) =>
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddOpsData(provider, connectionString, "/srv/ops"));

    [Fact]
    public async Task Identity_finds_its_users_through_the_scoped_context()
    {
        await using var data = await TestData.CreateAsync();
        await using (var scope = data.Services.CreateAsyncScope())
        {
            var made = await scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>()
                .CreateAsync(new OpsUser { UserName = "bob", CreatedAt = data.Clock.GetUtcNow(), LockoutEnd = data.Clock.GetUtcNow() }, "Correct-horse-7");
            Assert.True(made.Succeeded, made.ToString());
        }

        await using var other = data.Services.CreateAsyncScope();
        var found = await other.ServiceProvider.GetRequiredService<UserManager<OpsUser>>().FindByNameAsync("bob");
        Assert.Equal((data.Clock.GetUtcNow(), data.Clock.GetUtcNow()), (found!.CreatedAt, found.LockoutEnd));
    }
}
