using Ops.Locks;

namespace Ops.Data.Tests;

public sealed class AlertStoreTests
{
    [Fact]
    public async Task Channels_and_mutes_are_kept_and_each_change_is_audited()
    {
        await using var data = await TestData.CreateAsync();
        var store = data.Get<AlertStore>();
        var channel = Channel("night");

        Assert.Null(await store.PutChannelAsync(channel, "webhook at https://example.org", "anna"));
        Assert.Equal("Another channel has this name.", await store.PutChannelAsync(Channel("night"), "", "anna"));
        Assert.Equal("Give the channel a name of 1 to 60 characters.", await store.PutChannelAsync(Channel(" "), "", "anna"));
        Assert.Null(await store.MuteAsync(Mute(data, hours: 1)));
        Assert.Equal("A mute ends in the future.", await store.MuteAsync(Mute(data, hours: 0)));

        var setup = await store.SetupAsync();
        Assert.Equal(["night"], setup.Channels.Select(c => c.Name));
        Assert.Equal("mail1", Assert.Single(setup.Mutes).Host);
        Assert.Null(await store.UnmuteAsync(setup.Mutes[0].Id, "anna"));
        Assert.Null(await store.RemoveChannelAsync(channel.Id, "anna"));
        Assert.Equal("This channel no longer exists.", await store.RemoveChannelAsync(channel.Id, "anna"));
        var entries = (await data.Get<AuditSearch>().FindAsync(new(Action: AuditActions.AlertsChanged), 0, 20)).Entries;
        Assert.Equal(
            [
                "channel 'night' removed", "no longer muted: deadlock on mail1", "muted until 2026-03-01 13:00 UTC: deadlock on mail1", "channel 'night' made: webhook at https://example.org",
            ],
            entries.Select(e => e.Outcome));
    }

    [Fact]
    public async Task A_channel_that_is_switched_on_again_begins_at_that_time()
    {
        await using var data = await TestData.CreateAsync();
        var store = data.Get<AlertStore>();
        var channel = Channel("night");
        await store.PutChannelAsync(channel, "", "anna");
        var made = channel.Since;

        data.Clock.Advance(TimeSpan.FromHours(1));
        channel.IsEnabled = false;
        await store.PutChannelAsync(channel, "", "anna");
        Assert.Equal(made, (await store.SetupAsync()).Channels[0].Since);
        channel.IsEnabled = true;
        await store.PutChannelAsync(channel, "", "anna");

        Assert.Equal(data.Clock.GetUtcNow().ToUnixTimeMilliseconds(), (await store.SetupAsync()).Channels[0].Since);
    }

    [Fact]
    public async Task What_is_pending_is_kept_once_however_often_it_is_stored_and_goes_with_its_channel()
    {
        await using var data = await TestData.CreateAsync();
        var store = data.Get<AlertStore>();
        AlertChannel night = Channel("night"), gone = Channel("gone");
        await store.PutChannelAsync(night, "", "anna");
        var incident = Guid.NewGuid();
        var line = Delivery(data, night);

        await store.SaveAsync([Post(night, incident), Post(gone, incident)], [line]);
        await store.SaveAsync([Post(night, incident, "deadlock")], [line]);

        Assert.Equal("deadlock", Assert.Single(await store.PostsAsync()).AnnouncedRule);
        Assert.Single(await store.DeliveriesAsync(10));
        await store.RemoveChannelAsync(night.Id, "anna");
        Assert.Empty(await store.PostsAsync());
        Assert.Single(await store.DeliveriesAsync(10));
    }

    [Fact]
    public async Task What_is_settled_and_old_is_removed_and_what_is_pending_stays()
    {
        await using var data = await TestData.CreateAsync();
        var store = data.Get<AlertStore>();
        var night = Channel("night");
        await store.PutChannelAsync(night, "", "anna");
        AlertPost settled = Post(night, Guid.NewGuid()), pending = Post(night, Guid.NewGuid());
        (settled.IsSettled, settled.ClosedAt, pending.ClosedAt) = (true, data.Clock.GetUtcNow().ToUnixTimeMilliseconds(), data.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        await store.SaveAsync([settled, pending], [Delivery(data, night)]);
        await store.PruneAsync();
        Assert.Equal(2, (await store.PostsAsync()).Count);

        data.Clock.Advance(AlertStore.LogKept + TimeSpan.FromMinutes(1));
        await store.PruneAsync();

        Assert.Equal(pending.IncidentId, Assert.Single(await store.PostsAsync()).IncidentId);
        Assert.Empty(await store.DeliveriesAsync(10));
    }

    private static AlertChannel Channel(string name) => new() { Id = Guid.NewGuid(), Name = name, Kind = "webhook", IsEnabled = true, Place = "", Settings = "locked", Rules = "deadlock" };

    private static AlertMuteRow Mute(TestData data, int hours) => new()
    {
        Id = Guid.NewGuid(),
        Rule = "deadlock",
        HostId = "host-1",
        Host = "mail1",
        Until = data.Clock.GetUtcNow().AddHours(hours).ToUnixTimeMilliseconds(),
        Reason = "maintenance",
        Actor = "anna",
    };

    private static AlertPost Post(AlertChannel channel, Guid incident, string? announced = null) =>
        new() { ChannelId = channel.Id, IncidentId = incident, Rule = "deadlock", HostId = "host-1", Host = "mail1", Title = "alice is deadlocked", AnnouncedRule = announced };

    private static AlertDelivery Delivery(TestData data, AlertChannel channel) => new()
    {
        Id = Guid.NewGuid(),
        At = data.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
        ChannelId = channel.Id,
        Channel = channel.Name,
        What = "opened",
        Title = "",
        Outcome = "sent",
        Detail = "",
    };
}
