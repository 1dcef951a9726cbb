using Ops.Web.Features.Locks;

namespace Ops.Web.Tests.Pages;

public sealed class LockFilterTests
{
    [Fact]
    public void An_address_without_a_query_filters_nothing()
    {
        var filter = LockFilter.Parse("http://console/locks");
        Assert.Equal(new LockFilter(), filter);
        Assert.False(filter.IsActive);
        Assert.Equal("/locks", filter.ToAddress());
    }

    [Fact]
    public void Every_filter_survives_the_way_through_the_address()
    {
        var filter = new LockFilter("host-1", "a&b=c #é/%2F+", "ofd", "held", "DOM\\user", true, "waiters", "host-1/kernel:fe:00:12?x=1");
        Assert.Equal(filter, LockFilter.Parse("http://console" + filter.ToAddress()));
    }

    [Theory]
    [InlineData("?sort=evil")]
    [InlineData("?waiters=perhaps")]
    [InlineData("?unknown=1&&&=")]
    [InlineData("#q=text")]
    public void Nonsense_in_the_address_is_no_filter(string query) =>
        Assert.Equal(new LockFilter(), LockFilter.Parse("http://console/locks" + query));

    [Fact]
    public void Text_matches_path_command_and_unit_in_any_case_and_a_number_matches_the_pid()
    {
        var finding = Some.Finding("k", kind: "kernel-lock") with { Path = "/var/mail/Alice", Owner = new(4242, null, null, null, "imapd") };
        Assert.True(new LockFilter(Text: "alice").Matches("h", finding));
        Assert.True(new LockFilter(Text: "IMAPD").Matches("h", finding));
        Assert.True(new LockFilter(Text: "4242").Matches("h", finding));
        Assert.False(new LockFilter(Text: "424").Matches("h", finding));
    }

    [Fact]
    public void Text_matches_user_and_address_of_a_session()
    {
        var finding = Some.Living("k");
        finding = finding with { Process = finding.Process! with { Session = new("cyrus", "erin", "192.0.2.7", null, null, "file", DateTimeOffset.UnixEpoch) } };
        Assert.True(new LockFilter(Text: "Erin").Matches("h", finding));
        Assert.True(new LockFilter(Text: "192.0.2.").Matches("h", finding));
        Assert.False(new LockFilter(Text: "bob").Matches("h", finding));
    }

    [Fact]
    public void Filters_hold_together()
    {
        var finding = Some.Finding("k", kind: "kernel-lock");
        Assert.True(new LockFilter("h", Verdict: "held").Matches("h", finding));
        Assert.False(new LockFilter("other", Verdict: "held").Matches("h", finding));
        Assert.False(new LockFilter("h", Verdict: "waiting").Matches("h", finding));
    }
}
