namespace Ops.Incidents.Tests;

public sealed class AlertRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeOnly Noon = new(12, 0), Night = new(3, 0);
    private static readonly QuietHours Nights = new(new(22, 0), new(6, 0));
    private static readonly AlertAudience Everything = new(Enum.GetValues<IncidentRule>().ToHashSet(), Nights, null, Now.AddDays(-9));

    [Fact]
    public void An_incident_that_is_new_is_announced_once()
    {
        Assert.Equal(new AlertDecision.Send(NoticeKind.Opened), Decide(Open(), Announced.Nothing));
        Assert.Equal(new AlertDecision.Nothing(), Decide(Open(), Known(IncidentRule.Victims)));
    }

    [Fact]
    public void A_worse_rule_is_announced_and_a_milder_one_is_not()
    {
        Assert.Equal(new AlertDecision.Send(NoticeKind.Worse), Decide(Open(IncidentRule.LosingMail), Known(IncidentRule.Victims)));
        Assert.Equal(new AlertDecision.Nothing(), Decide(Open(IncidentRule.Victims), Known(IncidentRule.Deadlock)));
    }

    [Fact]
    public void The_end_is_announced_also_when_the_channel_never_heard_of_the_begin()
    {
        Assert.Equal(new AlertDecision.Send(NoticeKind.Closed), Decide(Closed(-1), Known(IncidentRule.Victims)));
        Assert.Equal(new AlertDecision.Send(NoticeKind.Closed), Decide(Closed(-1), Announced.Nothing));
    }

    [Fact]
    public void A_channel_hears_only_of_its_rules_and_of_an_incident_that_comes_to_one_of_them()
    {
        var onlyLost = Everything with { Rules = new HashSet<IncidentRule> { IncidentRule.LosingMail } };
        Assert.Equal(new AlertDecision.Nothing(), Decide(Open(), Announced.Nothing, onlyLost));
        Assert.Equal(new AlertDecision.Send(NoticeKind.Opened), Decide(Open(IncidentRule.LosingMail), Announced.Nothing, onlyLost));
        Assert.Equal(new AlertDecision.Drop("not a rule of this channel"), Decide(Closed(-1), Announced.Nothing, onlyLost));
    }

    [Fact]
    public void What_was_over_before_the_channel_was_switched_on_is_not_announced() => Assert.Equal(
        new AlertDecision.Drop("over before the channel was switched on"), Decide(Closed(-60), Announced.Nothing, Everything with { Since = Now.AddMinutes(-30) }));

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(IncidentRule.Victims, null, true)]
    [InlineData(null, "host-1", true)]
    [InlineData(IncidentRule.Victims, "host-1", true)]
    [InlineData(IncidentRule.Deadlock, "host-1", false)]
    [InlineData(IncidentRule.Victims, "host-2", false)]
    public void A_mute_covers_its_rule_on_its_host(IncidentRule? rule, string? host, bool muted) => Assert.Equal(
        muted ? new AlertDecision.Wait("muted") : new AlertDecision.Send(NoticeKind.Opened), Decide(Open(), Announced.Nothing, mutes: new AlertMute(rule, host, Now.AddHours(1))));

    [Fact]
    public void A_mute_ends_by_itself_and_what_is_still_open_is_announced_then() =>
        Assert.Equal(new AlertDecision.Send(NoticeKind.Opened), Decide(Open(), Announced.Nothing, mutes: new AlertMute(null, null, Now)));

    [Fact]
    public void The_end_of_what_was_announced_passes_a_mute_and_what_was_not_announced_is_dropped()
    {
        var mute = new AlertMute(null, null, Now.AddHours(1));
        Assert.Equal(new AlertDecision.Send(NoticeKind.Closed), Decide(Closed(-1), Known(IncidentRule.Victims), mutes: mute));
        Assert.Equal(new AlertDecision.Drop("muted"), Decide(Closed(-1), Announced.Nothing, mutes: mute));
    }

    [Theory]
    [InlineData(IncidentRule.Deadlock)]
    [InlineData(IncidentRule.Victims)]
    [InlineData(IncidentRule.HostSilent)]
    public void Quiet_hours_hold_back_what_is_not_lost_mail(IncidentRule rule) => Assert.Equal(new AlertDecision.Wait("quiet hours"), Decide(Open(rule), Announced.Nothing, local: Night));

    [Fact]
    public void Lost_mail_is_announced_in_quiet_hours() => Assert.Equal(new AlertDecision.Send(NoticeKind.Opened), Decide(Open(IncidentRule.LosingMail), Announced.Nothing, local: Night));

    [Fact]
    public void An_incident_within_quiet_hours_is_never_announced_and_the_end_of_an_earlier_one_waits()
    {
        Assert.Equal(new AlertDecision.Drop("quiet hours"), Decide(Closed(-1), Announced.Nothing, local: Night));
        Assert.Equal(new AlertDecision.Wait("quiet hours"), Decide(Closed(-1), Known(IncidentRule.Victims), local: Night));
    }

    [Theory]
    [InlineData(22, 6, 22, true)]
    [InlineData(22, 6, 5, true)]
    [InlineData(22, 6, 6, false)]
    [InlineData(22, 6, 12, false)]
    [InlineData(1, 6, 3, true)]
    [InlineData(1, 6, 0, false)]
    [InlineData(5, 5, 5, false)]
    public void Quiet_hours_may_go_over_midnight(int from, int to, int hour, bool quiet) => Assert.Equal(quiet, new QuietHours(new(from, 0), new(to, 0)).Contains(new(hour, 0)));

    [Fact]
    public void An_open_incident_is_repeated_where_the_receiver_forgets_also_in_quiet_hours_and_muted()
    {
        var forgetful = Everything with { RepeatEvery = TimeSpan.FromMinutes(1) };
        Assert.Equal(new AlertDecision.Nothing(), Decide(Open(), Known(IncidentRule.Victims, secondsAgo: 59), forgetful));
        Assert.Equal(new AlertDecision.Send(NoticeKind.Repeat), Decide(Open(), Known(IncidentRule.Victims, secondsAgo: 60), forgetful));
        Assert.Equal(new AlertDecision.Send(NoticeKind.Repeat), Decide(Open(), Known(IncidentRule.Victims, secondsAgo: 60), forgetful, Night, new AlertMute(null, null, Now.AddHours(1))));
        // The clock was set back.
        Assert.Equal(new AlertDecision.Send(NoticeKind.Repeat), Decide(Open(), Known(IncidentRule.Victims, secondsAgo: -5), forgetful));
    }

    [Fact]
    public void After_a_failure_nothing_is_sent_before_the_pause_is_over()
    {
        Assert.Equal(new AlertDecision.Wait("a pause after a failed delivery"), Decide(Open(), new(null, null, Now.AddSeconds(1))));
        Assert.Equal(new AlertDecision.Send(NoticeKind.Opened), Decide(Open(), new(null, null, Now)));
    }

    [Fact]
    public void The_end_that_could_not_be_delivered_for_a_day_is_given_up_and_what_is_open_never_is()
    {
        Assert.Equal(new AlertDecision.Drop("not delivered for a day"), Decide(Closed(-24 * 60), Known(IncidentRule.Victims)));
        Assert.Equal(new AlertDecision.Send(NoticeKind.Opened), Decide(Open() with { OpenedAt = Now.AddDays(-30) }, Announced.Nothing));
    }

    [Theory]
    [InlineData(1, 0.5, 5)]
    [InlineData(2, 0.5, 10)]
    [InlineData(3, 0.5, 20)]
    [InlineData(7, 0.5, 300)]
    [InlineData(1_000_000, 0.5, 300)]
    [InlineData(1, 0, 4)]
    [InlineData(1, 1, 6)]
    public void Pauses_double_up_to_five_minutes_a_fifth_more_or_less(int failures, double jitter, double seconds) =>
        Assert.Equal(seconds, AlertRules.PauseAfter(failures, jitter).TotalSeconds, precision: 6);

    [Fact]
    public void One_message_carries_what_is_due_the_worst_first()
    {
        Incident early = Open() with { OpenedAt = Now.AddHours(-1) }, late = Open(), lost = Open(IncidentRule.LosingMail);
        Assert.Equal([lost, early], AlertRules.Batch([(late, late, 0), (early, early, 0), (lost, lost, 0)], 2));
    }

    [Fact]
    public void What_was_refused_goes_alone_and_after_all_others()
    {
        Incident poison = Open(IncidentRule.LosingMail), other = Open(), twice = Open();
        Assert.Equal([other], AlertRules.Batch([(poison, poison, 1), (other, other, 0)], 50));
        Assert.Equal([poison], AlertRules.Batch([(twice, twice, 2), (poison, poison, 1)], 50));
        Assert.Empty(AlertRules.Batch<Incident>([], 50));
    }

    private static AlertDecision Decide(Incident incident, Announced known, AlertAudience? audience = null, TimeOnly? local = null, params IReadOnlyCollection<AlertMute> mutes) =>
        AlertRules.Decide(incident, known, audience ?? Everything, mutes, Now, local ?? Noon);

    private static Incident Open(IncidentRule rule = IncidentRule.Victims) => new(Guid.NewGuid(), rule, "host-1", "mail1", "/var/mail/alice", "alice", "alice", Now.AddMinutes(-5));

    private static Incident Closed(int minutes) => Open() with { OpenedAt = Now.AddDays(-2), ClosedAt = Now.AddMinutes(minutes) };

    private static Announced Known(IncidentRule rule, int secondsAgo = 30) => new(rule, Now.AddSeconds(-secondsAgo), null);
}
