using System.Security.Claims;
using Ops.Data;
using Ops.Web.Shared;

namespace Ops.Web.Features.Acts;

/// <summary>What a person may do on one host, by the words of the acts.</summary>
public sealed record ActRights(IReadOnlySet<string> Words)
{
    public static ActRights None { get; } = new(new HashSet<string>());

    public bool May(string action) => Words.Contains(action);

    /// <summary>From the claims of a page, which may be a minute behind the database.</summary>
    public static ActRights Of(ClaimsPrincipal user, GroupRules rules)
    {
        if (user.Identity is not { IsAuthenticated: true })
            return None;
        var id = user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";
        var roles = OpsRoles.All.Where(user.IsInRole).ToList();
        return new(Act.All.Select(a => a.Word).Where(word => rules.May(id, roles, word)).ToHashSet(StringComparer.Ordinal));
    }
}
