using Bunit;
using Ops.Web.Features.Acts;
using Ops.Web.Features.Acts.Requests;
using Ops.Web.Features.Detail;

namespace Ops.Web.Tests.Pages;

public sealed class DetailPageTests : PageTest
{
    [Fact]
    public void The_time_of_removal_by_its_own_software_is_shown_next_to_the_verdict()
    {
        Report(Some.Finding("a", "stale") with { SelfHealsAt = Clock.GetUtcNow().AddSeconds(65) });
        var page = Render<DetailPage>(p => p.Add(d => d.HostId, HostId).Add(d => d.Key, "a"));
        Assert.Contains("removes it itself in 1 m 05 s", string.Join(' ', page.Find(".detail-title .heals").TextContent.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("queued.lock", 2)]
    [InlineData("busy.lock", 1)]
    public void A_dot_lock_names_the_programs_that_poll_for_it(string name, int count)
    {
        Report(Golden.Relations);
        var queue = Open(Golden.Of(name).Key).Find("section[aria-labelledby=h-queue]");
        Assert.Contains("Waiting for it", queue.TextContent, StringComparison.Ordinal);
        Assert.Equal(count, queue.QuerySelectorAll("a").Length);
    }

    [Fact]
    public void A_program_that_polls_for_a_dot_lock_names_that_lock_and_offers_no_break_of_it()
    {
        Report(Golden.Relations);
        var page = Open(Golden.Of("queued.lock", "dot-lock-waiter").Key);
        Assert.Contains("It waits for", page.Find("section[aria-labelledby=h-queue]").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("Break", page.Find("section[aria-labelledby=h-next]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deadlock_says_its_circle_and_links_the_locks_in_it()
    {
        Report(Golden.Deadlock);
        var page = Open(Golden.Deadlock.Single(f => f.Relation == "deadlock").Key);
        Assert.Contains("Each waits for the next, and the last for the first", page.Find("section[aria-labelledby=h-circle]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Waiting does not help", page.Find("section[aria-labelledby=h-next]").TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(page.FindAll("section[aria-labelledby=h-circle] a"));
    }

    [Fact]
    public void No_page_of_a_program_in_a_deadlock_says_that_nothing_has_to_be_done()
    {
        Report(Golden.Deadlock);
        foreach (var part in Golden.Deadlock.Where(f => f.Verdict is "held" or "waiting"))
        {
            var page = Open(part.Key);
            Assert.DoesNotContain("Nothing needs to be done", page.Markup, StringComparison.Ordinal);
            Assert.Contains("Deadlock:", page.Markup, StringComparison.Ordinal);
        }
    }

    private static readonly Finding Stale = Some.Finding("dot:/var/mail/a.lock", "stale") with
    {
        Evidence = [new("owner-running", "no", "/proc", "pid 4242 does not exist", DateTimeOffset.UnixEpoch)],
    };

    private static readonly Finding Refused = Some.Finding("r", "refused") with
    {
        Evidence =
        [
            new("regular-file", "yes", "statx", "a regular file", DateTimeOffset.UnixEpoch),
            new("this-host", "no", "its text", "it names mail7", DateTimeOffset.UnixEpoch, Blocks: true),
        ],
    };

    [Fact]
    public void Evidence_is_a_list_of_questions_with_answer_source_and_age()
    {
        Report(Refused);
        var page = Open("r");
        var items = page.FindAll(".evidence-item");
        Assert.Equal(["No", "Yes"], items.Select(i => i.QuerySelector(".evidence-answer")!.TextContent.Trim()));
        Assert.Contains("Was it made on this host?", items[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("its text", items[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("Rules out the act", items[0].TextContent, StringComparison.Ordinal);
        Assert.NotNull(items[0].QuerySelector("time"));
    }

    [Fact]
    public void What_disables_the_button_is_the_refusal_and_it_names_the_missing_evidence()
    {
        Report(Refused);
        var page = Open("r");
        var button = page.Find("button.mud-button-filled-error");
        Assert.True(button.HasAttribute("disabled"));
        var why = page.Find("#" + button.GetAttribute("aria-describedby"));
        Assert.Contains("it names mail7", why.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stale_lock_offers_break_to_an_operator()
    {
        Report(Stale);
        var page = Open(Stale.Key);
        var button = page.Find("button.mud-button-filled-error");
        Assert.False(button.HasAttribute("disabled"));
        Assert.Contains("Break", button.TextContent, StringComparison.Ordinal);
        button.Click();
        Assert.Contains("Exchange both names.", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal);
        Assert.Contains("lmtpd (pid 7)", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_viewer_is_shown_who_may()
    {
        Who.Role = "Viewer";
        Report(Stale);
        var page = Open(Stale.Key);
        Assert.True(page.Find("button.mud-button-filled-error").HasAttribute("disabled"));
        Assert.Contains("Your account is not allowed to do this ('break')", page.Find("#why-not").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_finding_that_closes_keeps_its_last_state_and_says_so()
    {
        Report(Stale);
        var page = Open(Stale.Key);
        Change([], Stale.Key);
        await Eventually(page, () => Assert.Contains("No longer present", page.Find("[role=status]").TextContent, StringComparison.Ordinal));
        Assert.Single(page.FindAll(".evidence-item"));
        Assert.True(page.Find("button.mud-button-filled-error").HasAttribute("disabled"));
    }

    [Fact]
    public void A_finding_that_had_gone_before_its_page_was_opened_is_shown_with_its_evidence_and_without_an_act()
    {
        Report(Stale);
        Change([], Stale.Key);
        var page = Open(Stale.Key);
        Assert.Contains("No longer present", page.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindAll(".evidence-item"));
        Assert.True(page.Find("button.mud-button-filled-error").HasAttribute("disabled"));
    }

    [Fact]
    public async Task A_change_of_verdict_is_shown_without_a_reload()
    {
        Report(Stale);
        var page = Open(Stale.Key);
        Change([Stale with { Verdict = "held", Summary = "exim4 holds it now", Actions = [] }]);
        await Eventually(page, () => Assert.Contains("exim4 holds it now", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_with_slashes_is_found_under_its_encoded_address()
    {
        Report(Stale);
        Assert.Equal("/finding/host-1/dot%3A%2Fvar%2Fmail%2Fa.lock", Ops.Web.Shared.Addresses.Finding("host-1", Stale.Key));
        Assert.Contains("pid 4242 does not exist", Open("dot:%2Fvar%2Fmail%2Fa.lock").Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_finding_is_not_called_gone_before_its_host_has_reported()
    {
        Assert.Contains("has not reported yet", Open("x").Markup, StringComparison.Ordinal);
        Report();
        Assert.Contains("Finding not found", Open("x").Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Viewer", 0)]
    [InlineData("Operator", 1)]
    [InlineData("Admin", 3)]
    public void A_living_holder_offers_the_ladder_each_rung_behind_its_own_right(string role, int usable)
    {
        Who.Role = role;
        Report(Some.Living("l"));
        var page = Open("l");
        Assert.Equal([("Ask…", usable < 1), ("End…", usable < 2), ("Kill…", usable < 3)], Rungs(page));
        Assert.Equal(usable < 3, page.Find("ol.rungs").TextContent.Contains("Your account is not allowed to do this ('kill')", StringComparison.Ordinal));
    }

    [Fact]
    public void A_ghost_write_offers_to_rescue_its_bytes_before_anything_else()
    {
        Who.Role = "Admin";
        Report(Some.Living("g", 4242, "kill", "rescue", "term") with { Verdict = "ghost-write" });
        Assert.Equal(["Rescue the bytes…", "End…", "Kill…"], Rungs(Open("g")).Select(r => r.Name));
    }

    [Fact]
    public void What_the_host_itself_forbids_is_off_with_the_hosts_reason()
    {
        Who.Role = "Admin";
        Report(Some.Living("l"));
        Live.ChangeStatus(HostId, s => s with { Policy = Some.Policy(false, "ask") });
        var page = Open("l");
        Assert.Equal([("Ask…", false), ("End…", true), ("Kill…", true)], Rungs(page));
        Assert.Contains("policy file of mail1 does not allow 'term'", page.Find("ol.rungs").TextContent, StringComparison.Ordinal);

        Live.ChangeStatus(HostId, s => s with { Policy = Some.Policy(shadow: true) });
        Assert.Contains("shadow mode", Open("l").Find("ol.rungs").TextContent, StringComparison.Ordinal);
        Live.ChangeStatus(HostId, s => s with { Policy = Some.Policy(), CircuitOpen = "three acts failed." });
        Assert.Contains("three acts failed.", Open("l").Find("ol.rungs").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task To_kill_the_pid_has_to_be_typed()
    {
        Who.Role = "Admin";
        Report(Some.Living("l"));
        var page = Open("l");
        page.FindAll("ol.rungs button")[2].Click();
        var sheet = Sheets.Find(".sheet");
        Assert.Contains("Kill the holder", sheet.TextContent, StringComparison.Ordinal);
        Sheets.Find("#act-reason").Input("it hangs for hours");
        Sheets.Find("#act-pid").Input("4243");
        await PressAsync(".sheet .sheet-foot button", 1);
        Assert.Empty(Desk.Started);
        Assert.Contains("Type the pid of the process, 4242,", Sheets.Find("#act-problem").TextContent, StringComparison.Ordinal);
        Assert.Equal("true", Sheets.Find("#act-pid").GetAttribute("aria-invalid"));

        Sheets.Find("#act-pid").Input(" 4242 ");
        await PressAsync(".sheet .sheet-foot button", 1);
        Assert.Equal(new ProcessRef(4242, 77, Some.Boot), Assert.Single(Desk.Started).Target.Process);
    }

    [Theory]
    [InlineData("Admin", true, true)]
    [InlineData("Admin", false, false)]
    [InlineData("Operator", true, false)]
    public async Task What_needs_approval_is_asked_for_and_only_administrators_are_offered_to_break_glass(string role, bool hostAllows, bool offered)
    {
        Who.Role = role;
        Report(Some.Living("l"));
        Desk.Preview = new PreviewOutcome.Ready(new(null, "sha256:seen", [], [], null), new ApprovalNeed(1, hostAllows));
        var page = Open("l");
        page.FindAll("ol.rungs button")[0].Click();
        Assert.Contains("the approval of one other person", Sheets.Find(".sheet").TextContent, StringComparison.Ordinal);
        Assert.Equal("Request approval", Sheets.FindAll(".sheet .sheet-foot button")[1].TextContent.Trim());
        Assert.Equal(offered ? 1 : 0, Sheets.FindAll("details.break-glass").Count);
        Sheets.Find("#act-reason").Input("it hangs for hours");
        if (offered)
        {
            Sheets.Find("#act-glass").Input("nobody else is awake");
            await PressAsync("details.break-glass button");
        }
        else
        {
            await PressAsync(".sheet .sheet-foot button", 1);
        }
        Assert.Equal(offered ? "nobody else is awake" : null, Assert.Single(Desk.Started).BreakGlass);
    }

    [Fact]
    public void The_weaker_protocol_is_labelled_before_and_in_the_sheet()
    {
        Who.Role = "Operator";
        var lockFile = Some.Finding("w", "stale") with { Weaker = true };
        Report(lockFile);
        Desk.Preview = new PreviewOutcome.Ready(new(lockFile, "sha256:seen", ["exchange"], [], null), new ApprovalNeed(1, MayBreakGlass: true));
        var page = Open("w");
        Assert.Contains("Weaker protocol.", page.Find("section .notice.tone-warning").TextContent, StringComparison.Ordinal);
        page.FindAll("button").First(b => b.TextContent.Contains("Break", StringComparison.Ordinal)).Click();
        Assert.Contains("Weaker protocol.", Sheets.Find(".sheet .notice.tone-warning").TextContent, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Name, bool IsOff)> Rungs(IRenderedComponent<DetailPage> page) =>
        page.FindAll("ol.rungs button").Select(b => (b.TextContent.Trim(), b.HasAttribute("disabled")));

    private IRenderedComponent<DetailPage> Open(string key) => Render<DetailPage>(p => p.Add(x => x.HostId, HostId).Add(x => x.Key, key));
}
