using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class AgentTokensTests
{
    [Fact]
    public async Task A_new_token_is_recognised_and_its_use_is_noted()
    {
        await using var data = await TestData.CreateAsync();
        var tokens = data.Get<AgentTokens>();
        var (token, plain) = await tokens.CreateAsync("mail2", "alice");
        data.Clock.Advance(TimeSpan.FromMinutes(5));

        var verified = await tokens.VerifyAsync(plain);

        Assert.Equal((token.Id, "mail2", "alice"), (verified!.Id, verified.HostLabel, verified.CreatedBy));
        var listed = Assert.Single(await tokens.ListAsync());
        Assert.Equal((data.Clock.GetUtcNow(), null), (listed.LastUsedAt, listed.RevokedAt));
    }

    [Fact]
    public async Task A_token_is_a_prefix_and_256_random_bits_and_is_kept_as_a_hash_only()
    {
        await using var data = await TestData.CreateAsync();

        var (token, plain) = await data.Get<AgentTokens>().CreateAsync("mail2", "alice");
        var (_, other) = await data.Get<AgentTokens>().CreateAsync("mail2", "alice");

        Assert.Matches("^opsa_[A-Za-z0-9_-]{43}$", plain);
        Assert.NotEqual(plain, other);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(plain)), token.Hash);
    }

    [Fact]
    public async Task A_revoked_token_is_refused_from_then_on()
    {
        await using var data = await TestData.CreateAsync();
        var tokens = data.Get<AgentTokens>();
        var (token, plain) = await tokens.CreateAsync("mail2", "alice");
        var (_, another) = await tokens.CreateAsync("mail3", "alice");

        Assert.True(await tokens.RevokeAsync(token.Id, "bob"));

        Assert.Null(await tokens.VerifyAsync(plain));
        Assert.NotNull(await tokens.VerifyAsync(another));
        Assert.False(await tokens.RevokeAsync(token.Id, "bob"));
        Assert.False(await tokens.RevokeAsync(Guid.NewGuid(), "bob"));
    }

    [Fact]
    public async Task A_token_is_good_for_the_first_host_that_uses_it_and_no_other()
    {
        await using var data = await TestData.CreateAsync();
        var tokens = data.Get<AgentTokens>();
        var (token, _) = await tokens.CreateAsync("mail2", "alice");
        var (other, _) = await tokens.CreateAsync("mail3", "alice");

        Assert.True(await tokens.BindAsync(token.Id, "host-2"));
        Assert.True(await tokens.BindAsync(token.Id, "host-2"));
        Assert.False(await tokens.BindAsync(token.Id, "host-3"));
        Assert.False(await tokens.BindAsync(other.Id, "host-2"));

        await tokens.RevokeAsync(token.Id, "bob");
        Assert.False(await tokens.BindAsync(token.Id, "host-2"));
        Assert.True(await tokens.BindAsync(other.Id, "host-2")); // a new token for the same host, once the old one is revoked
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("opsa_")]
    [InlineData("opsa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_text_that_is_no_token_is_refused(string? text)
    {
        await using var data = await TestData.CreateAsync();
        await data.Get<AgentTokens>().CreateAsync("mail2", "alice");

        Assert.Null(await data.Get<AgentTokens>().VerifyAsync(text));
    }

    [Fact]
    public async Task A_token_with_one_letter_changed_is_refused()
    {
        await using var data = await TestData.CreateAsync();
        var (_, plain) = await data.Get<AgentTokens>().CreateAsync("mail2", "alice");

        Assert.Null(await data.Get<AgentTokens>().VerifyAsync(plain[..20] + (plain[20] == 'A' ? 'B' : 'A') + plain[21..]));
        Assert.Null(await data.Get<AgentTokens>().VerifyAsync(plain + " "));
        Assert.Null(await data.Get<AgentTokens>().VerifyAsync(plain.ToUpperInvariant()));
    }

    [Fact]
    public async Task Making_and_revoking_is_audited()
    {
        await using var data = await TestData.CreateAsync();
        var (token, _) = await data.Get<AgentTokens>().CreateAsync("mail2", "alice");
        await data.Get<AgentTokens>().RevokeAsync(token.Id, "bob");

        await using var db = await data.OpenAsync();
        var entries = await db.Audit.OrderBy(e => e.Sequence).ToListAsync();

        Assert.Equal(
            [("alice", AuditActions.TokenCreated, "mail2", "created"), ("bob", AuditActions.TokenRevoked, "mail2", "revoked")],
            entries.Select(e => (e.Actor, e.Action, e.Host!, e.Outcome!)));
        Assert.All(entries, e => Assert.Contains(token.Id.ToString(), e.Detail, StringComparison.Ordinal));
    }
}
