using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>Takes a code of the second factor again, at a page that is open, for what a code of hours ago is not enough for.</summary>
public sealed class StepUpCommand(Actors actors, SecondFactorCheck check, UserSessions sessions, AuditLog audit, IServiceScopeFactory scopes)
{
    /// <summary>Null when the code was right, else why not.</summary>
    public async Task<string?> ConfirmAsync(ClaimsPrincipal by, string code)
    {
        if (await actors.FindAsync(by) is not { } actor || by.SessionId() is not { } session)
            return "You are no longer signed in.";
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<OpsUser>>();
        try
        {
            if (await users.FindByIdAsync(actor.Id) is not { TwoFactorEnabled: true } user)
                return "You have no second factor.";
            // Counted for this session: guesses at a page that was left open must not shut its user out elsewhere.
            var isRight = await check.TakeAsync(users, user, code, new(users.NormalizeName(actor.Name), null, $"session {session}")) is not null;
            await audit.AppendAsync(new()
            {
                Actor = actor.Name,
                Action = isRight ? AuditActions.SignIn : AuditActions.SignInFailed,
                Outcome = isRight ? "gave a code of the second factor again" : "wrong code of the second factor at an open page, or locked out",
            });
            if (!isRight)
                return SecondFactorCommand.WrongCode;
            await sessions.StepUpAsync(session);
            return null;
        }
        catch (Exception e) when (e is AuditNotWrittenException || DatabaseFailure.Is(e))
        {
            return "The console's database cannot be written at the moment, so no code is accepted.";
        }
    }
}
