using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Ops.Data;
using Ops.Web.Live;
using Ops.Web.Live.Fleet;

namespace Ops.Web.Features.SignIn;

/// <summary>Which sessions are live, as the database says now, and the end of those that are not: their cookies are refused, their open pages end. Singleton.</summary>
public sealed class SessionBook(UserSessions sessions, OpenPages pages, FleetDesk fleet, IOptions<WebOptions> options, TimeProvider clock, ILogger<SessionBook> log) : BackgroundService
{
    /// <summary>Claim of a person who is signed in: the id of the session.</summary>
    public const string Claim = "ops:session";

    // Messages between consoles end pages at once. This is for those that did not arrive, and for sessions that were not used for too long.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan NoteEvery = TimeSpan.FromSeconds(20);

    // What this console has seen and the database does not know yet: a request must not wait for a write.
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _seen = new();

    // Begun while the database could not be written: its user must be able to look.
    private readonly ConcurrentDictionary<Guid, UserSession> _unwritten = new();

    private TimeSpan Idle => options.Value.SignInIdle;

    /// <summary>Begins one for the browser of this request.</summary>
    public async Task<Guid> StartAsync(string userId, HttpContext http, bool withSecondFactor = false)
    {
        var session = sessions.New(userId, http.Connection.RemoteIpAddress?.ToString(), http.Request.Headers.UserAgent.ToString(), withSecondFactor);
        try
        {
            await sessions.AddAsync(session);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            log.SessionNotStored(DatabaseFailure.Cause(e));
            _unwritten[session.Id] = session;
        }
        return session.Id;
    }

    /// <summary>Null when it was ended, was not used for too long, or never was.</summary>
    public async Task<UserSession?> FindLiveAsync(Guid id) =>
        ((await sessions.NotEndedAsync([id])).SingleOrDefault() ?? _unwritten.GetValueOrDefault(id)) is { } session && IsUsed(session) ? session : null;

    /// <summary>The live ones of a user; the one that was used last is the first.</summary>
    public async Task<IReadOnlyList<UserSession>> ListAsync(string userId) => [.. (await sessions.NotEndedAsync(userId)).Where(IsUsed)];

    /// <summary>A request of its user has come.</summary>
    public void Seen(Guid id) => _seen[id] = clock.GetUtcNow();

    /// <summary>Ends one that a person chose.</summary>
    /// <returns>False when it had ended before.</returns>
    /// <exception cref="AuditNotWrittenException">It goes on.</exception>
    public async Task<bool> EndAsync(UserSession session, string userName, string actor)
    {
        var ended = await sessions.EndAsync(session, userName, actor);
        await fleet.EndPagesAsync([session.Id]);
        return ended;
    }

    /// <summary>Ends one whose user has signed out of it.</summary>
    public async Task EndAsync(Guid id)
    {
        _unwritten.TryRemove(id, out _);
        await sessions.EndAsync(id);
        await fleet.EndPagesAsync([id]);
    }

    /// <summary>Ends those of a user whose rights or secrets have changed, but for the one in which the user did it.</summary>
    public async Task EndAllAsync(string userId, Guid? except)
    {
        List<Guid> unwritten = [.. _unwritten.Values.Where(s => s.UserId == userId && s.Id != except).Select(s => s.Id)];
        foreach (var id in unwritten)
            _unwritten.TryRemove(id, out _);
        await fleet.EndPagesAsync([.. await sessions.EndAllAsync(userId, except), .. unwritten]);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await WriteAsync(stoppingToken);
                await EndPagesOfOverAsync(stoppingToken);
            }
            catch (Exception e) when (DatabaseFailure.Is(e))
            {
                // Pages go on looking while the database does not answer; the next look tries again.
            }
        }
    }

    private bool IsUsed(UserSession session) =>
        clock.GetUtcNow() - (_seen.TryGetValue(session.Id, out var seen) && seen > session.LastSeenAt ? seen : session.LastSeenAt) < Idle;

    private async Task WriteAsync(CancellationToken stop)
    {
        foreach (var session in _unwritten.Values)
        {
            await sessions.AddAsync(session, stop);
            _unwritten.TryRemove(session.Id, out _);
        }
        foreach (var stored in _seen.IsEmpty ? [] : await sessions.NotEndedAsync([.. _seen.Keys], stop))
        {
            if (_seen.TryGetValue(stored.Id, out var at) && at - stored.LastSeenAt >= NoteEvery)
                await sessions.SeenAsync(stored.Id, at, stop);
        }
        foreach (var old in _seen.Where(s => clock.GetUtcNow() - s.Value >= Idle))
            _seen.TryRemove(old);
    }

    private async Task EndPagesOfOverAsync(CancellationToken stop)
    {
        var open = pages.Sessions;
        if (open.Count == 0)
            return;
        var live = (await sessions.NotEndedAsync(open, stop)).Where(IsUsed).Select(s => s.Id).ToHashSet();
        pages.End([.. open.Where(id => !live.Contains(id) && !_unwritten.ContainsKey(id))]);
    }
}

/// <summary>The session of a person who is signed in.</summary>
public static class SessionOfPerson
{
    /// <summary>Null for a program, and for one who is not signed in.</summary>
    public static Guid? SessionId(this ClaimsPrincipal person) => Guid.TryParse(person.FindFirstValue(SessionBook.Claim), out var id) ? id : null;

    /// <summary>Gives the browser of this request the cookie of a session.</summary>
    internal static Task SignInAsync(this SignInManager<OpsUser> signIn, OpsUser user, Guid session) =>
        signIn.SignInWithClaimsAsync(user, isPersistent: false, [new(SessionBook.Claim, session.ToString())]);

    /// <summary>After a change of a secret: the session of this request goes on with the new one, all others of the user end.</summary>
    internal static async Task KeepOnlyAsync(this SessionBook sessions, SignInManager<OpsUser> signIn, OpsUser user, ILogger log)
    {
        var present = signIn.Context.User.SessionId() ?? await sessions.StartAsync(user.Id, signIn.Context);
        await signIn.SignInAsync(user, present);
        try
        {
            await sessions.EndAllAsync(user.Id, present);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            // Their cookies name the old secret and are refused within a minute.
            log.SessionsNotEnded(user.UserName!, DatabaseFailure.Cause(e));
        }
    }
}
