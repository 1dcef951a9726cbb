using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Ops.Locks;

namespace Ops.Data;

/// <summary>What an agent reported of a finished operation. A table of its own: lists of operations do not read it.</summary>
public sealed record OperationEvidence
{
    /// <summary>Bytes of a removed file that are kept.</summary>
    public const int LargestContent = 64 * 1024;

    internal static readonly OperationEvidence None = new();

    /// <summary>Key, and the <see cref="Operation"/> it belongs to; set when it is stored.</summary>
    public Guid OperationId { get; init; }

    public string? QuarantinePath { get; init; }

    /// <summary>The first 64 KiB of the file that was taken away.</summary>
    public byte[]? StaleContent { get; init; }

    /// <summary>JSON: its full stat and extended attributes.</summary>
    public string? StaleStat { get; init; }

    /// <summary>JSON: the protocol steps with their times and states.</summary>
    public string? Steps { get; init; }

    /// <summary>What was seen at the name afterwards: which process took the lock next.</summary>
    public string? SettledWith { get; init; }

    /// <summary>JSON: before, after, and which processes were seen in between; see <see cref="SettledWith"/> for the sentence.</summary>
    public string? Settle { get; init; }

    /// <summary>JSON: the file with a ghost writer's bytes on its host, its hash, and the messages that exist nowhere else.</summary>
    public string? Rescued { get; init; }

    /// <summary>Head of the agent's own audit chain after the operation: ties the two logs together.</summary>
    public string? AgentHead { get; init; }

    // What is large goes into the chain as a hash, so that the row can be compared with the entry later.
    internal IEnumerable<(string Name, string? Value)> AuditDetail =>
    [
        ("quarantinePath", QuarantinePath), ("staleContentSha256", Sha256(StaleContent)), ("staleStatSha256", Sha256(StaleStat)), ("stepsSha256", Sha256(Steps)),
        ("settledWith", SettledWith), ("settleSha256", Sha256(Settle)), ("rescuedSha256", Sha256(Rescued)), ("agentHead", AgentHead),
    ];

    /// <summary>As a database takes it: texts without what it refuses, content cut to <see cref="LargestContent"/>.</summary>
    internal OperationEvidence Storable(Guid operation) => this with
    {
        OperationId = operation,
        QuarantinePath = AuditChain.Storable(QuarantinePath),
        StaleContent = StaleContent is { Length: > LargestContent } large ? large[..LargestContent] : StaleContent,
        StaleStat = AuditChain.Storable(StaleStat),
        Steps = AuditChain.Storable(Steps),
        SettledWith = AuditChain.Storable(SettledWith),
        Settle = AuditChain.Storable(Settle),
        Rescued = AuditChain.Storable(Rescued),
        AgentHead = AuditChain.Storable(AgentHead),
    };

    private static string? Sha256(byte[]? bytes) => bytes is null ? null : Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string? Sha256(string? text) => text is null ? null : Sha256(Encoding.UTF8.GetBytes(text));

    internal sealed class Configuration : IEntityTypeConfiguration<OperationEvidence>
    {
        public void Configure(EntityTypeBuilder<OperationEvidence> builder)
        {
            builder.ToTable("OperationEvidence");
            builder.HasKey(e => e.OperationId);
            builder.Property(e => e.OperationId).ValueGeneratedNever();
        }
    }
}
