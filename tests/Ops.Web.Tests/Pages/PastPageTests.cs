using System.Globalization;
using Bunit;
using Ops.Web.Features.History;

namespace Ops.Web.Tests.Pages;

/// <summary>How it was at one moment.</summary>
public sealed class PastPageTests : PageTest
{
    // The clock of these tests stands at 2030-01-02 03:04:05.
    private static readonly DateTimeOffset At = new(2030, 1, 2, 2, 14, 30, TimeSpan.Zero);

    [Fact]
    public void The_moment_is_said_with_its_figures_incidents_and_episodes_worst_first()
    {
        var minute = At.ToUnixTimeMilliseconds() / 60_000 * 60_000;
        Past.Minutes.AddRange([new() { HostId = "", At = minute }, new() { HostId = "h1", At = minute, Waiting = 3, Stuck = 1 }, new() { HostId = "h2", At = minute, Waiting = 4, Stuck = 1 }]);
        Past.Incidents.Add(new() { Id = Guid.NewGuid(), Rule = "victims", HostId = "h1", Host = "mail1", Title = "3 processes wait for alice", OpenedAt = minute - 60_000 });
        var losing = FakeHistory.Row(2, "/var/mail/bob");
        losing.Cause = "losing-mail";
        Past.Rows.AddRange([FakeHistory.Row(1), losing]);

        var page = Open("2030-01-02T02:14:30Z");

        Assert.Contains("As of 2030-01-02 02:14:30 UTC, not live", page.Find(".page-head").TextContent, StringComparison.Ordinal);
        Assert.Equal("2 mailboxes were stuck or worse, and 7 processes waited. 1 incident was open.", page.Find(".sentence").TextContent);
        Assert.Contains("3 processes wait for alice", page.Find("section[aria-labelledby=h-incidents]").TextContent, StringComparison.Ordinal);
        Assert.Equal(["bob", "alice"], page.FindAll("section[aria-labelledby=h-open] .path-name").Select(p => p.TextContent));
        Assert.Equal("Waiting processes: 7 then, at most 7 in this hour, 1 incident marked.", page.Find(".chart svg").GetAttribute("aria-label"));
        Assert.Equal(4, page.FindAll(".chart-mark").Count);
    }

    [Fact]
    public void A_minute_in_which_no_host_was_heard_is_unknown_and_not_quiet()
    {

        var page = Open("2030-01-02T02:14:30Z");

        Assert.Equal("No host was heard in this minute: how it was is not known.", page.Find(".sentence").TextContent);
        Assert.Contains("Nothing is known of this moment", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_minute_that_is_not_stored_yet_is_not_called_quiet()
    {
        var at = Clock.GetUtcNow().AddSeconds(-30);
        Past.Minutes.Add(new() { HostId = "", At = at.ToUnixTimeMilliseconds() / 60_000 * 60_000 });

        var page = Open(at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));

        Assert.Equal("The figures of this minute are not complete yet.", page.Find(".sentence").TextContent);
        Assert.All(page.FindAll(".chart-now"), c => Assert.Equal("unknown", c.TextContent));
    }

    [Fact]
    public void Of_a_moment_whose_minutes_are_no_longer_kept_only_the_figures_are_unknown()
    {
        Past.Rows.Add(FakeHistory.Row(1));

        var page = Open("2029-12-01T02:14:30Z");

        Assert.StartsWith("Figures of single minutes are kept for 8 days", page.Find(".sentence").TextContent, StringComparison.Ordinal);
        Assert.Single(page.FindAll("section[aria-labelledby=h-open] tbody tr"));
    }

    [Theory]
    [InlineData("2030-01-02T02:14:30Z", "2030-01-02 02:14:30")]
    [InlineData("1893550470000", "2030-01-02 02:14:30")]
    [InlineData("2030-01-02T04:14:30%2B02:00", "2030-01-02 02:14:30")]
    [InlineData("2099-01-01T00:00:00Z", "2030-01-02 03:04:05")]
    [InlineData("99999999999999999", "2030-01-02 02:49:05")]
    [InlineData("0001-01-01", "2030-01-02 02:49:05")]
    [InlineData("yesterday", "2030-01-02 02:49:05")]
    [InlineData("", "2030-01-02 02:49:05")]
    public void An_address_gives_a_moment_that_is_not_later_than_now(string at, string shown)
    {
        Assert.Contains($"As of {shown} UTC", Open(at).Find(".page-head").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_lead_to_earlier_and_later_moments_and_never_into_the_future()
    {
        var links = Open("2030-01-02T02:59:05Z").FindAll(".scrub a").Select(a => (a.TextContent, a.GetAttribute("href")));
        Assert.Equal(
        [
            ("−1 h, one hour earlier", "/past?at=2030-01-02T01%3A59%3A05Z"), ("−15 min, 15 minutes earlier", "/past?at=2030-01-02T02%3A44%3A05Z"), ("−1 min, one minute earlier", "/past?at=2030-01-02T02%3A58%3A05Z"),
            ("+1 min, one minute later", "/past?at=2030-01-02T03%3A00%3A05Z"), ("Now", "/"),
        ], links);
    }

    private IRenderedComponent<PastPage> Open(string at)
    {
        Nav.NavigateTo("/past?at=" + at);
        return Render<PastPage>();
    }
}
