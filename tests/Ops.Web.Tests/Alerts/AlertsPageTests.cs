using Bunit;
using Ops.Web.Features.Alerts;
using Ops.Web.Shared;
using Ops.Web.Tests.Pages;

namespace Ops.Web.Tests.Alerts;

public sealed class AlertsPageTests : ConsolePageTest<AlertsCommand>
{
    [Fact]
    public async Task Without_a_channel_the_page_says_that_no_person_is_alerted()
    {
        var page = await OpenAsync();

        Assert.Contains("no person is alerted", page.Markup);
        Assert.Contains("Nothing was sent yet", page.Markup);
    }

    [Fact]
    public async Task A_channel_is_added_tested_and_removed_and_its_secret_is_on_no_page()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var page = await OpenAsync();
        await ClickAsync(page, "Add a channel");
        await FillAsync(page, "c-name", "night shift");
        await FillAsync(page, "c-url", receiver.Url + "/S3CRET");
        await page.Find("form[aria-label='New channel']").SubmitAsync(new());

        page.WaitForElement("#channels li");
        Assert.Contains($"{receiver.Url}; losing mail, damage found, deadlock, processes wait, host silent", page.Find("#channels").TextContent);
        await page.Find("button[aria-label='Send a test message over night shift']").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Contains("The test message was taken by night shift.", page.Find("[role=status]").TextContent), TimeSpan.FromSeconds(20));
        Assert.Contains("test: Test message", page.Find("#deliveries tr").TextContent);
        Assert.Equal("/S3CRET", Assert.Single(receiver.Got).Path);

        await page.Find("button[aria-label='Change night shift']").ClickAsync(new());
        Assert.Equal("", page.Find("#c-url").GetAttribute("value") ?? "");
        Assert.DoesNotContain("S3CRET", page.Markup);

        await page.Find("button[aria-label='Remove night shift']").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("#channels li")), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_setting_that_makes_no_sense_is_refused_in_words_and_what_was_typed_stays()
    {
        var page = await OpenAsync();
        await ClickAsync(page, "Add a channel");
        await FillAsync(page, "c-name", "night shift");
        await FillAsync(page, "c-url", "hooks.example.org");
        await page.Find("form[aria-label='New channel']").SubmitAsync(new());

        page.WaitForAssertion(() => Assert.Contains("The address must begin with http:// or https://.", page.Find("[role=status]").TextContent), TimeSpan.FromSeconds(20));
        Assert.Equal("hooks.example.org", page.Find("#c-url").GetAttribute("value"));
    }

    [Fact]
    public async Task Mail_as_the_only_way_out_is_warned_of()
    {
        Assert.Null(await Command.SaveAsync(Who.User!, new() { Kind = "smtp", Name = "mail", Server = "mail.example.org", Sender = "ops@example.org", Recipients = "anna@example.org" }));

        var page = await OpenAsync();

        Assert.Contains("Alerts go out by mail only.", page.Markup);
        await Command.SaveAsync(Who.User!, new() { Name = "hook", Url = "https://example.org/" });
        Assert.DoesNotContain("Alerts go out by mail only.", (await OpenAsync()).Markup);
    }

    [Fact]
    public async Task A_host_is_muted_for_a_time_with_a_reason_and_the_mute_is_ended()
    {
        var page = await OpenAsync();
        await ChooseAsync(page, "m-host", HostId);
        await ChooseAsync(page, "m-rule", "victims");
        await FillAsync(page, "m-why", "moving the store");
        await page.Find("form.filters").SubmitAsync(new());

        page.WaitForElement("#mutes li");
        Assert.Contains("Processes wait on mail1 until", page.Find("#mutes").TextContent);
        Assert.Contains("by anna: moving the store", page.Find("#mutes").TextContent);
        await page.Find("button[aria-label='End the mute: moving the store']").ClickAsync(new());
        page.WaitForAssertion(() => Assert.Empty(page.FindAll("#mutes")), TimeSpan.FromSeconds(20));
        Assert.Equal(2, (await Console.AuditAsync()).Count(e => e.Action == "alerts-changed"));
    }

    private async Task<IRenderedComponent<AlertsPage>> OpenAsync()
    {
        var page = Render<AlertsPage>();
        await Wait.Until(() => page.FindAll("#h-channels").Count > 0);
        return page;
    }

    private static Task ClickAsync(IRenderedComponent<AlertsPage> page, string text) => page.FindAll("button").Single(b => b.TextContent.Trim() == text).ClickAsync(new());

    private static Task FillAsync(IRenderedComponent<AlertsPage> page, string id, string text)
    {
        var box = page.FindComponents<TextBox>().Single(b => b.Instance.Id == id);
        return box.InvokeAsync(() => box.Instance.ValueChanged.InvokeAsync(text));
    }
}
