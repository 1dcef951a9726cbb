using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Keeps the sessions of users. Singleton.</summary>
/// <remarks>Who may end whose session is the caller's part. What a person ends is audited with it.</remarks>
public sealed class UserSessions(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    // Long over; the audit has the sign-in.
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    /// <summary>One that begins now and is not stored yet.</summary>
    public UserSession New(string userId, string? address, string? browser, bool withSecondFactor)
    {
        var now = clock.GetUtcNow();
        return new()
        {
            Id = Guid.NewGuid(),
            UserId = userId,
            StartedAt = now,
            LastSeenAt = now,
            Address = Cut(address, UserSession.AddressLengthMax),
            Browser = Cut(browser, UserSession.BrowserLengthMax),
            SecondFactorAt = withSecondFactor ? now : null,
        };
    }

    public async Task AddAsync(UserSession session, CancellationToken stop = default)
    {
        var before = clock.GetUtcNow() - KeptFor;
        await using var db = await contexts.CreateDbContextAsync(stop);
        await db.UserSessions.Where(s => s.LastSeenAt < before).ExecuteDeleteAsync(stop);
        db.Add(session);
        await db.SaveChangesAsync(stop);
    }

    /// <summary>Those of these that exist and were not ended.</summary>
    public async Task<IReadOnlyList<UserSession>> NotEndedAsync(IReadOnlyCollection<Guid> ids, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.UserSessions.AsNoTracking().Where(s => ids.Contains(s.Id) && s.EndedAt == null).ToListAsync(stop);
    }

    /// <summary>Those of a user that were not ended; the one that was seen last is the first.</summary>
    public async Task<IReadOnlyList<UserSession>> NotEndedAsync(string userId, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.UserSessions.AsNoTracking().Where(s => s.UserId == userId && s.EndedAt == null).OrderByDescending(s => s.LastSeenAt).ToListAsync(stop);
    }

    /// <summary>Notes when its user last did something.</summary>
    public async Task SeenAsync(Guid id, DateTimeOffset at, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        await db.UserSessions.Where(s => s.Id == id && s.LastSeenAt < at).ExecuteUpdateAsync(set => set.SetProperty(s => s.LastSeenAt, at), stop);
    }

    /// <summary>Notes that its user has just given a code of the second factor.</summary>
    public async Task StepUpAsync(Guid id, CancellationToken stop = default)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(stop);
        await db.UserSessions.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.SecondFactorAt, now), stop);
    }

    /// <summary>Ends one that an administrator or its own user chose, with its entry in the audit.</summary>
    /// <returns>False when it had ended before.</returns>
    /// <exception cref="AuditNotWrittenException">It goes on.</exception>
    public async Task<bool> EndAsync(UserSession session, string userName, string actor, CancellationToken stop = default)
    {
        var ended = false;
        await audit.ChangeAsync(async (db, token) =>
        {
            var now = clock.GetUtcNow();
            ended = await db.UserSessions.Where(s => s.Id == session.Id && s.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), token) == 1;
            return new()
            {
                Actor = actor,
                Action = AuditActions.UserChanged,
                Outcome = ended ? $"{userName}: session ended" : $"{userName}: session had ended before",
                Detail = new JsonObject { ["session"] = session.Id.ToString(), ["startedAt"] = $"{session.StartedAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}", ["address"] = session.Address }.ToJsonString(),
            };
        }, stop);
        return ended;
    }

    /// <summary>Ends one whose user signs out; the entry of that is the caller's.</summary>
    public async Task EndAsync(Guid id, CancellationToken stop = default)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(stop);
        await db.UserSessions.Where(s => s.Id == id && s.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), stop);
    }

    /// <summary>Ends those of a user whose rights or secrets have changed; the entry of that is the caller's.</summary>
    /// <param name="except">The one in which the user did it.</param>
    /// <returns>Those that had not ended before.</returns>
    public async Task<IReadOnlyList<Guid>> EndAllAsync(string userId, Guid? except, CancellationToken stop = default)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(stop);
        var ids = await db.UserSessions.Where(s => s.UserId == userId && s.EndedAt == null && s.Id != except).Select(s => s.Id).ToListAsync(stop);
        await db.UserSessions.Where(s => ids.Contains(s.Id)).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now), stop);
        return ids;
    }

    // PostgreSQL stores no zero character, and a browser may send anything.
    private static string? Cut(string? text, int most) =>
        text is null ? null : string.Concat(text.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(most));
}
