using Microsoft.Extensions.DependencyInjection;
using Ops.Data;
using Ops.Web.Features.Incidents;
using Ops.Web.Live;
using Ops.Web.Live.Recording;

namespace Ops.Web.Tests.Live;

/// <summary>From what agents report to what the database has, in the running console.</summary>
public sealed class HistoryRecorderTests : IAsyncLifetime, IDisposable
{
    private readonly ConsoleFactory _console = new();

    public Task InitializeAsync() => _console.InitializeAsync();

    public Task DisposeAsync() => ((IAsyncLifetime)_console).DisposeAsync();

    public void Dispose() => _console.Dispose();

    private LiveState Live => _console.Services.GetRequiredService<LiveState>();

    private HistoryReader History => _console.Services.GetRequiredService<HistoryReader>();

    [Fact]
    public async Task A_lock_that_makes_a_process_wait_is_stored_and_ends_released()
    {
        Connect(HostConnection.Live);
        Live.Replace("host-1", [Some.Living("a") with { Mailbox = "/var/mail/a" }, Waiting], s => s);
        await Wait.Until(async () => (await History.FindAsync(new(), null, 10)).Rows is [{ End: null, MostVictims: 1, Program: "imapd" }]);

        Live.Replace("host-1", [], s => s);

        await Wait.Until(async () => (await History.FindAsync(new(), null, 10)).Rows is [{ End: "released" }]);
    }

    [Fact]
    public async Task A_host_that_was_removed_leaves_no_open_episode_and_no_open_incident()
    {
        Connect(HostConnection.Live);
        Live.Replace("host-1", [Some.Finding("a", "ghost-write", "mailbox") with { Mailbox = "/var/mail/a" }], s => s);
        await Wait.Until(async () => (await History.FindAsync(new(), null, 10)).Rows is [{ End: null }]);

        Live.Remove("host-1");

        await Wait.Until(async () => (await History.FindAsync(new(), null, 10)).Rows is [{ End: "unknown" }]);
        await Wait.Until(async () => await _console.Services.GetRequiredService<IncidentDesk>().ListAsync(null, 10, default) is [{ ClosedAt: not null }]);
    }

    [Fact]
    public async Task A_drill_opens_no_incident_and_has_no_history()
    {
        Live.SetStatus(Status(HostConnection.Live) with { HostId = "drill", HostName = "drill-mail1", Policy = Some.Policy() with { IsDrill = true } });
        Live.Replace("drill", [Some.Finding("a", "ghost-write", "mailbox") with { Path = "/tmp/ops-drill-1/mail/a", Mailbox = "/tmp/ops-drill-1/mail/a" }], s => s);
        Connect(HostConnection.Live);
        Live.Replace("host-1", [Some.Finding("a", "ghost-write", "mailbox") with { Mailbox = "/var/mail/a" }], s => s);

        // Both are looked at in the same second: what is stored of the one is not stored of the other.
        await Wait.Until(async () => await _console.Services.GetRequiredService<IncidentDesk>().ListAsync(null, 10, default) is [{ HostId: "host-1" }]);
        await Wait.Until(async () => (await History.FindAsync(new(), null, 10)).Rows is [{ HostId: "host-1" }]);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    public void A_minute_of_a_host_is_stored_if_it_has_a_figure(bool stale, int stored)
    {
        var writer = new HistoryWriter(null!, TimeProvider.System);
        var record = new HostRecord("host-2", writer);
        var status = Status(HostConnection.Live) with { HostId = "host-2" };
        // An orphan is counted by the charts, and is no hold of a mailbox.
        var host = new HostView(status, FindingTable.Of(stale ? [new LiveFinding("host-2", Some.Finding("a", "orphan"))] : []), isComplete: true);
        var boards = new MailboxBoards(TimeProvider.System);
        var at = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        foreach (var second in new[] { 0, 1, 60 })
            Assert.NotNull(record.Look(host, boards, [], [], at.AddSeconds(second), []));
        record.Finish(at.AddSeconds(61));

        Assert.Equal(stored, writer.Health.Queued);
    }

    [Fact]
    public async Task Lost_mail_is_an_incident_that_operators_annotate_and_that_is_exported_with_its_story()
    {
        Connect(HostConnection.Live);
        Live.Replace("host-1", [Some.Finding("a", "ghost-write", "mailbox") with { Mailbox = "/var/mail/a" }], s => s);
        var desk = _console.Services.GetRequiredService<IncidentDesk>();
        await Wait.Until(async () => (await desk.ListAsync(null, 10, default)).Count == 1);
        var id = (await desk.ListAsync(null, 10, default))[0].Id;
        await Wait.Until(async () => (await desk.FindAsync(id))!.Timeline.Count > 0);

        Assert.NotNull(await desk.NoteAsync(await _console.UserAsync("vera", OpsRoles.Viewer), id, "I only look."));
        Assert.Null(await desk.NoteAsync(await _console.UserAsync("otto", OpsRoles.Operator), id, "Calling the owner."));

        var file = (await desk.ExportAsync(id, default))!;
        Assert.Equal("losing-mail", file.Incident.Rule);
        Assert.Contains(file.Timeline, l => l is { Kind: "opened", Frame.State: "losing-mail" });
        Assert.Contains(file.Timeline, l => l is { Kind: "note", Person: "otto", Text: "Calling the owner." });
        Assert.DoesNotContain(file.Timeline, l => l.Person == "vera");
        Assert.Contains(IncidentStory.Lines(file), l => l.Contains("note by otto: Calling the owner.", StringComparison.Ordinal));
    }

    private static Finding Waiting { get; } = Some.Living("a-waits", pid: 4343) with
    {
        Path = "/var/mail/a",
        Verdict = "waiting",
        Mailbox = "/var/mail/a",
        Lock = new("posix", "write", "whole file", "a", 1, 9, null, [4242], []),
    };

    private void Connect(HostConnection connection) => Live.SetStatus(Status(connection));

    private static HostStatus Status(HostConnection connection) => new(
        "host-1", "mail1", "token", false, connection, null, "0.1.0", Guid.Empty, true, [], [], [], new Dictionary<string, double>(), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow);
}
