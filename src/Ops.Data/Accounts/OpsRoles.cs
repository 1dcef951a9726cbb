using Microsoft.AspNetCore.Identity;

namespace Ops.Data;

/// <summary>What a user may do; an administrator is given all that the roles before allow by the console's policies.</summary>
public static class OpsRoles
{
    /// <summary>Looks, changes nothing.</summary>
    public const string Viewer = "Viewer";

    /// <summary>Breaks, removes and undoes.</summary>
    public const string Operator = "Operator";

    /// <summary>Also keeps users and agent tokens.</summary>
    public const string Admin = "Admin";

    /// <summary>From least to most.</summary>
    public static IReadOnlyList<string> All { get; } = [Viewer, Operator, Admin];

    // Ids and stamps are fixed: random ones would make every build a pending model change.
    internal static IdentityRole[] Seed() =>
    [
        Role("c1b6f0f4-5d0e-4c53-8d9f-0d1f6f7a1a01", Viewer),
        Role("c1b6f0f4-5d0e-4c53-8d9f-0d1f6f7a1a02", Operator),
        Role("c1b6f0f4-5d0e-4c53-8d9f-0d1f6f7a1a03", Admin),
    ];

    private static IdentityRole Role(string id, string name) =>
        new() { Id = id, Name = name, NormalizedName = name.ToUpperInvariant(), ConcurrencyStamp = id };
}
