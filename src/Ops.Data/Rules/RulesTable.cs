namespace Ops.Data;

/// <summary>The rules of one group at one moment.</summary>
/// <param name="Rights">Action and subject of each <see cref="ActRight"/>.</param>
/// <param name="Others">How many other people, by action; what is not named needs none.</param>
public sealed record GroupRules(
    Guid Id, string Name, int ActsPerMinute, int BulkAbove, IReadOnlySet<(string Action, string Subject)> Rights, IReadOnlyDictionary<string, int> Others)
{
    /// <summary>Whether one of the roles or the user personally may do this.</summary>
    public bool May(string userId, IEnumerable<string> roles, string action) =>
        Rights.Contains((action, ActRight.OfUser(userId))) || roles.Any(r => Rights.Contains((action, ActRight.OfRole(r))));

    /// <summary>How many people other than the actor have to agree.</summary>
    /// <param name="rows">Rows that are to be acted on at once.</param>
    /// <param name="hostWants">What the host's own policy file demands for this action; the stricter of both holds.</param>
    public int OthersFor(string action, int rows = 1, int hostWants = 0) =>
        Math.Max(Math.Max(Others.GetValueOrDefault(action), hostWants), rows > BulkAbove ? 1 : 0);
}

/// <summary>All rules of the console at one moment; never changes.</summary>
/// <param name="Groups">The default group first, then by name.</param>
/// <param name="Members">Group by host id; a host that is not named is in the default group.</param>
public sealed record RulesTable(IReadOnlyList<GroupRules> Groups, IReadOnlyDictionary<string, Guid> Members)
{
    /// <summary>Allows no person anything.</summary>
    public static RulesTable Nothing { get; } =
        new([new(HostGroup.DefaultId, "", 0, 0, new HashSet<(string, string)>(), new Dictionary<string, int>())], new Dictionary<string, Guid>());

    public GroupRules Of(string hostId)
    {
        var id = Members.GetValueOrDefault(hostId, HostGroup.DefaultId);
        return Groups.FirstOrDefault(g => g.Id == id) ?? Groups.First(g => g.Id == HostGroup.DefaultId);
    }
}
