using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Ops.Locks;

namespace Ops.Data.Tests;

/// <summary>A migrated database of its own in a temporary folder, and the services over it as the console has them.</summary>
/// <remarks>
/// SQLite, unless the variable OPS_TEST_POSTGRES holds a connection string to a PostgreSQL server where databases may be made: then
/// each test gets a database there, so that CI can run the same tests on both.
/// </remarks>
internal sealed class TestData : IAsyncDisposable
{
    private static readonly string? Server = Environment.GetEnvironmentVariable("OPS_TEST_POSTGRES");
    private readonly List<ServiceProvider> _programs = [];

    private TestData(string provider)
    {
        Provider = provider;
        Folder = Directory.CreateTempSubdirectory("ops-data-").FullName;
        ConnectionString = provider == DataRegistration.Postgres
            ? new NpgsqlConnectionStringBuilder(Server) { Database = $"ops_{Guid.NewGuid():N}" }.ConnectionString
            : "";
        Services = StartProgram();
    }

    public string Provider { get; }

    public string ConnectionString { get; }

    public string Folder { get; }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public ServiceProvider Services { get; }

    public AuditLog Audit => Services.GetRequiredService<AuditLog>();

    public HeadAnchor Anchor => Services.GetRequiredService<HeadAnchor>();

    public static Task<TestData> CreateAsync() => CreateAsync(Server is null ? DataRegistration.Sqlite : DataRegistration.Postgres);

    public static Task<TestData> CreateSqliteAsync() => CreateAsync(DataRegistration.Sqlite);

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    /// <summary>Another set of services on the same data: stands for another process, shares no memory with the first.</summary>
    /// <param name="run">How it is called among the consoles of a fleet; null: it believes to be alone.</param>
    public ServiceProvider StartProgram(ConsoleRun? run = null)
    {
        var services = new ServiceCollection();
        if (run is not null)
            services.AddSingleton(run);
        services.AddLogging();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddOpsData(Provider, ConnectionString, Folder);
        services.AddIdentityCore<OpsUser>().AddRoles<IdentityRole>().AddEntityFrameworkStores<OpsDb>();
        var program = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        _programs.Add(program);
        return program;
    }

    public Task<OpsDb> OpenAsync() => Get<IDbContextFactory<OpsDb>>().CreateDbContextAsync();

    /// <summary>What someone with the database in hand can do.</summary>
    public async Task<int> TamperAsync(string sql)
    {
        await using var db = await OpenAsync();
        return await db.Database.ExecuteSqlRawAsync(sql);
    }

    /// <summary>Makes a user; returns their id.</summary>
    public async Task<string> UserAsync(string name)
    {
        await using var scope = Services.CreateAsyncScope();
        var user = new OpsUser { UserName = name, CreatedAt = Clock.GetUtcNow() };
        Assert.True((await scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>().CreateAsync(user)).Succeeded);
        return user.Id;
    }

    public async Task AppendAsync(int count)
    {
        for (var i = 1; i <= count; i++)
        {
            await Audit.AppendAsync(new()
            {
                Actor = "alice",
                Action = AuditActions.Break,
                Host = "mail1",
                Path = $"/var/mail/user{i}.lock",
                Outcome = "done",
                Reason = "stuck",
                OperationId = Guid.NewGuid(),
                Detail = "{}",
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Provider == DataRegistration.Postgres)
        {
            await using var db = await OpenAsync();
            await db.Database.EnsureDeletedAsync();
        }

        foreach (var program in _programs)
            await program.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task<TestData> CreateAsync(string provider)
    {
        var data = new TestData(provider);
        await data.Services.MigrateOpsDataAsync();
        return data;
    }
}
