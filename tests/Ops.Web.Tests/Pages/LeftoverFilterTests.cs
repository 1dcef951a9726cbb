using Ops.Web.Features.Leftovers;
using Ops.Web.Live;

namespace Ops.Web.Tests.Pages;

public sealed class LeftoverFilterTests
{
    [Fact]
    public void Every_filter_survives_the_way_through_the_address()
    {
        var filter = new LeftoverFilter("orphan-linked", "pid-linked-file", "cyrus", "host-1", "a b+c&d", true, "oldest", "host-1/dot:/var/mail/a b.lock");
        Assert.Equal(filter, LeftoverFilter.Parse("http://console" + filter.ToAddress()));
        Assert.Equal(new LeftoverFilter(), LeftoverFilter.Parse("http://console/leftovers?sort=nonsense&verdict="));
    }

    [Fact]
    public void The_most_urgent_verdict_comes_first_and_then_the_path()
    {
        var shown = new LeftoverFilter().Apply([Found("c", "held"), Found("b", "stale"), Found("z", "split-brain"), Found("a", "stale"), Found("new-word", "from-the-future")]);
        Assert.Equal(["z", "a", "b", "c", "new-word"], shown.Select(f => f.Key));
    }

    [Fact]
    public void Only_what_can_be_acted_on_is_what_the_agent_offers()
    {
        var shown = new LeftoverFilter(Actionable: true).Apply([Found("held", "held"), Found("stale", "stale"), Found("orphan", "orphan")]);
        Assert.Equal(["stale", "orphan"], shown.Select(f => f.Key));
    }

    [Fact]
    public void A_system_matches_when_it_is_one_of_the_candidates()
    {
        var found = new LiveFinding("host-1", Some.Finding("a") with { System = "dovecot", Systems = ["dovecot", "mailutils"] });
        Assert.True(new LeftoverFilter(System: "mailutils").Matches(found));
        Assert.False(new LeftoverFilter(System: "exim").Matches(found));
    }

    private static LiveFinding Found(string key, string verdict) => new("host-1", Some.Finding(key, verdict));
}
