using Bunit;
using Ops.Data;
using Ops.Web.Features.Acts.Operations;
using Ops.Web.Features.Audit;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Tests.Pages;

public sealed class SharedTests : PageTest
{
    [Theory]
    [InlineData(-5, "0 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(60, "1 m 00 s")]
    [InlineData(3725, "1 h 02 m")]
    [InlineData(90_000, "1 d 01 h")]
    public void Ages_have_two_units_at_most(double seconds, string text) => Assert.Equal(text, Ages.Format(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(1800, "30 minutes")]
    [InlineData(129_600, "36 hours")]
    [InlineData(500, "500 seconds")]
    [InlineData(86_400, "1 day")]
    public void Rules_are_given_in_the_largest_unit_that_divides_them(int seconds, string text) => Assert.Equal(text, Ages.Rule(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("", "Urgency")]
    [InlineData("path", "Path")]
    [InlineData("no such word", "no such word")]
    public void A_choice_shows_the_label_of_its_word_the_empty_one_too(string word, string label)
    {
        var choice = Render<Choice>(p => p.Add(c => c.Id, "f").Add(c => c.Label, "Order").Add(c => c.Any, null).Add(c => c.Value, word)
            .Add(c => c.Options, [("", "Urgency"), ("path", "Path")]));

        Assert.Equal(label, choice.Find("input").GetAttribute("value"));
    }

    [Fact]
    public void An_audit_row_does_not_repeat_its_action_as_the_outcome()
    {
        AuditEntry Entry(string outcome) => new() { Action = AuditActions.SignIn, Outcome = outcome, Actor = "alice", Hash = "", PreviousHash = "" };

        Assert.DoesNotContain("signed in", Render<AuditRow>(p => p.Add(r => r.Entry, Entry("signed in"))).Markup, StringComparison.Ordinal);
        Assert.Contains("signed in with the setup link", Render<AuditRow>(p => p.Add(r => r.Entry, Entry("signed in with the setup link"))).Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("done", false, StepState.Done)]
    [InlineData("failed", true, StepState.Failed)]
    [InlineData("running", false, StepState.Running)]
    [InlineData("running", true, StepState.Unknown)]
    public void A_step_that_reported_no_end_runs_while_its_act_does_and_is_unknown_afterwards(string word, bool isOver, StepState expected)
    {
        var step = new OperationProgress(Guid.NewGuid(), 3, "Look again", word, null, Clock.GetUtcNow());
        Assert.Equal(new StepRow(3, expected, "Look again"), Assert.Single(StepRow.Reported([step], isOver)));
    }

    [Fact]
    public void Steps_are_a_list_with_their_states_in_words()
    {
        var steps = Render<StepTimeline>(p => p.Add(s => s.Rows, [.. StepRow.Planned(["Open the directory"]), new(2, StepState.Failed, "Exchange\u001b names", "EIO")]));

        var items = steps.FindAll("[role=list] > [role=listitem]");
        Assert.Equal(2, items.Count);
        Assert.Equal("1", items[0].QuerySelector(".mud-timeline-item-dot")!.TextContent.Trim());
        Assert.Contains("Open the directory", items[0].TextContent, StringComparison.Ordinal);
        Assert.Contains(": failed", items[1].TextContent, StringComparison.Ordinal);
        Assert.Contains("EIO", items[1].TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', items[1].TextContent);
    }

    [Fact]
    public void A_button_with_a_sign_has_its_name_for_screen_readers_too()
    {
        var pressed = 0;
        var button = Render<IconButton>(p => p.Add(b => b.Icon, "close").Add(b => b.Label, "Close").Add(b => b.OnClick, () => pressed++).AddUnmatched("aria-expanded", "true")).Find("button");

        Assert.Equal(("Close", "true", "button"), (button.GetAttribute("aria-label"), button.GetAttribute("aria-expanded"), button.GetAttribute("type")));
        button.Click();
        Assert.Equal(1, pressed);
    }

    [Fact]
    public void The_age_of_a_file_counts_from_the_younger_of_its_two_times()
    {
        var (older, younger) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddHours(1));
        var file = Some.Finding("a") with { Since = younger.AddHours(1) };
        Assert.Equal(younger, Ages.Start(file with { Identity = new("fe:00", 1, 1, 1, older, younger) }));
        Assert.Equal(younger, Ages.Start(file with { Identity = new("fe:00", 1, 1, 1, younger, older) }));
    }

    [Fact]
    public void An_age_is_drawn_once_and_left_to_the_browser_after_that()
    {
        var start = Clock.GetUtcNow();
        var age = Render<Age>(p => p.Add(x => x.Start, start));
        Clock.Advance(TimeSpan.FromMinutes(5));
        age.Render(p => p.Add(x => x.Start, start));
        Assert.Equal("0 s", age.Find("time").TextContent);
        age.Render(p => p.Add(x => x.Start, start.AddMinutes(4)));
        Assert.Equal("1 m 00 s", age.Find("time").TextContent);
    }

    [Fact]
    public void Keys_that_come_faster_than_the_page_answers_go_on_from_where_the_one_before_went()
    {
        List<string> selected = [], opened = [];
        // The page has not answered yet: what it says is selected stays.
        var grid = Render<VirtualGrid<string>>(p => p.Add(g => g.Rows, ["a", "b", "c", "d"]).Add(g => g.Key, r => r).Add(g => g.Header, "").Add(g => g.Row, r => r).Add(g => g.Label, "rows")
            .Add(g => g.Selected, "").Add(g => g.SelectedChanged, selected.Add).Add(g => g.Opened, opened.Add));
        foreach (var key in (string[])["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Enter"])
            grid.Find("[role=grid]").KeyDown(key);
        Assert.Equal(["a", "b", "c", "b"], selected);
        Assert.Equal(["b"], opened);

        // It answers late, with what was pressed first; the next key is not misled by it.
        grid.Render(p => p.Add(g => g.Selected, "a"));
        grid.Find("[role=grid]").KeyDown("ArrowDown");
        Assert.Equal("c", selected[^1]);
        // A click is a fresh start.
        grid.FindAll(".grid-body [role=row]")[0].Click();
        grid.Find("[role=grid]").KeyDown("ArrowDown");
        Assert.Equal("b", selected[^1]);
    }

    [Fact]
    public void Every_verdict_has_text_icon_and_meaning_and_an_unknown_one_is_shown_as_it_came()
    {
        Assert.Equal(Enum.GetValues<VerdictWord>().Select(Words.Of).Order(), VerdictLook.All.Select(l => l.Word).Order());
        Assert.All(VerdictLook.All, l => Assert.NotEqual(Icons.Path("there is no such icon"), l.Icon == "question" ? "" : Icons.Path(l.Icon)));
        var badge = Render<VerdictBadge>(p => p.Add(x => x.Word, "new\u202Eword"));
        Assert.Equal("new\\u{202e}word", badge.Find(".badge").TextContent);
        Assert.NotNull(badge.Find("svg[aria-hidden=true]"));
    }

    [Fact]
    public void Every_question_of_the_core_is_asked_in_words()
    {
        var questions = typeof(Questions).GetFields().Select(f => (string)f.GetRawConstantValue()!);
        Assert.All(questions, q => Assert.EndsWith("?", Labels.Question(q), StringComparison.Ordinal));
        Assert.All(Enum.GetValues<ArtefactKind>(), k => Assert.NotEqual(Words.Of(k), Labels.Kind(Words.Of(k))));
    }

    [Fact]
    public void An_audit_query_survives_the_way_through_the_address()
    {
        var query = new AuditQuery("mail1", "anna", "break", "a b&c", Guid.Parse("00000000-0000-0000-0000-0000000000a1"), 3);
        Assert.Equal(query, AuditQuery.Parse("http://console" + query.ToAddress()));
        Assert.Equal(new AuditQuery(), AuditQuery.Parse("http://console/audit?page=-4&operation=zero"));
        Assert.Equal(100, query.Skip);
    }

    [Fact]
    public void Detail_of_an_audit_entry_cannot_disturb_the_page()
    {
        Assert.Contains("\\u202E", AuditWords.Detail("{\"path\":\"a\u202Eb\"}"), StringComparison.Ordinal);
        Assert.Equal("not json \\u{202e}", AuditWords.Detail("not json \u202E"));
    }

    [Fact]
    public void Steps_that_cannot_be_read_are_none()
    {
        Assert.Empty(StoredSteps.Read(null));
        Assert.Empty(StoredSteps.Read("{"));
        Assert.Equal("Exchange", Assert.Single(StoredSteps.Read("""[{"operationId":"00000000-0000-0000-0000-0000000000a1","step":5,"title":"Exchange","state":"done","detail":null,"at":"2030-01-01T00:00:00Z"}]""")).Title);
    }

    [Fact]
    public async Task A_host_that_is_lost_makes_the_view_partial_and_says_how_much_is_missing()
    {
        Live.SetStatus(Status() with { HostId = "host-2", HostName = "mail2" });
        var alerts = Render<Frame.Alerts>();
        Assert.DoesNotContain("Partial view", alerts.Markup, StringComparison.Ordinal);

        Live.ChangeStatus("host-2", s => s with { Connection = HostConnection.Lost, LostReason = "It was not heard for 20 s." });

        await Eventually(alerts, () => Assert.Contains("1 host of 2 is not reporting", alerts.Markup, StringComparison.Ordinal));
        Assert.Contains("mail2 is lost.", alerts.Markup, StringComparison.Ordinal);
    }
}
