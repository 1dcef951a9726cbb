using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class AgentKeysTests
{
    private static readonly byte[] First = Key(1);
    private static readonly byte[] Second = Key(2);
    private static readonly byte[] Third = Key(3);

    [Fact]
    public async Task A_token_is_good_once_and_binds_the_host_that_joins()
    {
        await using var data = await TestData.CreateAsync();
        var keys = data.Get<AgentKeys>();
        var (token, plain) = await keys.CreateAsync("mail2", "alice");
        Assert.Matches("^opsj_[A-Za-z0-9_-]{43}$", plain);

        var (joined, why) = await keys.JoinAsync(plain, "host-2", "mail2", First, End(data));
        Assert.Equal((token.Id, "host-2", null), (joined?.Id, joined?.HostId, why));
        Assert.Equal(token.Id, (await keys.VerifyAsync(token.Id, First))?.Id);
        Assert.Null(await keys.VerifyAsync(token.Id, Second));

        var (again, used) = await keys.JoinAsync(plain, "host-3", "mail3", Second, End(data));
        Assert.Null(again);
        Assert.Contains("good once", used, StringComparison.Ordinal);
        Assert.True(await data.Get<AgentTokens>().BindAsync(token.Id, "host-2"));
        Assert.False(await data.Get<AgentTokens>().BindAsync(token.Id, "host-3"));
        await using var db = await data.OpenAsync();
        Assert.Equal(
            [$"alice {AuditActions.TokenCreated}", $"agent {AuditActions.AgentJoined}"],
            await db.Audit.OrderBy(e => e.Sequence).Select(e => e.Actor + " " + e.Action).ToListAsync());
    }

    [Fact]
    public async Task A_token_that_was_not_used_within_a_day_is_refused()
    {
        await using var data = await TestData.CreateAsync();
        var (_, plain) = await data.Get<AgentKeys>().CreateAsync("mail2", "alice");
        data.Clock.Advance(AgentKeys.JoinWithin);
        Assert.Equal((null, "This token is too old."), await data.Get<AgentKeys>().JoinAsync(plain, "host-2", "mail2", First, End(data)));
    }

    [Fact]
    public async Task A_revoked_or_unknown_token_is_refused_and_a_token_to_join_is_not_one_to_connect_with()
    {
        await using var data = await TestData.CreateAsync();
        var (token, plain) = await data.Get<AgentKeys>().CreateAsync("mail2", "alice");
        Assert.Null(await data.Get<AgentTokens>().VerifyAsync(plain));
        Assert.True(await data.Get<AgentTokens>().RevokeAsync(token.Id, "bob"));
        foreach (var text in new[] { plain, AgentKeys.Prefix + new string('A', 43), "nonsense", null })
            Assert.NotNull((await data.Get<AgentKeys>().JoinAsync(text, "host-2", "mail2", First, End(data))).Why);
    }

    [Fact]
    public async Task A_host_that_has_a_valid_token_cannot_be_taken_over_by_another_one()
    {
        await using var data = await TestData.CreateAsync();
        var keys = data.Get<AgentKeys>();
        var (_, one) = await keys.CreateAsync("mail2", "alice");
        var (_, other) = await keys.CreateAsync("mail2 again", "alice");
        await keys.JoinAsync(one, "host-2", "mail2", First, End(data));
        Assert.Contains("Revoke that one first", (await keys.JoinAsync(other, "host-2", "mail2", Second, End(data))).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_old_key_is_good_until_the_new_one_was_used_so_a_lost_answer_locks_no_agent_out()
    {
        await using var data = await TestData.CreateAsync();
        var keys = data.Get<AgentKeys>();
        var (token, plain) = await keys.CreateAsync("mail2", "alice");
        await keys.JoinAsync(plain, "host-2", "mail2", First, End(data));

        // The answer with the second key is lost: the agent asks again with the first.
        Assert.Null(await keys.RenewAsync(token.Id, First, Second, End(data)));
        Assert.NotNull(await keys.VerifyAsync(token.Id, First));
        Assert.Null(await keys.RenewAsync(token.Id, First, Third, End(data)));
        Assert.Null(await keys.VerifyAsync(token.Id, Second));

        Assert.NotNull(await keys.VerifyAsync(token.Id, Third));
        Assert.Null(await keys.VerifyAsync(token.Id, First));
        Assert.NotNull(await keys.RenewAsync(token.Id, First, Second, End(data)));
    }

    [Fact]
    public async Task A_key_that_was_asked_for_is_asked_for_until_it_is_there_and_a_revoked_key_is_worth_nothing()
    {
        await using var data = await TestData.CreateAsync();
        var keys = data.Get<AgentKeys>();
        var (token, plain) = await keys.CreateAsync("mail2", "alice");
        Assert.NotNull(await keys.AskRotationAsync(token.Id, "alice"));
        await keys.JoinAsync(plain, "host-2", "mail2", First, End(data));

        Assert.Null(await keys.AskRotationAsync(token.Id, "alice"));
        Assert.True(await keys.IsRotationAskedAsync(token.Id));
        Assert.Null(await keys.RenewAsync(token.Id, First, Second, End(data)));
        Assert.False(await keys.IsRotationAskedAsync(token.Id));

        await data.Get<AgentTokens>().RevokeAsync(token.Id, "bob");
        Assert.Null(await keys.VerifyAsync(token.Id, Second));
        Assert.NotNull(await keys.RenewAsync(token.Id, Second, Third, End(data)));
        Assert.NotNull(await keys.AskRotationAsync(token.Id, "alice"));
    }

    private static byte[] Key(byte first) => [first, .. new byte[31]];

    private static DateTimeOffset End(TestData data) => data.Clock.GetUtcNow() + TimeSpan.FromDays(30);
}
