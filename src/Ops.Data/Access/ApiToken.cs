using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Ops.Data;

/// <summary>Opens the REST API to a program, and nothing else. Its label says which program that is.</summary>
public sealed class ApiToken : AccessSecret
{
    /// <summary>Words of <see cref="ApiRights"/>, separated by spaces. One that this version does not know gives nothing.</summary>
    public required string Rights { get; set; }

    /// <summary>The right in whole words, so that a longer word of a later version is not taken for it.</summary>
    public bool Has(string right) => Rights.Split(' ').Contains(right, StringComparer.Ordinal);

    /// <summary>Id of the user in whose name it acts; null when it only reads.</summary>
    public string? ActsFor => Rights.Split(' ').Select(ApiRights.UserOf).FirstOrDefault(user => user is not null);

    internal sealed class Configuration : IEntityTypeConfiguration<ApiToken>
    {
        public void Configure(EntityTypeBuilder<ApiToken> builder)
        {
            builder.Property(t => t.Id).ValueGeneratedNever();
            builder.HasIndex(t => t.Hash).IsUnique();
        }
    }
}

/// <summary>What a token of the API may do.</summary>
public static class ApiRights
{
    private const string Of = ":";

    /// <summary>What a viewer may see on the pages.</summary>
    public const string Read = "read";

    /// <summary>To act in the name of a user.</summary>
    public const string Act = "act";

    /// <summary>The right to act and the id of the user, in one word: neither is there without the other. The rules and approvals of acts ask for a person.</summary>
    public static string ActFor(string userId) => Act + Of + userId;

    /// <summary>Id of the user in whose name this word allows to act; null for any other word.</summary>
    internal static string? UserOf(string word) => word.Split(Of, 2) is [Act, { Length: > 0 } user] ? user : null;
}
