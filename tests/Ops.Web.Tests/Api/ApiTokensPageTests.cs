using Bunit;
using Ops.Data;
using Ops.Web.Features.Api;
using Ops.Web.Shared;
using Ops.Web.Tests.Pages;

namespace Ops.Web.Tests.Api;

public sealed class ApiTokensPageTests : ConsolePageTest<ApiTokensCommand>
{
    [Fact]
    public async Task A_token_is_made_shown_once_and_revoked_by_administrators_only()
    {
        var page = Render<ApiTokensPage>();
        await page.InvokeAsync(() => page.FindComponents<TextBox>().Single().Instance.ValueChanged.InvokeAsync("ticket system"));
        await page.Find("form").SubmitAsync(new());

        page.WaitForElement("#tokens tr");
        Assert.Matches(@"^opst_[\w-]{43}$", page.Find("#token-text").TextContent);
        Assert.Contains("never", page.Find("#tokens tr").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("opst_", Render<ApiTokensPage>().Markup, StringComparison.Ordinal);

        await page.Find("button[aria-label='Revoke the token of ticket system']").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("revoked", page.Find("#tokens tr").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        var entries = (await Console.AuditAsync()).Where(e => e.Reason == "ticket system").ToList();
        Assert.Equal(["api-token-created", "api-token-revoked"], entries.Select(e => e.Action));
        Assert.All(entries, e => Assert.Contains("\"rights\":\"read\"", e.Detail, StringComparison.Ordinal));
        Assert.All(entries, e => Assert.DoesNotContain("opst_", e.Detail, StringComparison.Ordinal));

        var viewer = await Console.UserAsync("victor", OpsRoles.Viewer);
        Assert.Equal((null, "Only administrators can make API tokens."), await Command.CreateAsync(viewer, "cron", 1));
        Assert.Equal("Only administrators can revoke API tokens.", await Command.RevokeAsync(viewer, Guid.NewGuid()));
        Assert.Equal("Say in 1 to 100 characters which program uses the token.", (await Command.CreateAsync(Who.User!, " ", 1)).Refusal);
    }
}
