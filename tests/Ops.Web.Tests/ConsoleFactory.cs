using System.Security.Claims;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Live;

namespace Ops.Web.Tests;

/// <summary>The console on a real Kestrel port with a data directory of its own and no embedded agent.</summary>
public sealed class ConsoleFactory : WebApplicationFactory<LiveState>, IAsyncLifetime
{
    public const string Password = "correct horse battery";

    public string Folder { get; } = Directory.CreateTempSubdirectory("ops-web-test-").FullName;

    /// <summary>Data directory of the console.</summary>
    public string Data => DataIn ?? Path.Join(Folder, "data");

    /// <summary>Where the data directory is to be, on a file system of the test's own; null for <see cref="Folder"/>.</summary>
    public string? DataIn { get; init; }

    /// <summary>Whether it listens where its settings say. Otherwise it listens at one port of the test's, and at no other.</summary>
    public bool OpensItsOwnPorts { get; init; }

    /// <summary>Further settings, as name and value.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];

    public Uri Address { get; private set; } = null!;

    /// <summary>Connection string of the database; null for the product's own choice.</summary>
    public string? Connection { get; init; }

    /// <summary>Puts a stand-in in the place of a service; null for the product as it is.</summary>
    public Action<IServiceCollection>? Instead { get; init; }

    public string DatabaseFile => Path.Join(Data, "ops.db");

    public Task InitializeAsync()
    {
        if (OpensItsOwnPorts)
            UseKestrel();
        else
            UseKestrel(0);
        StartServer();
        Address = ClientOptions.BaseAddress;
        return Task.CompletedTask;
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        SqliteConnection.ClearAllPools();
        // An act that a test started and did not wait for may still write its last entry.
        for (var tries = 0; ; tries++)
        {
            try
            {
                Directory.Delete(Folder, recursive: true);
                return;
            }
            catch (IOException) when (tries < 50)
            {
                await Task.Delay(100);
                SqliteConnection.ClearAllPools();
            }
        }
    }

    /// <summary>Makes a user and returns who they are to a page on which they are signed in.</summary>
    public async Task<ClaimsPrincipal> UserAsync(string name, string role)
    {
        await using var scope = Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>();
        var user = new OpsUser { UserName = name, CreatedAt = DateTimeOffset.UtcNow };
        Assert.True((await users.CreateAsync(user, Password)).Succeeded);
        Assert.True((await users.AddToRoleAsync(user, role)).Succeeded);
        return await scope.ServiceProvider.GetRequiredService<IUserClaimsPrincipalFactory<OpsUser>>().CreateAsync(user);
    }

    public async Task<IReadOnlyList<AuditEntry>> AuditAsync()
    {
        await using var db = await Services.GetRequiredService<IDbContextFactory<OpsDb>>().CreateDbContextAsync();
        return await db.Audit.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        builder.UseSetting("Ops:DataDirectory", Data);
        builder.UseSetting("Ops:EmbeddedAgent", "false");
        builder.UseSetting("Logging:LogLevel:Default", "Warning");
        if (Connection is { } connection)
            builder.UseSetting("Ops:ConnectionString", connection);
        foreach (var (name, value) in Settings)
            builder.UseSetting(name, value);
        if (Instead is { } instead)
            builder.ConfigureTestServices(instead);
    }
}
