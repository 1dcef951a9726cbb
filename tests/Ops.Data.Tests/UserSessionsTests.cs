using Microsoft.EntityFrameworkCore;

namespace Ops.Data.Tests;

public sealed class UserSessionsTests : IAsyncLifetime
{
    private TestData _data = null!;
    private string _user = "";

    private UserSessions Sessions => _data.Get<UserSessions>();

    public async Task InitializeAsync()
    {
        _data = await TestData.CreateAsync();
        _user = await _data.UserAsync("anna");
    }

    public async Task DisposeAsync() => await _data.DisposeAsync();

    [Fact]
    public async Task When_a_session_was_seen_last_never_goes_back()
    {
        var session = await StartAsync(_user);
        var later = session.StartedAt.AddMinutes(5);
        await Sessions.SeenAsync(session.Id, later);
        await Sessions.SeenAsync(session.Id, session.StartedAt.AddMinutes(3));
        Assert.Equal(later, (await FindAsync(session.Id))!.LastSeenAt);
    }

    [Fact]
    public async Task A_session_that_a_person_ends_is_over_and_in_the_audit()
    {
        var session = await StartAsync(_user);
        Assert.True(await Sessions.EndAsync(session, "anna", "chief"));
        Assert.False(await Sessions.EndAsync(session, "anna", "chief"));
        Assert.Null(await FindAsync(session.Id));
        await using var db = await _data.OpenAsync();
        Assert.Equal(["anna: session ended", "anna: session had ended before"], await db.Audit.Where(e => e.Actor == "chief").OrderBy(e => e.Sequence).Select(e => e.Outcome).ToListAsync());
    }

    [Fact]
    public async Task All_sessions_of_a_user_end_but_the_one_that_is_kept()
    {
        var (kept, other, foreign) = (await StartAsync(_user), await StartAsync(_user), await StartAsync(await _data.UserAsync("bert")));
        Assert.Equal([other.Id], await Sessions.EndAllAsync(_user, kept.Id));
        Assert.Equal([kept.Id], (await Sessions.NotEndedAsync(_user)).Select(s => s.Id));
        Assert.NotNull(await FindAsync(foreign.Id));
    }

    [Fact]
    public async Task What_a_browser_calls_itself_is_kept_without_what_no_database_takes()
    {
        var session = Sessions.New(_user, "::1", "Fire\0fox\u001b\ud800" + new string('x', 1_000), withSecondFactor: true);
        await Sessions.AddAsync(session);
        var kept = (await FindAsync(session.Id))!;
        Assert.StartsWith("Firefoxxx", kept.Browser, StringComparison.Ordinal);
        Assert.Equal(UserSession.BrowserLengthMax, kept.Browser!.Length);
        Assert.Equal(kept.StartedAt, kept.SecondFactorAt);
    }

    [Fact]
    public async Task A_code_that_is_given_later_is_noted_with_its_time()
    {
        var session = await StartAsync(_user);
        Assert.Null(session.SecondFactorAt);
        _data.Clock.Advance(TimeSpan.FromMinutes(5));
        await Sessions.StepUpAsync(session.Id);
        Assert.Equal(TimeSpan.FromMinutes(5), (await FindAsync(session.Id))!.SecondFactorAt - session.StartedAt);
    }

    [Fact]
    public async Task Sessions_that_are_long_over_are_removed_when_another_one_begins()
    {
        var old = await StartAsync(_user);
        _data.Clock.Advance(TimeSpan.FromDays(8));
        var present = await StartAsync(_user);
        await using var db = await _data.OpenAsync();
        Assert.Equal([present.Id], await db.UserSessions.Select(s => s.Id).ToListAsync());
        Assert.NotEqual(old.Id, present.Id);
    }

    private async Task<UserSession?> FindAsync(Guid id) => (await Sessions.NotEndedAsync([id])).SingleOrDefault();

    private async Task<UserSession> StartAsync(string user)
    {
        var session = Sessions.New(user, "127.0.0.1", "Firefox", withSecondFactor: false);
        await Sessions.AddAsync(session);
        return session;
    }
}
