using System.Security.Claims;

namespace Ops.Web.Features.Break;

/// <summary>Who may ask an agent to change something, and what has to come with the request.</summary>
public static class BreakPolicy
{
    /// <summary>Name of the authorization policy, for <c>[Authorize(Policy = ...)]</c> and <c>AuthorizeView</c>.</summary>
    public const string Name = "MayAct";

    public const int ReasonLengthMin = 3;

    public const int ReasonLengthMax = 500;

    /// <summary>From the claims of the page; the command asks the database again before it acts.</summary>
    public static bool MayAct(ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true } && (user.IsInRole("Operator") || user.IsInRole("Admin"));

    /// <summary>Length counts without surrounding spaces.</summary>
    public static bool IsUsableReason(string? reason) => reason?.Trim().Length is >= ReasonLengthMin and <= ReasonLengthMax;
}
