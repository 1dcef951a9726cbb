using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;

namespace Ops.Demo;

/// <summary>The demo's users, each with a password that nobody needs to know and that ends with the demo.</summary>
internal sealed class DemoAccounts
{
    public const string Admin = "admin", Operator = "operator", Viewer = "viewer";

    // Letters of both cases, a digit and a sign, as the default rules of Identity want.
    private readonly Dictionary<string, string> _passwords = new[] { Admin, Operator, Viewer }.ToDictionary(name => name, _ => "Demo-1-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));

    public string PasswordOf(string name) => _passwords[name];

    /// <summary>Writes them into the console's database before the console starts, so that it asks for no set-up.</summary>
    public async Task CreateAsync(string dataDirectory)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddOpsData("Sqlite", null, dataDirectory);
        services.AddIdentityCore<OpsUser>().AddRoles<IdentityRole>().AddEntityFrameworkStores<OpsDb>();
        await using (var provider = services.BuildServiceProvider())
        {
            await provider.MigrateOpsDataAsync();
            await using var scope = provider.CreateAsyncScope();
            var users = scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>();
            foreach (var (name, role) in new[] { (Admin, OpsRoles.Admin), (Operator, OpsRoles.Operator), (Viewer, OpsRoles.Viewer) })
            {
                var user = new OpsUser { UserName = name, CreatedAt = DateTimeOffset.UtcNow, LockoutEnabled = true };
                Check(await users.CreateAsync(user, _passwords[name]));
                Check(await users.AddToRoleAsync(user, role));
            }
        }
        SqliteConnection.ClearAllPools();
    }

    private static void Check(IdentityResult result)
    {
        if (!result.Succeeded)
            throw new InvalidOperationException(string.Join(' ', result.Errors.Select(e => e.Description)));
    }
}
