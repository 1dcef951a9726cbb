namespace Ops.Agent.Tests;

public sealed class ReplayCommandTests : IDisposable
{
    private readonly Store _store = new();

    [Fact]
    public async Task An_exported_incident_is_printed_as_its_timeline()
    {
        _store.Write("incident.json", """
            {"format":"mailstore-ops-incident","version":1,"exportedAt":"2026-11-28T03:00:00+00:00",
             "incident":{"id":"00000000-0000-0000-0000-000000000001","rule":"victims","title":"3 processes wait for alice","host":"mx1","mailbox":"/var/mail/alice","mailboxUser":"alice",
              "openedAt":"2026-11-28T02:14:30+00:00","closedAt":null,"mostVictims":3,"blockedSeconds":400},
             "timeline":[{"at":"2026-11-28T02:15:53+00:00","kind":"note","text":"calling the owner\u001b[2J","person":"anna","operation":null,"frame":null}],"episodes":[],"minutes":[]}
            """, TimeSpan.Zero);

        var (code, output, _) = await Store.Ops("replay", _store.File("incident.json"));

        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("3 processes wait for alice (victims) on mx1", output, StringComparison.Ordinal);
        Assert.Contains("+00:01:23  note by anna: calling the owner", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("not JSON")]
    [InlineData("""{"format":"mailstore-ops-incident","version":1}""")]
    public async Task A_file_that_is_no_incident_is_refused_or_says_that_it_names_none(string content)
    {
        _store.Write("incident.json", content, TimeSpan.Zero);

        var (code, output, errors) = await Store.Ops("replay", _store.File("incident.json"));

        Assert.True(code == ExitCode.Failed && errors.Contains("cannot be read", StringComparison.Ordinal) || output.Contains("names no incident", StringComparison.Ordinal));
    }

    public void Dispose() => _store.Dispose();
}
