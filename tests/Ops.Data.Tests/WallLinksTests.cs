using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class WallLinksTests
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    [Fact]
    public async Task A_token_is_kept_as_a_hash_only_and_recognised()
    {
        await using var data = await TestData.CreateAsync();
        var links = data.Get<WallLinks>();

        var (link, plain) = await links.CreateAsync("operations room", Year, "alice");

        Assert.Matches("^opsw_[A-Za-z0-9_-]{43}$", plain);
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(plain)), link.Hash);
        Assert.Equal((link.Id, "operations room"), ((await links.VerifyAsync(plain))!.Id, (await links.VerifyAsync(plain))!.Label));
        Assert.Null(await links.VerifyAsync(plain[..^1] + (plain[^1] == 'A' ? 'B' : 'A')));
        Assert.Null(await links.VerifyAsync(null));
    }

    [Fact]
    public async Task A_token_of_an_agent_is_no_token_of_a_wallboard_and_the_other_way_round()
    {
        await using var data = await TestData.CreateAsync();
        var (_, ofAgent) = await data.Get<AgentTokens>().CreateAsync("mail2", "alice");
        var (_, ofWall) = await data.Get<WallLinks>().CreateAsync("room", Year, "alice");

        Assert.Null(await data.Get<WallLinks>().VerifyAsync(ofAgent));
        Assert.Null(await data.Get<AgentTokens>().VerifyAsync(ofWall));
    }

    [Fact]
    public async Task An_expired_or_revoked_link_opens_nothing()
    {
        await using var data = await TestData.CreateAsync();
        var links = data.Get<WallLinks>();
        var (_, shortLived) = await links.CreateAsync("trade fair", TimeSpan.FromDays(1), "alice");
        var (revoked, plain) = await links.CreateAsync("room", Year, "alice");
        Assert.NotNull(await links.VerifyAsync(shortLived));

        Assert.True(await links.RevokeAsync(revoked.Id, "bob"));
        data.Clock.Advance(TimeSpan.FromDays(1));

        Assert.Null(await links.VerifyAsync(shortLived));
        Assert.Null(await links.VerifyAsync(plain));
        Assert.False(await links.RevokeAsync(revoked.Id, "bob"));
        Assert.False(await links.RevokeAsync(Guid.NewGuid(), "bob"));
    }

    [Fact]
    public async Task The_last_use_is_noted_to_the_minute()
    {
        await using var data = await TestData.CreateAsync();
        var links = data.Get<WallLinks>();
        var (_, plain) = await links.CreateAsync("room", Year, "alice");
        var first = data.Clock.GetUtcNow();

        await links.VerifyAsync(plain);
        data.Clock.Advance(TimeSpan.FromSeconds(59));
        await links.VerifyAsync(plain);
        Assert.Equal(first, Assert.Single(await links.ListAsync()).LastUsedAt);

        data.Clock.Advance(TimeSpan.FromSeconds(1));
        await links.VerifyAsync(plain);
        Assert.Equal(first.AddMinutes(1), Assert.Single(await links.ListAsync()).LastUsedAt);
    }

    [Fact]
    public async Task Making_and_revoking_are_in_the_audit_without_the_token()
    {
        await using var data = await TestData.CreateAsync();
        var links = data.Get<WallLinks>();
        var (link, plain) = await links.CreateAsync("room", Year, "alice");
        await links.RevokeAsync(link.Id, "bob");

        await using var db = await data.Get<IDbContextFactory<OpsDb>>().CreateDbContextAsync();
        var entries = await db.Audit.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync();

        Assert.Equal(
            [("alice", AuditActions.WallLinkCreated, "room", "created"), ("bob", AuditActions.WallLinkRevoked, "room", "revoked")],
            entries.Select(e => (e.Actor, e.Action, e.Reason, e.Outcome)));
        Assert.All(entries, e => Assert.DoesNotContain(plain, e.Detail, StringComparison.Ordinal));
    }
}
