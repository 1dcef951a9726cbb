using System.Text.Json;

namespace Ops.Incidents.Tests;

public sealed class HostIncidentsTests
{
    private const string Alice = "/var/mail/alice";
    private static readonly Finding Held = Given.Held(Alice, 10, mailbox: Alice);
    private static readonly Finding[] ThreeWait = [Held, Waits(11), Waits(12), Waits(13)];

    private readonly HostIncidents _host = new("h1", IncidentLimits.Default);

    [Fact]
    public void Three_waiting_processes_open_an_incident_after_a_minute_and_not_before()
    {
        Assert.Empty(At(0, ThreeWait).Incidents);
        Assert.Empty(At(59, ThreeWait).Incidents);

        var opened = At(60, ThreeWait);

        var incident = opened.Incidents[0];
        Assert.Equal((IncidentRule.Victims, "3 processes wait for alice", 3), (incident.Rule, incident.Title, incident.MostVictims));
        var entry = opened.Entries[0];
        Assert.Equal(EntryKind.Opened, entry.Kind);
        Assert.Equal("stuck", entry.Frame?.State);
        Assert.NotEmpty(entry.Frame!.Chain);
    }

    [Fact]
    public void A_queue_that_is_short_for_a_moment_begins_its_minute_again()
    {
        At(0, ThreeWait);
        At(50, Held, Waits(11));
        At(55, ThreeWait);

        Assert.Empty(At(110, ThreeWait).Incidents);
        Assert.NotEmpty(At(115, ThreeWait).Incidents);
    }

    [Fact]
    public void Lost_mail_opens_an_incident_at_once_and_lasts_until_a_quiet_minute_has_passed()
    {
        Finding[] losing = [Given.Relation("ghost-writers", "ghost-write", Alice, pid: 10)];
        var incident = At(0, losing).Incidents[0];
        Assert.Equal(IncidentRule.LosingMail, incident.Rule);

        Assert.DoesNotContain(At(10).Incidents, i => i.ClosedAt is not null);
        // It comes back: the same incident.
        Assert.DoesNotContain(At(40, losing).Incidents, i => i.Id != incident.Id);
        At(50);
        Assert.DoesNotContain(At(109).Incidents, i => i.ClosedAt is not null);

        var closed = At(110);

        Assert.Equal((incident.Id, Given.Now.AddSeconds(110)), (closed.Incidents[^1].Id, closed.Incidents[^1].ClosedAt));
        Assert.Equal(EntryKind.Closed, closed.Entries[^1].Kind);
    }

    [Fact]
    public void A_deadlock_opens_an_incident_at_once()
    {
        var changes = At(0, Given.Relation("deadlock", "waiting", Alice, pid: 10, cycle: [10, 11]));

        Assert.Equal(IncidentRule.Deadlock, changes.Incidents[0].Rule);
    }

    [Fact]
    public void A_silent_host_opens_an_incident_after_a_minute_and_closes_it_when_it_has_reported_for_one()
    {
        At(0);
        Assert.Empty(Silent(10).Incidents);
        var opened = Assert.Single(Silent(70).Incidents);
        Assert.Equal((IncidentRule.HostSilent, "mx1 is silent"), (opened.Rule, opened.Title));

        Assert.Empty(At(80).Incidents);
        Assert.NotNull(Assert.Single(At(140).Incidents).ClosedAt);
    }

    [Fact]
    public void Silence_of_a_host_does_not_close_the_incident_of_its_mailbox()
    {
        At(0, ThreeWait);
        var incident = At(60, ThreeWait).Incidents[0];
        for (var second = 70; second < 300; second += 10)
            Assert.DoesNotContain(Silent(second).Incidents, i => i.Id == incident.Id);

        Assert.DoesNotContain(At(300).Incidents, i => i.Id == incident.Id && i.ClosedAt is not null);
        Assert.Contains(At(360).Incidents, i => i.Id == incident.Id && i.ClosedAt is not null);
    }

    [Fact]
    public void An_incident_that_becomes_worse_stays_one_with_the_worse_rule()
    {
        At(0, ThreeWait);
        var incident = At(60, ThreeWait).Incidents[0];

        var worse = At(70, [.. ThreeWait, Given.Relation("ghost-writers", "ghost-write", Alice, pid: 10)]).Incidents[^1];

        Assert.Equal((incident.Id, IncidentRule.LosingMail, "alice is losing mail"), (worse.Id, worse.Rule, worse.Title));
    }

