using System.Security.Claims;
using Ops.Data;

namespace Ops.Web.Features.SignIn;

/// <summary>Makes and revokes secrets of one kind. For administrators; Ops.Data writes the audit with each change.</summary>
/// <param name="words">What the kind is called in refusals.</param>
public abstract class AccessCommand<T>(Actors actors, AccessSecrets<T> secrets, TimeProvider clock, AccessWords words)
    where T : AccessSecret
{
    public const int LabelLengthMax = 100;

    public bool IsGood(AccessSecret secret) => secret.IsGood(clock.GetUtcNow());

    public Task<IReadOnlyList<T>> ListAsync() => secrets.ListAsync();

    /// <summary>Null when it is done, else why not. It opens nothing from the next request on.</summary>
    public async Task<string?> RevokeAsync(ClaimsPrincipal by, Guid id)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return $"Only administrators can revoke {words.Many}.";
        try
        {
            return await secrets.RevokeAsync(id, actor.Name) ? null : $"This {words.One} was revoked before.";
        }
        catch (AuditNotWrittenException)
        {
            return $"The audit could not be written, so the {words.One} is still good.";
        }
    }

    /// <summary>The token, which can be read this once; or why there is none.</summary>
    public Task<(string? Plain, string? Refusal)> CreateAsync(ClaimsPrincipal by, string label, int days) =>
        CreateAsync(by, label, days, async (label, lifetime, actor) => (await secrets.CreateAsync(label, lifetime, actor.Name)).Plain);

    private protected async Task<(string? Plain, string? Refusal)> CreateAsync(ClaimsPrincipal by, string label, int days, Func<string, TimeSpan, Actor, Task<string>> create)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return (null, $"Only administrators can make {words.Many}.");
        // A token that acts is not asked for codes.
        if (actor.NeedsFreshCode)
            return (null, SecondFactorRule.FreshCodeNeeded);
        label = label.Trim();
        if (label.Length is 0 or > LabelLengthMax || label.Any(char.IsControl))
            return (null, $"Say in 1 to {LabelLengthMax} characters {words.Label}.");
        if (!AccessLifetimes.Days.Contains(days))
            return (null, $"Choose how long the {words.One} is good for.");
        try
        {
            return (await create(label, TimeSpan.FromDays(days), actor), null);
        }
        catch (AuditNotWrittenException)
        {
            return (null, $"The audit could not be written, so no {words.One} was made.");
        }
    }
}

/// <summary>How long a secret may be good for.</summary>
public static class AccessLifetimes
{
    public static IReadOnlyList<int> Days { get; } = [1, 30, 365];
}

/// <param name="One">"link".</param>
/// <param name="Many">"wallboard links".</param>
/// <param name="Label">What the label says: "where the screen is".</param>
public sealed record AccessWords(string One, string Many, string Label);
