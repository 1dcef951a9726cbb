using System.Globalization;
using System.Linq.Expressions;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Ops.Data;

public sealed class PostgresOpsDb(DbContextOptions<PostgresOpsDb> options) : OpsDb(options), IDataProtectionKeyContext
{
    // Orleans' own number for a silo that was declared dead.
    private const int SiloIsDead = 6;

    // Any number that no other program on the database uses; "OpsAudit" in ASCII.
    private const long AuditLockKey = 0x4F70734175646974;

    // "OpsMigra" in ASCII.
    private const long MigrationLockKey = 0x4F70734D69677261;

    /// <summary>Keys of cookies and stored secrets: consoles that share a database must read each other's. With SQLite they are files.</summary>
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <summary>Brings the schema to this version; consoles that start together take turns.</summary>
    /// <remarks>
    /// EF Core locks the history table, but reads what is applied before it has that lock, so the second of two starts applied everything again and died
    /// ("column already exists"). The lock belongs to a connection of its own: migrations open and close theirs, and a console that is killed frees it.
    /// </remarks>
    /// <param name="connectionString">As it was given: that of an open connection may have lost its password.</param>
    /// <param name="keys">Directory in which earlier releases kept the keys: they are taken over once, or stored secrets could no longer be read.</param>
    internal async Task MigrateInTurnAsync(string connectionString, string keys, CancellationToken stop)
    {
        await using var turn = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        try
        {
            await turn.OpenAsync(stop);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await CreateDatabaseAsync(stop);
            await turn.OpenAsync(stop);
        }

        await using (var wait = turn.CreateCommand())
        {
            wait.CommandText = "SELECT pg_advisory_lock($1)";
            wait.CommandTimeout = 0; // as long as the other console's migration takes
            wait.Parameters.Add(new() { Value = MigrationLockKey });
            await wait.ExecuteNonQueryAsync(stop);
        }
        await Database.MigrateAsync(stop);
        await TakeOverKeysAsync(keys, stop);
    }

    private async Task TakeOverKeysAsync(string folder, CancellationToken stop)
    {
        if (!Directory.Exists(folder) || await DataProtectionKeys.AnyAsync(stop))
            return;
        foreach (var file in Directory.EnumerateFiles(folder, "key-*.xml"))
            DataProtectionKeys.Add(new() { FriendlyName = Path.GetFileNameWithoutExtension(file), Xml = await File.ReadAllTextAsync(file, stop) });
        await SaveChangesAsync(stop);
    }

    internal override async Task<bool> IsGivenUpAsync(ConsoleRun run, CancellationToken stop)
    {
        if (!run.IsInFleet)
            return false;
        var (port, generation) = (run.Name.LastIndexOf(':'), run.Name.LastIndexOf('@'));
        var (address, ofPort, ofGeneration) = (run.Name[..port], int.Parse(run.Name.AsSpan(port + 1, generation - port - 1), CultureInfo.InvariantCulture), int.Parse(run.Name.AsSpan(generation + 1), CultureInfo.InvariantCulture));
        return await Database.SqlQuery<int>($"SELECT status AS \"Value\" FROM orleansmembershiptable WHERE address = {address} AND port = {ofPort} AND generation = {ofGeneration}").AnyAsync(s => s == SiloIsDead, stop);
    }

    private async Task CreateDatabaseAsync(CancellationToken stop)
    {
        try
        {
            await this.GetService<IRelationalDatabaseCreator>().CreateAsync(stop);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another console made it at the same moment.
        }
    }

    internal override async Task<long?> NextAttachmentAsync(CancellationToken stop) =>
        (await Database.SqlQuery<long>($"SELECT nextval('host_attachments') AS \"Value\"").ToListAsync(stop))[0];

    internal override Expression<Func<AuditEntry, bool>> AuditTextIsLike(string pattern) => e =>
        EF.Functions.ILike(e.Actor, pattern, "\\") || EF.Functions.ILike(e.Path!, pattern, "\\") || EF.Functions.ILike(e.Reason!, pattern, "\\")
        || EF.Functions.ILike(e.Outcome!, pattern, "\\") || EF.Functions.ILike(e.Detail!, pattern, "\\");

    internal override async Task<IDbContextTransaction> BeginAuditAsync(CancellationToken stop)
    {
        var transaction = await Database.BeginTransactionAsync(stop);
        await Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({AuditLockKey})", stop);
        return transaction;
    }
}
