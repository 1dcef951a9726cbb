using Ops.Data;
using Ops.Web.Features.Alerts;

namespace Ops.Web.Tests.Alerts;

/// <summary>What is sent when, over the life of incidents; without a receiver and a database.</summary>
public sealed class AlertBookTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 0, 0, TimeSpan.Zero);

    private readonly List<AlertDelivery> _dropped = [];
    private readonly HashSet<Guid> _busy = [];
    private DateTimeOffset _now = Start;
    private AlertBook _book = new(_ => null, () => 0.5);

    [Fact]
    public void An_incident_that_changes_often_is_two_messages_its_begin_and_its_end()
    {
        var channel = Channel();
        var incident = Incident();

        Assert.Equal("opened", Sent(channel, [incident]));
        for (var i = 0; i < 10; i++)
            Assert.Equal("", Sent(channel, [incident with { MostVictims = i, BlockedSeconds = i }]));
        Assert.Equal("closed", Sent(channel, [incident with { ClosedAt = _now }]));
        Assert.Equal("", Sent(channel, [incident with { ClosedAt = _now }]));
        Assert.Equal("", Sent(channel, []));
    }

    [Fact]
    public void Incidents_that_are_due_together_are_one_message_the_worst_first()
    {
        var (mild, lost) = (Incident(), Incident(IncidentRule.LosingMail));

        var message = Assert.Single(Look(Channel(), [mild, lost]));

        Assert.Equal([lost.Id, mild.Id], message.Notices.Select(n => n.Post.IncidentId));
        Assert.Equal(2, _book.Pending["webhook"]);
    }

    [Fact]
    public void A_storm_is_sent_in_messages_of_fifty()
    {
        var channel = Channel();
        Incident[] storm = [.. Enumerable.Range(0, 120).Select(_ => Incident())];
        Assert.Equal([50, 50, 20, 0], Enumerable.Range(0, 4).Select(_ => SendAll(channel, storm).Sum(m => m.Notices.Count)));
    }

    [Fact]
    public void More_than_a_thousand_wait_until_there_is_room_and_are_not_forgotten()
    {
        var channel = Channel();
        Incident[] storm = [.. Enumerable.Range(0, AlertBook.MostPending + 10).Select(_ => Incident())];

        Look(channel, storm);
        Assert.Equal(AlertBook.MostPending, _book.Pending["webhook"]);
        Incident[] over = [.. storm.Take(AlertBook.MostPending).Select(i => i with { ClosedAt = _now }), .. storm.Skip(AlertBook.MostPending)];
        HashSet<Guid> announced = [];
        for (var i = 0; i < 30; i++)
            announced.UnionWith(SendAll(channel, over).SelectMany(m => m.Notices).Select(n => n.Post.IncidentId));

        Assert.Equal(storm.Length, announced.Count);
    }

    [Fact]
    public void What_was_stored_is_not_announced_again_after_a_restart_and_what_is_pending_is()
    {
        var channel = Channel();
        Incident announced = Incident(), pending = Incident();
        Sent(channel, [announced]);
        Look(channel, [announced, pending]);
        var stored = _book.TakeChanged();

        _book = new(_ => null, () => 0.5);
        _book.Resume(stored);

        Assert.Equal([pending.Id], SendAll(channel, []).SelectMany(m => m.Notices).Select(n => n.Post.IncidentId));
        Assert.Equal("closed", Sent(channel, [announced with { ClosedAt = _now }]));
    }

    [Fact]
    public void A_channel_that_fails_pauses_longer_each_time_and_then_sends_all()
    {
        var channel = Channel();
        Incident[] open = [Incident()];

        Fail(channel, open);
        Assert.Empty(Look(channel, open));
        _now += TimeSpan.FromSeconds(5);
        Fail(channel, open);
        _now += TimeSpan.FromSeconds(9);
        Assert.Empty(Look(channel, open));
        _now += TimeSpan.FromSeconds(1);

        Assert.Equal("opened", Sent(channel, open));
    }

    [Fact]
    public void A_channel_with_other_settings_is_tried_at_once()
    {
        var channel = Channel();
        Incident[] open = [Incident()];
        Fail(channel, open);

        channel.Settings = "mended";

        Assert.Equal("opened", Sent(channel, open));
    }

    [Fact]
    public void An_incident_that_the_receiver_refuses_keeps_no_other_out()
    {
        var channel = Channel();
        Incident poison = Incident(IncidentRule.LosingMail), other = Incident();
        End(channel, [poison, other], new(DeliveryState.Refused, "no"));
        _now += TimeSpan.FromSeconds(5);

        End(channel, [poison, other], new(DeliveryState.Refused, "no"));
        Assert.Equal([other.Id], SendAll(channel, [poison, other]).SelectMany(m => m.Notices).Select(n => n.Post.IncidentId));
        Assert.Equal("opened", Sent(channel, [Incident(), poison, other]));
    }

    [Fact]
    public void A_channel_with_a_delivery_under_way_gets_no_second_one_and_others_go_on()
    {
        AlertChannel slow = Channel(), quick = Channel();
        _busy.Add(slow.Id);

        Assert.Equal([quick.Id], _book.Look([Incident()], new([slow, quick], []), _busy, (_, _) => null, _now, new(12, 0), _dropped).Select(m => m.Channel.Id));
    }

    [Fact]
    public void What_is_muted_for_its_whole_life_is_a_line_of_the_log_and_no_message()
    {
        var channel = Channel();
        var incident = Incident();
        var muted = new AlertMuteRow { Id = Guid.NewGuid(), HostId = "host-1", Until = _now.AddHours(1).ToUnixTimeMilliseconds(), Reason = "maintenance", Actor = "anna" };

        Assert.Empty(Look(channel, [incident], muted));
        Assert.Empty(Look(channel, [incident with { ClosedAt = _now }], muted));
        Assert.Empty(Look(channel, [incident with { ClosedAt = _now }], muted));

        var line = Assert.Single(_dropped);
        Assert.Equal(("dropped", "muted", (Guid?)incident.Id), (line.Outcome, line.Detail, line.IncidentId));
    }

    [Fact]
    public void Nothing_is_sent_over_a_channel_that_is_off_or_about_what_was_over_before_it_was_made()
    {
        var off = Channel();
        off.IsEnabled = false;

        Assert.Empty(Look(off, [Incident()]));
        Assert.Empty(Look(Channel(), [Incident() with { ClosedAt = Start.AddMinutes(-1) }]));
    }

    [Fact]
    public void A_repetition_that_goes_well_is_no_line_of_the_log()
    {
        _book = new(_ => TimeSpan.FromMinutes(1), () => 0.5);
        var channel = Channel();
        Incident[] open = [Incident()];

        Assert.NotNull(End(channel, open, new(DeliveryState.Sent, "")));
        Assert.Empty(Look(channel, open));
        _now += TimeSpan.FromMinutes(1);
        Assert.Null(End(channel, open, new(DeliveryState.Sent, "")));
        _now += TimeSpan.FromMinutes(1);
        Assert.Equal("failed", End(channel, open, new(DeliveryState.Failed, "gone"))!.Outcome);
    }

    private IReadOnlyList<DueMessage> Look(AlertChannel channel, IReadOnlyList<Incident> incidents, params IReadOnlyList<AlertMuteRow> mutes) =>
        _book.Look(incidents, new([channel], mutes), _busy, (_, _) => null, _now, new(12, 0), _dropped);

    private IReadOnlyList<DueMessage> SendAll(AlertChannel channel, IReadOnlyList<Incident> incidents)
    {
        var due = Look(channel, incidents);
        foreach (var message in due)
            _book.Ended(message, new(DeliveryState.Sent, ""), TimeSpan.Zero, _now);
        return due;
    }

    private string Sent(AlertChannel channel, IReadOnlyList<Incident> incidents) => string.Join(",", SendAll(channel, incidents).SelectMany(m => m.Notices).Select(n => n.Notice.Kind.Word()));

    private void Fail(AlertChannel channel, IReadOnlyList<Incident> incidents) => End(channel, incidents, new(DeliveryState.Failed, "gone"));

    private AlertDelivery? End(AlertChannel channel, IReadOnlyList<Incident> incidents, DeliveryResult result) => _book.Ended(Assert.Single(Look(channel, incidents)), result, TimeSpan.Zero, _now);

    private static AlertChannel Channel() => new()
    {
        Id = Guid.NewGuid(),
        Name = "night shift",
        Kind = "webhook",
        IsEnabled = true,
        Place = "",
        Settings = "locked",
        Rules = "losing-mail,deadlock,victims,host-silent",
        Since = Start.ToUnixTimeMilliseconds(),
    };

    private static Incident Incident(IncidentRule rule = IncidentRule.Victims) => new(Guid.NewGuid(), rule, "host-1", "mail1", "/var/mail/alice", "alice", "alice", Start);
}
