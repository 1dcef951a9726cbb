using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>A session as pages show it.</summary>
/// <param name="IsThis">It is the one of the person who asks.</param>
public sealed record SessionRow(Guid Id, DateTimeOffset StartedAt, DateTimeOffset LastSeenAt, string Address, string Browser, bool IsThis);

/// <summary>Lists and ends sessions: one's own, and for administrators those of every user.</summary>
public sealed class SessionsCommand(Actors actors, SessionBook sessions, IServiceScopeFactory scopes)
{
    /// <summary>Empty for one who may not see them.</summary>
    public async Task<IReadOnlyList<SessionRow>> ListAsync(ClaimsPrincipal by, string? userId = null)
    {
        if (await actors.FindAsync(by) is not { } actor || (userId is not null && userId != actor.Id && !actor.IsAdministrator))
            return [];
        return [.. (await sessions.ListAsync(userId ?? actor.Id)).Select(s => new SessionRow(s.Id, s.StartedAt, s.LastSeenAt, s.Address ?? "unknown", BrowserName.Of(s.Browser), s.Id == by.SessionId()))];
    }

    /// <summary>Null when it is done, else why not.</summary>
    public async Task<string?> EndAsync(ClaimsPrincipal by, Guid id)
    {
        const string NoSuch = "This session has ended.";
        if (await actors.FindAsync(by) is not { } actor)
            return "You are no longer signed in.";
        // The same answer where it is another user's: which ids exist is not theirs to know.
        if (await sessions.FindLiveAsync(id) is not { } session || (session.UserId != actor.Id && !actor.IsAdministrator))
            return NoSuch;
        await using var scope = scopes.CreateAsyncScope();
        var name = (await scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>().FindByIdAsync(session.UserId))?.UserName ?? session.UserId;
        try
        {
            return await sessions.EndAsync(session, name, actor.Name) ? null : NoSuch;
        }
        catch (AuditNotWrittenException)
        {
            return "The audit could not be written, so the session goes on.";
        }
    }
}
