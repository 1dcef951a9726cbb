using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Ops.Data;
using Ops.Web.Live;
using Ops.Web.Tests.Live.Fleet;

namespace Ops.Web.Tests;

/// <summary>What load balancers and monitoring ask: HEAD, and whether all is well.</summary>
public sealed class HeadAndHealthTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new();

    public async Task InitializeAsync()
    {
        await _console.InitializeAsync();
        await _console.UserAsync("anna", OpsRoles.Admin);
    }

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/setup?token=x")]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/livez")]
    [InlineData("/css/app.css")]
    [InlineData("/css/theme.css")]
    public async Task HEAD_of_what_needs_no_sign_in_is_answered_like_GET_without_a_body(string path)
    {
        using var visitor = new Visitor(_console.Address);
        using var head = await visitor.HeadAsync(path);
        using var get = await visitor.GetAsync(path);
        Assert.Equal((get.StatusCode, get.Content.Headers.ContentType?.MediaType), (head.StatusCode, head.Content.Headers.ContentType?.MediaType));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/locks?verdict=held")]
    [InlineData("/no-such-page")]
    public async Task HEAD_of_a_page_leads_to_the_sign_in_as_GET_does(string path)
    {
        using var visitor = new Visitor(_console.Address);
        using var head = await visitor.HeadAsync(path);
        using var get = await visitor.GetAsync(path);
        Assert.Equal((HttpStatusCode.Redirect, get.Headers.Location), (head.StatusCode, head.Headers.Location));
    }

    [Fact]
    public async Task HEAD_of_a_page_is_answered_to_those_who_are_signed_in()
    {
        using var visitor = new Visitor(_console.Address);
        (await visitor.SignInAsync("anna", ConsoleFactory.Password)).Dispose();
        using var head = await visitor.HeadAsync("/locks");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        using var missing = await visitor.HeadAsync("/no-such-page");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Health_is_degraded_while_an_agent_is_lost_and_names_no_host()
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        live.SetStatus(Status("secret-host") with { Connection = HostConnection.Lost, LostReason = "gone" });

        Assert.Equal((HttpStatusCode.OK, "Degraded\nagents: 1 of 1 is not connected\n"), await HealthAsync());
        live.SetStatus(Status("secret-host"));
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await HealthAsync());
    }

    [Fact]
    public async Task Health_is_degraded_while_an_agent_cannot_write_its_journal()
    {
        var live = _console.Services.GetRequiredService<LiveState>();
        live.SetStatus(Status("mail1") with { BlindSpots = [new(BlindSpot.Journal, "the disk is full")] });
        Assert.Equal((HttpStatusCode.OK, "Degraded\nagents: 1 of 1 cannot write its journal and refuses to act\n"), await HealthAsync());
    }

    [Fact]
    public async Task Health_is_degraded_while_the_anchor_is_missing_or_leads_and_the_next_entry_does_not_hide_it()
    {
        var anchor = _console.Services.GetRequiredService<HeadAnchor>();
        await _console.Services.GetRequiredService<AuditLog>().AppendAsync(new() { Actor = "test", Action = "test" });
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await HealthAsync());

        File.Delete(anchor.Path);
        Assert.Equal((HttpStatusCode.OK, "Degraded\naudit: the head anchor is missing\n"), await HealthAsync());

        await File.WriteAllTextAsync(anchor.Path, "rubbish");
        Assert.Equal((HttpStatusCode.OK, "Degraded\naudit: the head anchor cannot be used\n"), await HealthAsync());

        await File.WriteAllTextAsync(anchor.Path, $"999 {new string('a', 64)}\n");
        Assert.Equal((HttpStatusCode.OK, "Degraded\naudit: the log ends before the entry that the head anchor names\n"), await HealthAsync());
    }

    [Fact]
    public async Task Health_fails_when_the_audit_cannot_be_written()
    {
        _console.Services.GetRequiredService<LiveState>().SetAlert(Ops.Web.Live.StorageWatch.AuditUnwritable, on: true);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy\naudit: entries cannot be written, so acts are refused\n"), await HealthAsync());
    }

    [Fact]
    public async Task A_console_that_is_unhealthy_stays_ready_and_alive()
    {
        _console.Services.GetRequiredService<LiveState>().SetAlert(Ops.Web.Live.StorageWatch.AuditUnwritable, on: true);
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await HealthAsync("/readyz"));
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await HealthAsync("/livez"));
    }

    [Theory]
    [InlineData(true, false, true, null)]
    [InlineData(false, false, true, "starting")]
    [InlineData(true, true, true, "stops")]
    [InlineData(true, false, false, "fleet")]
    public async Task A_console_is_ready_from_its_start_to_its_stop_while_it_is_one_of_its_fleet(bool started, bool stopping, bool active, string? problem)
    {
        var check = new ReadyHealth(new Lifetime(new(started), new(stopping)), new TestLink(new("a")) { IsActive = active });

        var result = await check.CheckHealthAsync(new());

        Assert.Equal(problem is null ? HealthStatus.Healthy : HealthStatus.Unhealthy, result.Status);
        Assert.Contains(problem ?? "", result.Description ?? "", StringComparison.Ordinal);
    }

    private sealed record Lifetime(CancellationToken ApplicationStarted, CancellationToken ApplicationStopping) : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => throw new NotSupportedException();
    }

    private static HostStatus Status(string name) => new(
        "id-" + name, name, "test", false, HostConnection.Live, null, "0.1.0", Guid.Empty, true, [], [], [], new Dictionary<string, double>(), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

    private async Task<(HttpStatusCode, string)> HealthAsync(string path = "/healthz")
    {
        using var visitor = new Visitor(_console.Address);
        using var answer = await visitor.GetAsync(path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
