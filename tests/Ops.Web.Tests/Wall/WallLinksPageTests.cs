using Bunit;
using Ops.Data;
using Ops.Web.Features.Wall;
using Ops.Web.Shared;
using Ops.Web.Tests.Pages;

namespace Ops.Web.Tests.Wall;

public sealed class WallLinksPageTests : ConsolePageTest<WallCommand>
{
    [Fact]
    public async Task A_link_is_made_shown_once_and_revoked_and_both_are_in_the_audit()
    {
        var page = Render<WallLinksPage>();
        await page.InvokeAsync(() => page.FindComponents<TextBox>().Single().Instance.ValueChanged.InvokeAsync("operations room"));
        await page.Find("form").SubmitAsync(new());

        page.WaitForElement("#links tr");
        Assert.Matches(@"/wall\?token=opsw_[\w-]{43}&theme=dark$", page.Find("#link-text").TextContent);
        Assert.Contains("never", page.Find("#links tr").TextContent, StringComparison.Ordinal);
        Assert.Contains("good until", page.Find("#links tr").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("opsw_", Render<WallLinksPage>().Markup, StringComparison.Ordinal);

        await page.Find("button[aria-label='Revoke the link of operations room']").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("revoked", page.Find("#links tr").TextContent, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        Assert.Equal(["wall-link-created", "wall-link-revoked"], (await Console.AuditAsync()).Where(e => e.Reason == "operations room").Select(e => e.Action));
    }

    [Fact]
    public async Task Only_administrators_make_and_revoke_links()
    {
        var viewer = await Console.UserAsync("victor", OpsRoles.Viewer);

        Assert.Equal((null, "Only administrators can make wallboard links."), await Command.CreateAsync(viewer, "room", 1, "", "http://localhost/"));
        Assert.Equal("Only administrators can revoke wallboard links.", await Command.RevokeAsync(viewer, Guid.NewGuid()));
        Assert.Equal("Say in 1 to 100 characters where the screen is.", (await Command.CreateAsync(Who.User!, " ", 1, "", "http://localhost/")).Refusal);
        Assert.Equal("Choose how long the link is good for.", (await Command.CreateAsync(Who.User!, "room", 4_000, "", "http://localhost/")).Refusal);
        Assert.Empty(await Command.ListAsync());
    }
}