    [Fact]
    public void Acts_on_its_findings_are_in_the_timeline_with_their_person()
    {
        At(0, ThreeWait);
        At(60, ThreeWait);
        var act = new EndedAct("h1", Guid.NewGuid(), "term", "anna", Held.Key, Alice, Given.Now.AddSeconds(65), "The process ended.");

        var entry = Assert.Single(_host.Look(Look(66, true, false, [], [act])).Entries, e => e.Kind == EntryKind.Act);

        Assert.Equal(("anna", act.Operation), (entry.Person, entry.Operation));
        Assert.Contains("The process ended.", entry.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_incident_that_was_open_when_the_console_ended_goes_on()
    {
        At(0, ThreeWait);
        var open = At(60, ThreeWait).Incidents[^1];
        var later = new HostIncidents("h1", IncidentLimits.Default);
        later.Resume(open);

        Assert.All(later.Look(Look(200, true, false, ThreeWait, [])).Incidents, i => Assert.Equal(open.Id, i.Id));
        later.Look(Look(210, true, false, [], []));
        Assert.NotNull(later.Look(Look(270, true, false, [], [])).Incidents[^1].ClosedAt);
    }

    [Fact]
    public void The_waiting_time_of_an_incident_that_only_goes_on_is_stored_again_within_fifteen_seconds()
    {
        At(0, ThreeWait);
        var opened = At(60, ThreeWait).Incidents[^1];

        var stored = Enumerable.Range(61, 30).Select(second => At(second, ThreeWait)).Where(c => c.Incidents.Count > 0).ToList();

        Assert.InRange(stored.Count, 2, 4);
        Assert.All(stored, c => Assert.Empty(c.Entries));
        Assert.True(stored[^1].Incidents[^1].BlockedSeconds >= opened.BlockedSeconds + 3 * 15);
    }

    [Fact]
    public void An_incident_whose_figures_stay_as_they_are_is_not_stored_again()
    {
        Finding[] losing = [Given.Relation("ghost-writers", "ghost-write", Alice, pid: 10)];
        At(0, losing);

        Assert.All(Enumerable.Range(1, 40), second => Assert.Empty(At(second, losing).Incidents));
    }

    [Fact]
    public void A_host_that_is_followed_no_longer_has_no_open_incident()
    {
        Silent(0);
        var silence = Silent(60).Incidents[0];

        var left = _host.Leave(Given.Now.AddSeconds(70), "Its host is gone.");

        Assert.Equal((silence.Id, Given.Now.AddSeconds(70)), (Assert.Single(left.Incidents).Id, left.Incidents[0].ClosedAt));
        Assert.Equal("Its host is gone.", Assert.Single(left.Entries).Text);
        Assert.Empty(_host.Leave(Given.Now.AddSeconds(80), "Its host is gone.").Incidents);
    }

    [Fact]
    public void An_exported_file_is_printed_with_times_since_the_opening_and_without_control_characters()
    {
        var at = Given.Now;
        var file = new IncidentFile(
            IncidentFile.TheFormat, 1, at.AddHours(1), new(Guid.Empty, "victims", "3 processes wait for alice\u001b[2J", "mx1", Alice, "alice", at, at.AddMinutes(4), 3, 400),
            [new(at, "opened", "Pid 10 holds.", null, null, new("stuck", "c", ["Pid 10 holds the lock."], 3, 120, "Continue pid 10.", null)), new(at.AddSeconds(83), "note", "calling the owner", "anna", null, null)],
            [new(Alice, 10, "imap", null, null, Alice, "waited", at.AddSeconds(-30), at.AddSeconds(200), "ended", "anna", 3, 400)], []);
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(file, IncidentsJson.Default.IncidentFile), IncidentsJson.Default.IncidentFile)!;

        var lines = IncidentStory.Lines(read).ToList();

        Assert.Contains("+00:00:00  opened: Pid 10 holds.", lines);
        Assert.Contains("+00:01:23  note by anna: calling the owner", lines);
        Assert.Contains("-00:00:30  imap (pid 10), waited, for 3 min, ended by anna", lines);
        Assert.DoesNotContain(lines, l => l.Any(char.IsControl));
    }

    private IncidentChanges At(double seconds, params Finding[] findings) => _host.Look(Look(seconds, true, false, findings, []));

    private IncidentChanges Silent(double seconds) => _host.Look(Look(seconds, false, true, [], []));

    private static Finding Waits(int pid) => Given.Waiting(Alice, pid, 10, mailbox: Alice) with { Since = Given.Now };

    private static HostLook Look(double seconds, bool isHeard, bool isSilent, IReadOnlyList<Finding> findings, IReadOnlyList<EndedAct> acts)
    {
        var at = Given.Now.AddSeconds(seconds);
        return new("h1", "mx1", at, isHeard, Guid.Empty, MailboxBoard.Of(findings, at), findings, acts) { IsSilent = isSilent };
    }
}
