using System.Globalization;
using System.Security.Claims;
using Ops.Data;

namespace Ops.Web.Features.Break;

/// <summary>Who may ask an agent to change something, and what has to come with the request.</summary>
public static class BreakPolicy
{
    /// <summary>Name of the authorization policy, for <c>[Authorize(Policy = ...)]</c> and <c>AuthorizeView</c>.</summary>
    public const string Name = "MayAct";

    public const int ReasonLengthMin = 3;

    public const int ReasonLengthMax = 500;

    /// <summary>What a role may do. The database is asked again, for the roles of that moment, before anything is done.</summary>
    public static bool May(IEnumerable<string> roles, string action) => roles.Any(role => role switch
    {
        OpsRoles.Admin => true,
        OpsRoles.Operator => action is Acts.Break or Acts.Remove or Acts.Undo or Acts.Ask,
        _ => false,
    });

    /// <inheritdoc cref="May(IEnumerable{string}, string)"/>
    public static bool May(ClaimsPrincipal user, string action) => user.Identity is { IsAuthenticated: true } && May(OpsRoles.All.Where(user.IsInRole), action);

    /// <summary>The pid as it is written, without anything around it.</summary>
    public static bool IsTyped(int pid, string? typed) => typed?.Trim() == pid.ToString(CultureInfo.InvariantCulture);

    /// <summary>Length counts without surrounding spaces.</summary>
    public static bool IsUsableReason(string? reason) => reason?.Trim().Length is >= ReasonLengthMin and <= ReasonLengthMax;
}
