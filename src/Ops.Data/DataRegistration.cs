using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ops.Data;

/// <summary>Brings the persistence into a program: <c>services.AddOpsData(...)</c>, then <c>await app.Services.MigrateOpsDataAsync()</c>.</summary>
public static class DataRegistration
{
    /// <summary>The values of the option that chooses the provider.</summary>
    public const string Sqlite = "Sqlite";

    /// <inheritdoc cref="Sqlite"/>
    public const string Postgres = "Postgres";

    /// <summary>Registers contexts (factory and scoped, as <see cref="OpsDb"/>) and every service of this library. Identity is the caller's part.</summary>
    /// <param name="provider"><see cref="Sqlite"/> or <see cref="Postgres"/>, in any case.</param>
    /// <param name="connectionString">May be empty for SQLite: then <c>ops.db</c> in the data directory. A relative file is taken below that directory.</param>
    /// <param name="dataDirectory">Holds the audit anchor, and the SQLite file; made when missing.</param>
    public static IServiceCollection AddOpsData(this IServiceCollection services, string provider, string? connectionString, string dataDirectory)
    {
        var place = DatabasePlace.From(provider, connectionString, Path.GetFullPath(dataDirectory));
        services.AddSingleton(place);
        services.TryAddSingleton(TimeProvider.System);
        if (place.SqliteFile is not null)
            services.AddContexts<SqliteOpsDb>(o => o.UseSqlite(place.ConnectionString).AddInterceptors(SqliteOffThePage.Instance));
        else
            services.AddContexts<PostgresOpsDb>(o => o.UseNpgsql(place.ConnectionString));

        services.TryAddSingleton(ConsoleRun.Alone());
        services.AddSingleton(new Turns(place));
        services.AddSingleton(new HeadAnchor(place.DataDirectory));
        services.AddSingleton<AuditLog>();
        services.AddSingleton<AuditSearch>();
        services.AddSingleton<OperationLog>();
        services.AddSingleton<ActRules>();
        services.AddSingleton<ApprovalLog>();
        services.AddSingleton<BreakGlassLog>();
        services.AddSingleton<AgentTokens>();
        services.AddSingleton<AgentKeys>();
        services.AddSingleton<AgentAuthorityKeys>();
        services.AddSingleton<WallLinks>();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<KnownHosts>();
        services.AddSingleton<HostAttachments>();
        services.AddSingleton<HistoryWriter>();
        services.AddSingleton<HistoryReader>().AddSingleton<IHistory>(s => s.GetRequiredService<HistoryReader>());
        services.AddSingleton<HistoryUpkeep>();
        services.AddSingleton<IncidentLog>();
        services.AddSingleton<AlertStore>();
        services.AddSingleton<StoreAuditLog>();
        services.AddSingleton<TotpUses>();
        services.AddSingleton<UserSessions>();
        services.AddScoped<FirstAdministrator>();
        return services;
    }

    /// <summary>Brings the database to this version's schema; call it once, before anything else uses the data.</summary>
    /// <exception cref="DataDirectoryException">The data directory or the database file can't be written.</exception>
    public static async Task MigrateOpsDataAsync(this IServiceProvider services, CancellationToken stop = default)
    {
        var place = services.GetRequiredService<DatabasePlace>();
        DataDirectory.Prepare(place.DataDirectory);
        if (place.SqliteFile is not null)
            DataDirectory.PrepareDatabaseFile(place.SqliteFile);
        await using (var db = await services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync(stop))
        {
            if (place.SqliteFile is not null)
                await SqliteStart.MigrateAsync(db, place.SqliteFile, stop);
            else
                await ((PostgresOpsDb)db).MigrateInTurnAsync(place.ConnectionString, Path.Join(place.DataDirectory, DataDirectory.KeysFolder), stop);
        }

        await services.GetRequiredService<AuditLog>().PlantAnchorAsync(stop);
    }

    private static void AddContexts<TContext>(this IServiceCollection services, Action<DbContextOptionsBuilder> configure)
        where TContext : OpsDb
    {
        // The factory registers the context itself as scoped, too.
        services.AddDbContextFactory<TContext>(configure);
        services.AddScoped<OpsDb>(s => s.GetRequiredService<TContext>());
        services.AddSingleton<IDbContextFactory<OpsDb>, Factory<TContext>>();
    }

    private sealed class Factory<TContext>(IDbContextFactory<TContext> inner) : IDbContextFactory<OpsDb>
        where TContext : OpsDb
    {
        public OpsDb CreateDbContext() => inner.CreateDbContext();
    }
}

/// <summary>Where the data is, worked out once.</summary>
/// <param name="SqliteFile">Absolute; null for PostgreSQL.</param>
internal sealed record DatabasePlace(string DataDirectory, string ConnectionString, string? SqliteFile)
{
    /// <summary>Name of the SQLite database, where the connection string gives none.</summary>
    public const string FileName = "ops.db";

    public static DatabasePlace From(string provider, string? connectionString, string dataDirectory)
    {
        if (string.Equals(provider, DataRegistration.Postgres, StringComparison.OrdinalIgnoreCase))
        {
            return string.IsNullOrWhiteSpace(connectionString)
                ? throw new ArgumentException("PostgreSQL needs a connection string.", nameof(connectionString))
                : new(dataDirectory, connectionString, null);
        }

        if (!string.Equals(provider, DataRegistration.Sqlite, StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException($"The database provider must be Sqlite or Postgres, not '{provider}'.", nameof(provider));
        var sqlite = new SqliteConnectionStringBuilder(connectionString);
        if (sqlite.DataSource.StartsWith(':') || sqlite.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || sqlite.Mode == SqliteOpenMode.Memory)
            throw new ArgumentException("The SQLite database must be a plain file.", nameof(connectionString));
        // Left to SQLite, a relative name is relative to the working directory of the user who started the console.
        sqlite.DataSource = Path.GetFullPath(sqlite.DataSource is "" ? FileName : sqlite.DataSource, dataDirectory);
        sqlite.ForeignKeys = true; // the distribution's library has them off by default
        return new(dataDirectory, sqlite.ConnectionString, sqlite.DataSource);
    }
}
