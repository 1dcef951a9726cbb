namespace Ops.Incidents.Tests;

/// <summary>Damage that the audit of a store found is an incident until an audit that read everything finds none.</summary>
public sealed class StoreIncidentsTests
{
    private const string Root = "/var/spool/imap";
    private static readonly Guid First = Guid.NewGuid(), Second = Guid.NewGuid();

    private HostIncidents _host = new("h1", IncidentLimits.Default);

    [Fact]
    public void An_audit_that_finds_damage_opens_an_incident_once_also_while_the_host_is_silent()
    {
        Assert.Empty(At(0, Found(First, 0)).Incidents);

        var opened = At(10, Found(Second, 3), isHeard: false);

        var incident = Assert.Single(opened.Incidents);
        Assert.Equal((IncidentRule.Damage, "Damaged mail in /var/spool/imap", Root), (incident.Rule, incident.Title, incident.Mailbox));
        Assert.Contains("3 differences", Assert.Single(opened.Entries).Text, StringComparison.Ordinal);
        Assert.Empty(At(3_600, Found(Second, 3)).Incidents);
    }

    [Fact]
    public void Neither_time_nor_a_sample_closes_it_but_a_whole_audit_without_damage_does()
    {
        var incident = Assert.Single(At(0, Found(First, 1)).Incidents);

        var sampled = At(100_000, Found(Second, 0, isWhole: false));
        Assert.Empty(sampled.Incidents);
        Assert.Contains("full audit", Assert.Single(sampled.Entries).Text, StringComparison.Ordinal);

        var closed = Assert.Single(At(100_010, Found(Guid.NewGuid(), 0)).Incidents);
        Assert.Equal((incident.Id, Given.Now.AddSeconds(100_010)), (closed.Id, closed.ClosedAt));
    }

    [Fact]
    public void A_later_audit_that_finds_damage_is_in_the_timeline()
    {
        At(0, Found(First, 1));

        var entry = Assert.Single(At(60, Found(Second, 7)).Entries);

        Assert.Equal(EntryKind.Changed, entry.Kind);
        Assert.Contains("7 differences", entry.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_incident_that_was_open_when_the_console_ended_goes_on()
    {
        var open = Assert.Single(At(0, Found(First, 1)).Incidents);
        _host = new("h1", IncidentLimits.Default);
        _host.Resume(open);

        var again = At(10, Found(First, 1));
        Assert.Empty(again.Incidents);
        Assert.Empty(again.Entries);

        _host = new("h1", IncidentLimits.Default);
        _host.Resume(open);
        // The audit ended while no console ran.
        Assert.NotNull(Assert.Single(At(600, Found(Second, 0, at: 300)).Incidents).ClosedAt);
    }

    [Fact]
    public void It_is_closed_when_its_host_is_removed()
    {
        At(0, Found(First, 1));

        Assert.NotNull(Assert.Single(_host.Leave(Given.Now, "gone").Incidents).ClosedAt);
        Assert.Empty(_host.Leave(Given.Now, "gone").Incidents);
    }

    [Fact]
    public void The_path_and_the_agents_sentence_are_escaped()
    {
        var changes = At(0, Found(First, 1) with { Root = "/srv/\u202email\n", Sentence = "a\u001b[31m" });

        Assert.DoesNotContain(changes.Incidents[0].Title, c => char.IsControl(c) || c == '\u202e');
        Assert.DoesNotContain(changes.Entries[0].Text, char.IsControl);
    }

    private static StoreDamage Found(Guid report, long damages, bool isWhole = true, int at = 0) =>
        new(Root, report, Given.Now.AddSeconds(at), isWhole, damages, "2 mailboxes were compared.");

    private IncidentChanges At(int second, StoreDamage store, bool isHeard = true) =>
        _host.Look(new("h1", "mx1", Given.Now.AddSeconds(second), isHeard, Guid.Empty, [], [], []) { Stores = [store] });
}
