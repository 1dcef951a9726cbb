using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Shared;

namespace Ops.Web.Features.Wall;

/// <summary>Makes and revokes the links of wallboards. For administrators; Ops.Data writes the audit with each change.</summary>
public sealed class WallCommand(Actors actors, WallLinks links, TimeProvider clock)
{
    public const int LabelLengthMax = 100;

    /// <summary>How long a link may be good for, in days.</summary>
    public static IReadOnlyList<int> Lifetimes { get; } = [1, 30, 365];

    public bool IsGood(WallLink link) => link.IsGood(clock.GetUtcNow());

    public Task<IReadOnlyList<WallLink>> ListAsync() => links.ListAsync();

    /// <summary>The address with the token, which can be read this once; or why there is none.</summary>
    public async Task<(string? Address, string? Refusal)> CreateAsync(ClaimsPrincipal by, string label, int days, string theme, string consoleAddress)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return (null, "Only administrators can make wallboard links.");
        label = label.Trim();
        if (label.Length is 0 or > LabelLengthMax || label.Any(char.IsControl))
            return (null, $"Say in 1 to {LabelLengthMax} characters where the screen is.");
        if (!Lifetimes.Contains(days))
            return (null, "Choose how long the link is good for.");
        try
        {
            var (_, plain) = await links.CreateAsync(label, TimeSpan.FromDays(days), actor.Name);
            return (consoleAddress.TrimEnd('/') + Addresses.WithQuery(WallEndpoint.Address, (WallScheme.Query, plain), ("theme", theme)), null);
        }
        catch (AuditNotWrittenException)
        {
            return (null, "The audit could not be written, so no link was made.");
        }
    }

    /// <summary>Null when it is done, else why not. A screen that shows the board loses it at its next look, within seconds.</summary>
    public async Task<string?> RevokeAsync(ClaimsPrincipal by, Guid id)
    {
        if (await actors.FindAsync(by) is not { IsAdministrator: true } actor)
            return "Only administrators can revoke wallboard links.";
        try
        {
            return await links.RevokeAsync(id, actor.Name) ? null : "This link was revoked before.";
        }
        catch (AuditNotWrittenException)
        {
            return "The audit could not be written, so the link is still good.";
        }
    }
}
