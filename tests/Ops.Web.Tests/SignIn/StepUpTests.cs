using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Data;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Alerts;
using Ops.Web.Features.Api;
using Ops.Web.Features.Rules;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;

namespace Ops.Web.Tests.SignIn;

public sealed class StepUpTests(SecondFactorConsole site) : IClassFixture<SecondFactorConsole>
{
    private IServiceProvider Services => site.Console.Services;

    private RulesCommand Rules => Services.GetRequiredService<RulesCommand>();

    [Theory]
    [InlineData(true, 9, false)]
    [InlineData(true, 10, true)]
    [InlineData(true, null, true)]
    [InlineData(false, null, false)]
    [InlineData(false, 10, false)]
    public void A_code_is_enough_for_ten_minutes_and_only_who_has_a_second_factor_is_asked(bool hasSecondFactor, int? minutesAgo, bool isStale)
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(50);
        Assert.Equal(isStale, SecondFactorRule.IsCodeStale(hasSecondFactor, now - (minutesAgo is { } minutes ? TimeSpan.FromMinutes(minutes) : null), now));
    }

    [Fact]
    public async Task Rules_users_alerts_and_tokens_are_changed_with_a_fresh_code_only()
    {
        var (page, key) = await PageAsync("careful");
        Assert.Null(await Rules.AddGroupAsync(page, "with the code of the set-up"));
        site.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(SecondFactorRule.FreshCodeNeeded, await Rules.AddGroupAsync(page, "too late"));
        Assert.Equal(SecondFactorRule.FreshCodeNeeded, await Services.GetRequiredService<UsersCommand>().AddAsync(page, "added", ConsoleFactory.Password, OpsRoles.Admin));
        Assert.Equal(SecondFactorRule.FreshCodeNeeded, await Services.GetRequiredService<AlertsCommand>().RemoveAsync(page, Guid.NewGuid()));
        Assert.Equal((null, SecondFactorRule.FreshCodeNeeded), await Services.GetRequiredService<ApiTokensCommand>().CreateToActAsync(page, "acts without codes", 30));

        var stepUp = Services.GetRequiredService<StepUpCommand>();
        Assert.Equal(SecondFactorCommand.WrongCode, await stepUp.ConfirmAsync(page, site.WrongCode(key)));
        Assert.Equal(SecondFactorRule.FreshCodeNeeded, await Rules.AddGroupAsync(page, "too late"));
        var code = site.Code(key);
        Assert.Null(await stepUp.ConfirmAsync(page, code));
        Assert.Null(await Rules.AddGroupAsync(page, "with a fresh code"));
        Assert.Equal(SecondFactorCommand.WrongCode, await stepUp.ConfirmAsync(page, code));
        Assert.Equal(
            ["wrong code of the second factor at an open page, or locked out", "gave a code of the second factor again", "wrong code of the second factor at an open page, or locked out"],
            (await site.Console.AuditAsync()).Where(e => e.Actor == "careful" && e.Outcome?.Contains("code of the second factor", StringComparison.Ordinal) == true).Select(e => e.Outcome));
    }

    [Fact]
    public async Task Without_a_second_factor_no_code_is_asked_for()
    {
        using var visitor = await site.VisitorAsync("plain-admin", OpsRoles.Admin);
        var page = await PersonAsync("plain-admin");
        site.Pass(TimeSpan.FromMinutes(11));
        Assert.Null(await Rules.AddGroupAsync(page, "without a code"));
    }

    [Fact]
    public async Task A_process_is_killed_with_a_fresh_code_only_and_ended_gently_without_one()
    {
        var agent = new FakeAgent();
        var session = new AgentSession(
            agent, "test", isEmbedded: false, Services.GetRequiredService<LiveState>(), Services.GetRequiredService<AgentDirectory>(), LiveLimits.Default,
            TimeProvider.System, NullLogger<AgentSession>.Instance);
        await session.Hello(Some.Hello());
        await session.Snapshot(Some.Snapshot(1, Some.Living("mbox")));
        var (page, key) = await PageAsync("kills");
        site.Pass(TimeSpan.FromMinutes(10));
        Assert.IsType<ActError.FreshCodeNeeded>(Assert.IsType<PreviewOutcome.Refused>(await PreviewAsync("kill")).Error);
        Assert.IsNotType<ActError.FreshCodeNeeded>((await PreviewAsync("term") as PreviewOutcome.Refused)?.Error);
        var kill = new ActRequest(Target("kill"), "sha256:1", "it hangs since noon", "4242");
        Assert.IsType<ActError.FreshCodeNeeded>(Assert.IsType<StartOutcome.NotStarted>(await Services.GetRequiredService<ActCommand>().StartAsync(page, kill)).Error);
        Assert.Empty(agent.Executed);
        Assert.Null(await Services.GetRequiredService<StepUpCommand>().ConfirmAsync(page, site.Code(key)));
        Assert.IsType<PreviewOutcome.Ready>(await PreviewAsync("kill"));

        static ActTarget Target(string action) => new("host-1", "mbox", action, new(4242, 77, Some.Boot));

        Task<PreviewOutcome> PreviewAsync(string action) => Services.GetRequiredService<ActPreviews>().PreviewAsync(page, Target(action));
    }

    /// <summary>An administrator with a second factor, at a page that is open.</summary>
    private async Task<(ClaimsPrincipal Page, string Key)> PageAsync(string name)
    {
        using var visitor = await site.VisitorAsync(name, OpsRoles.Admin);
        var (key, _) = await site.EnrolAsync(visitor);
        return (await PersonAsync(name), key);
    }

    private async Task<ClaimsPrincipal> PersonAsync(string name)
    {
        await using var scope = Services.CreateAsyncScope();
        var user = (await scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.UserManager<OpsUser>>().FindByNameAsync(name))!;
        var person = await scope.ServiceProvider.GetRequiredService<Microsoft.AspNetCore.Identity.IUserClaimsPrincipalFactory<OpsUser>>().CreateAsync(user);
        var session = Assert.Single(await Services.GetRequiredService<SessionBook>().ListAsync(user.Id));
        ((ClaimsIdentity)person.Identity!).AddClaim(new(SessionBook.Claim, session.Id.ToString()));
        return person;
    }
}
