using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class FirstAdministratorTests
{
    private const string Password = "Correct-horse-7";

    [Fact]
    public async Task The_link_makes_an_administrator_who_can_sign_in_and_setup_is_over()
    {
        await using var data = await TestData.CreateAsync();
        Assert.True(await WithAsync(data, f => f.IsNeededAsync()));
        var token = await WithAsync(data, f => f.CreateTokenAsync());

        var outcome = await WithAsync(data, f => f.RedeemAsync(token!, "alice", Password));

        Assert.Equal("alice", Assert.IsType<SetupOutcome.Created>(outcome).User.UserName);
        await using var scope = data.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>();
        var alice = await users.FindByNameAsync("alice");
        Assert.True(await users.CheckPasswordAsync(alice!, Password));
        Assert.Equal([OpsRoles.Admin], await users.GetRolesAsync(alice!));
        Assert.False(await WithAsync(data, f => f.IsNeededAsync()));
        Assert.Null(await WithAsync(data, f => f.CreateTokenAsync()));
    }

    [Fact]
    public async Task Of_simultaneous_redeems_in_several_programs_one_makes_an_administrator()
    {
        await using var data = await TestData.CreateAsync();
        var token = await WithAsync(data, f => f.CreateTokenAsync());
        var programs = new[] { data.StartProgram(), data.StartProgram() };

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
        {
            await using var scope = programs[i % 2].CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<FirstAdministrator>().RedeemAsync(token!, $"user{i}", Password);
        })));

        var winner = Assert.Single(outcomes.OfType<SetupOutcome.Created>());
        Assert.All(outcomes.OfType<SetupOutcome.Refused>(), r => Assert.Equal(SetupRefusal.AlreadyUsed, r.Reason));
        await using var db = await data.OpenAsync();
        Assert.Equal(winner.User.Id, (await db.Users.SingleAsync()).Id);
        Assert.Single(await db.UserRoles.ToListAsync());
        Assert.Equal(6, await db.Audit.CountAsync(e => e.Action == AuditActions.Setup));
        Assert.IsType<AuditVerification.Intact>(await data.Audit.VerifyAsync());
    }

    [Fact]
    public async Task A_password_that_is_too_weak_changes_nothing_and_leaves_the_link_good()
    {
        await using var data = await TestData.CreateAsync();
        var token = await WithAsync(data, f => f.CreateTokenAsync());

        var weak = Assert.IsType<SetupOutcome.Refused>(await WithAsync(data, f => f.RedeemAsync(token!, "alice", "x")));

        Assert.Equal(SetupRefusal.Unacceptable, weak.Reason);
        Assert.Contains("Passwords must", weak.Explanation, StringComparison.Ordinal);
        Assert.IsType<SetupOutcome.Created>(await WithAsync(data, f => f.RedeemAsync(token!, "alice", Password)));
    }

    [Fact]
    public async Task A_newer_link_ends_the_one_before()
    {
        await using var data = await TestData.CreateAsync();
        var old = await WithAsync(data, f => f.CreateTokenAsync());
        var fresh = await WithAsync(data, f => f.CreateTokenAsync());

        AssertRefused(SetupRefusal.UnknownLink, await WithAsync(data, f => f.RedeemAsync(old!, "alice", Password)));
        Assert.IsType<SetupOutcome.Created>(await WithAsync(data, f => f.RedeemAsync(fresh!, "alice", Password)));
    }

    [Fact]
    public async Task A_link_expires()
    {
        await using var data = await TestData.CreateAsync();
        var token = await WithAsync(data, f => f.CreateTokenAsync());
        data.Clock.Advance(FirstAdministrator.LinkLifetime);

        AssertRefused(SetupRefusal.Expired, await WithAsync(data, f => f.RedeemAsync(token!, "alice", Password)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("opss_")]
    [InlineData("opss_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_link_that_was_never_issued_is_refused_and_audited(string token)
    {
        await using var data = await TestData.CreateAsync();
        await WithAsync(data, f => f.CreateTokenAsync());

        AssertRefused(SetupRefusal.UnknownLink, await WithAsync(data, f => f.RedeemAsync(token, "mallory", Password)));

        await using var db = await data.OpenAsync();
        var entry = await db.Audit.SingleAsync(e => e.Action == AuditActions.Setup);
        Assert.StartsWith("refused", entry.Outcome, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_link_itself_is_kept_nowhere()
    {
        await using var data = await TestData.CreateAsync();
        var token = await WithAsync(data, f => f.CreateTokenAsync());
        await WithAsync(data, f => f.RedeemAsync(token!, "alice", Password));

        var export = new StringWriter();
        await data.Audit.ExportAsync(export);
        await using var db = await data.OpenAsync();
        var kept = await db.SetupTokens.SingleAsync();

        Assert.DoesNotContain(token![5..], export.ToString(), StringComparison.Ordinal);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(token)), kept.Hash);
    }

    private static async Task<T> WithAsync<T>(TestData data, Func<FirstAdministrator, Task<T>> act)
    {
        await using var scope = data.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<FirstAdministrator>());
    }

    private static void AssertRefused(SetupRefusal reason, SetupOutcome outcome) => Assert.Equal(reason, Assert.IsType<SetupOutcome.Refused>(outcome).Reason);
}
