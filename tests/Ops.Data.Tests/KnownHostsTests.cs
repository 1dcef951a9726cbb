namespace Ops.Data.Tests;

public sealed class KnownHostsTests
{
    [Fact]
    public async Task A_host_is_remembered_with_what_it_last_said()
    {
        await using var data = await TestData.CreateAsync();
        var hosts = data.Get<KnownHosts>();
        var first = data.Clock.GetUtcNow();
        var boot = Guid.NewGuid();
        await hosts.SeenAsync("id-1", "mail1", "0.1.0", Guid.NewGuid());
        data.Clock.Advance(TimeSpan.FromHours(1));

        await hosts.SeenAsync("id-1", "mail1.example", "0.2.0", boot);

        var host = Assert.Single(await hosts.ListAsync());
        Assert.Equal(
            ("mail1.example", "0.2.0", boot, first, first.AddHours(1)), (host.Name, host.Version, host.BootId, host.FirstSeenAt, host.LastSeenAt));
    }

    [Fact]
    public async Task Two_hosts_of_one_name_stay_two()
    {
        await using var data = await TestData.CreateAsync();
        var hosts = data.Get<KnownHosts>();

        await hosts.SeenAsync("id-2", "mail", "0.1.0", Guid.NewGuid());
        await hosts.SeenAsync("id-1", "mail", "0.1.0", Guid.NewGuid());

        Assert.Equal(["id-1", "id-2"], (await hosts.ListAsync()).Select(h => h.HostId));
    }

    [Fact]
    public async Task Connections_of_one_host_that_say_hello_together_make_one_row()
    {
        await using var data = await TestData.CreateAsync();
        var hosts = data.Get<KnownHosts>();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => hosts.SeenAsync("id-1", "mail1", "0.1.0", Guid.NewGuid()))));

        Assert.Single(await hosts.ListAsync());
    }

    [Fact]
    public async Task Hosts_that_stay_connected_are_noted_together_with_what_changed_and_others_are_left_alone()
    {
        await using var data = await TestData.CreateAsync();
        var hosts = data.Get<KnownHosts>();
        var boot = Guid.NewGuid();
        var first = data.Clock.GetUtcNow();
        // More than go into one statement.
        SeenHost[] connected = [.. Enumerable.Range(0, 1_100).Select(n => new SeenHost($"id-{n:0000}", $"mail{n}", "0.1.0", boot))];
        await hosts.StillSeenAsync(connected);
        await hosts.SeenAsync("away", "away", "0.1.0", boot);
        data.Clock.Advance(TimeSpan.FromMinutes(1));

        await hosts.StillSeenAsync([.. connected.Select(h => h.HostId == "id-0700" ? h with { Version = "0.2.0" } : h)]);

        var noted = (await hosts.ListAsync()).ToDictionary(h => h.HostId);
        Assert.Equal(1_101, noted.Count);
        Assert.Equal(first, noted["away"].LastSeenAt);
        Assert.All(connected, h => Assert.Equal((first, first.AddMinutes(1)), (noted[h.HostId].FirstSeenAt, noted[h.HostId].LastSeenAt)));
        Assert.Equal(["id-0700"], noted.Values.Where(h => h.Version == "0.2.0").Select(h => h.HostId));
    }
}
