using System.Security.Cryptography;
using System.Text;

namespace Ops.Data.Tests;

/// <summary>What tokens of the API have of their own; the rest they share with <see cref="WallLinksTests"/>.</summary>
public sealed class ApiTokensTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task A_token_is_kept_as_a_hash_and_is_no_link_of_a_wallboard()
    {
        await using var data = await TestData.CreateAsync();
        var tokens = data.Get<ApiTokens>();

        var (token, plain) = await tokens.CreateAsync("ticket system", Day, "alice");

        Assert.Matches("^opst_[A-Za-z0-9_-]{43}$", plain);
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(plain)), token.Hash);
        Assert.True((await tokens.VerifyAsync(plain))!.Has(ApiRights.Read));
        Assert.Null(await data.Get<WallLinks>().VerifyAsync(plain));
        Assert.Null(await data.Get<AgentTokens>().VerifyAsync(plain));
    }

    [Fact]
    public async Task A_token_is_known_without_a_look_only_while_the_last_look_found_it_good()
    {
        await using var data = await TestData.CreateAsync();
        var tokens = data.Get<ApiTokens>();
        var (token, plain) = await tokens.CreateAsync("ticket system", Day, "alice");

        Assert.Null(tokens.LastKnown(plain));
        await tokens.VerifyAsync(plain);
        Assert.Equal(token.Id, tokens.LastKnown(plain));

        data.Clock.Advance(Day);
        Assert.Null(await tokens.VerifyAsync(plain));
        Assert.Null(tokens.LastKnown(plain));
        Assert.Null(tokens.LastKnown(null));
    }

    [Theory]
    [InlineData("read", true)]
    [InlineData("act read", true)]
    [InlineData("reading", false)]
    [InlineData("", false)]
    public void A_right_is_a_whole_word(string rights, bool has) =>
        Assert.Equal(has, new ApiToken { Label = "", Hash = [], CreatedBy = "", Rights = rights }.Has(ApiRights.Read));
}
