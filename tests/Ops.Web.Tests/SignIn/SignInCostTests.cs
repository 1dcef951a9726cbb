using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.SignIn;

namespace Ops.Web.Tests.SignIn;

/// <summary>What a refused sign-in costs must not depend on why it was refused: the time of an answer would tell which names exist.</summary>
public sealed class SignInCostTests : IAsyncLifetime, IDisposable
{
    private readonly HashCount _hashes = new();
    private readonly ConsoleFactory _console;

    public SignInCostTests() => _console = new()
    {
        Instead = services => services.AddScoped<IPasswordHasher<OpsUser>>(_ => new CountingHasher(_hashes)),
    };

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        await _console.UserAsync("first-admin", OpsRoles.Admin);
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Fact]
    public async Task A_refused_sign_in_costs_exactly_one_hash_whatever_the_reason()
    {
        var admin = await _console.UserAsync("cost-admin", OpsRoles.Admin);
        await _console.UserAsync("cost-locked", OpsRoles.Viewer);
        await _console.UserAsync("cost-disabled", OpsRoles.Viewer);
        await WithoutPasswordAsync("cost-without");
        var users = _console.Services.GetRequiredService<UsersCommand>();
        Assert.Null(await users.SetDisabledAsync(admin, (await users.ListAsync()).Single(u => u.Name == "cost-disabled").Id, true));
        for (var i = 0; i < 5; i++)
            await HashesAsync("cost-locked", "not the password");

        foreach (var (why, name, password) in new[]
        {
            ("unknown name", "cost-nobody", ConsoleFactory.Password),
            ("wrong password", "cost-admin", "not the password"),
            ("empty password", "cost-admin", ""),
            ("locked, right password", "cost-locked", ConsoleFactory.Password),
            ("locked, wrong password", "cost-locked", "not the password"),
            ("disabled, right password", "cost-disabled", ConsoleFactory.Password),
            ("disabled, wrong password", "cost-disabled", "not the password"),
            ("user without a password", "cost-without", ConsoleFactory.Password),
            ("name that no user can have", new string('x', 5_000), ConsoleFactory.Password),
        })
        {
            Assert.Equal((why, 1), (why, await HashesAsync(name, password)));
        }
    }

    private async Task WithoutPasswordAsync(string name)
    {
        await using var scope = _console.Services.CreateAsyncScope();
        Assert.True((await scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>().CreateAsync(new() { UserName = name, CreatedAt = DateTimeOffset.UtcNow })).Succeeded);
    }

    private async Task<int> HashesAsync(string name, string password)
    {
        using var visitor = new Visitor(_console.Address);
        var before = _hashes.Value;
        using var answer = await visitor.SignInAsync(name, password);
        Assert.Equal((HttpStatusCode.OK, SignInCommand.Rejected), (answer.StatusCode, (await Visitor.ReadAsync(answer)).QuerySelector("[role=alert]")?.TextContent));
        return _hashes.Value - before;
    }

    private sealed class HashCount
    {
        private int _value;

        public int Value => Volatile.Read(ref _value);

        public void Add() => Interlocked.Increment(ref _value);
    }

    private sealed class CountingHasher(HashCount count) : IPasswordHasher<OpsUser>
    {
        private readonly PasswordHasher<OpsUser> _inner = new();

        public string HashPassword(OpsUser user, string password)
        {
            count.Add();
            return _inner.HashPassword(user, password);
        }

        public PasswordVerificationResult VerifyHashedPassword(OpsUser user, string hashedPassword, string providedPassword)
        {
            count.Add();
            return _inner.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
