using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.Alerts;
using Ops.Web.Live.Recording;

namespace Ops.Web.Tests.Alerts;

/// <summary>From an incident of the real console to a real receiver.</summary>
public sealed class AlertSenderTests : IAsyncLifetime, IDisposable
{
    private const string Secret = "S3CRET-path-of-the-hook";

    private readonly ConsoleFactory _console = new();
    private ClaimsPrincipal _anna = null!;

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        _anna = await _console.UserAsync("anna", OpsRoles.Admin);
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    private AlertsCommand Command => _console.Services.GetRequiredService<AlertsCommand>();

    [Fact]
    public async Task An_incident_is_announced_and_its_end_and_both_are_in_the_log_without_the_secret()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        Assert.Null(await Command.SaveAsync(_anna, Hook("hook", $"{receiver.Url}/{Secret}")));
        var incident = Incident();

        Beat(_console, incident);
        await Wait.Until(() => receiver.Got.Count == 1);
        Beat(_console, incident with { ClosedAt = DateTimeOffset.UtcNow });
        await Wait.Until(() => receiver.Got.Count == 2);
        await Wait.Until(async () => (await Command.ReadAsync()).Deliveries.Count == 2);

        Assert.Equal(["opened", "closed"], receiver.Got.Select(g => EventOf(g.Body)));
        var picture = await Command.ReadAsync();
        Assert.Equal([("closed", "sent"), ("opened", "sent")], picture.Deliveries.Select(d => (d.What, d.Outcome)));
        Assert.DoesNotContain(Secret, string.Join(" ", picture.Setup.Channels.Select(c => $"{c.Place} {c.Settings}")));
        Assert.DoesNotContain(await _console.AuditAsync(), e => $"{e.Outcome}{e.Detail}{e.Reason}".Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_channel_that_hangs_delays_no_other()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var receiver = await HttpReceiver.StartAsync();
        Assert.Null(await Command.SaveAsync(_anna, Hook("hangs", $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/")));
        Assert.Null(await Command.SaveAsync(_anna, Hook("works", receiver.Url)));

        Beat(_console, Incident());
        using var held = await silent.AcceptTcpClientAsync();
        await Wait.Until(() => receiver.Got.Count == 1);
        Beat(_console, Incident());
        await Wait.Until(() => receiver.Got.Count == 2);
    }

    [Fact]
    public async Task What_was_not_delivered_before_a_restart_is_delivered_after_it_and_nothing_twice()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        Assert.Null(await Command.SaveAsync(_anna, Hook("hook", receiver.Url)));
        Incident first = Incident(), second = Incident();
        Beat(_console, first);
        await Wait.Until(async () => (await Command.ReadAsync()).Deliveries.Count == 1);
        receiver.Answer = http =>
        {
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        Beat(_console, second);
        await Wait.Until(async () => (await Command.ReadAsync()).Deliveries.Any(d => d.Outcome == "failed"));
        await _console.DisposeAsync();
        SqliteConnection.ClearAllPools();
        receiver.Got.Clear();
        receiver.Answer = null;

        await using var again = new ConsoleFactory { DataIn = _console.Data };
        await again.InitializeAsync();
        await Wait.Until(() => !receiver.Got.IsEmpty);

        // The first is still open, and known to the channel.
        Beat(again, first);
        Beat(again, first with { ClosedAt = DateTimeOffset.UtcNow });
        await Wait.Until(() => receiver.Got.Count == 2);
        var bodies = receiver.Got.Select(g => g.Body).ToList();
        Assert.Contains(second.Id.ToString(), bodies[0]);
        Assert.DoesNotContain(first.Id.ToString(), bodies[0]);
        Assert.Equal("closed", EventOf(bodies[1]));
    }

    [Fact]
    public async Task A_test_says_what_came_of_it_and_is_audited()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        Assert.Null(await Command.SaveAsync(_anna, Hook("hook", $"{receiver.Url}/{Secret}")));
        var channel = Assert.Single((await Command.ReadAsync()).Setup.Channels);

        Assert.Null(await Command.TestAsync(_anna, channel.Id));
        receiver.Answer = http =>
        {
            http.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        Assert.Equal("The test message was refused. Answer 404: ", await Command.TestAsync(_anna, channel.Id));

        Assert.Equal([("test", "refused"), ("test", "sent")], (await Command.ReadAsync()).Deliveries.Select(d => (d.What, d.Outcome)));
        Assert.Contains(await _console.AuditAsync(), e => e is { Action: "alerts-changed", Actor: "anna", Outcome: "channel 'hook': test message sent" });
    }

    [Fact]
    public async Task Secrets_that_are_left_empty_stay_and_a_new_address_does_not_get_the_token_of_the_old_one()
    {
        await using var receiver = await HttpReceiver.StartAsync();
        var form = Hook("hook", $"{receiver.Url}/{Secret}");
        form.Token = "t0ken";
        Assert.Null(await Command.SaveAsync(_anna, form));

        var edit = Command.Edit(Assert.Single((await Command.ReadAsync()).Setup.Channels));
        Assert.Equal(("", ""), (edit.Url, edit.Token));
        edit.Name = "renamed";
        Assert.Null(await Command.SaveAsync(_anna, edit));
        Assert.Null(await Command.TestAsync(_anna, edit.Id));
        edit.Url = receiver.Url + "/other";
        Assert.Null(await Command.SaveAsync(_anna, edit));
        Assert.Null(await Command.TestAsync(_anna, edit.Id));

        Assert.Equal([("/" + Secret, "Bearer t0ken"), ("/other", null)], receiver.Got.Select(g => (g.Path, g.Authorization)));
    }

    [Fact]
    public async Task Only_administrators_change_alerts()
    {
        var omar = await _console.UserAsync("omar", OpsRoles.Operator);
        const string No = "Only administrators can change alerts.";

        Assert.Equal(No, await Command.SaveAsync(omar, Hook("hook", "http://127.0.0.1:1/")));
        Assert.Equal(No, await Command.MuteAsync(omar, "", null, TimeSpan.FromHours(1), "quiet"));
        Assert.Equal(No, await Command.TestAsync(omar, Guid.NewGuid()));
        Assert.Equal(No, await Command.RemoveAsync(omar, Guid.NewGuid()));
        Assert.Empty((await Command.ReadAsync()).Setup.Channels);
    }

    private static string? EventOf(string body)
    {
        using var json = JsonDocument.Parse(body);
        return Assert.Single(json.RootElement.GetProperty("alerts").EnumerateArray()).GetProperty("event").GetString();
    }

    private static ChannelForm Hook(string name, string url) => new() { Name = name, Url = url };

    private static void Beat(ConsoleFactory console, Incident incident) =>
        console.Services.GetRequiredService<HistoryPulse>().Beat([], [incident], new(0, 0, 0, null, null, null), DateTimeOffset.UtcNow);

    private static Incident Incident() => new(Guid.NewGuid(), IncidentRule.Victims, "host-1", "mail1", "/var/mail/alice", "alice", "3 processes wait for alice", DateTimeOffset.UtcNow);
}
