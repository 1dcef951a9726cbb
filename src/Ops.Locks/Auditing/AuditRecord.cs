using System.Text.Json.Serialization;

namespace Ops.Locks;

/// <summary>One entry of an audit chain, wherever it is kept: the console's database, an agent's journal or an exported file.</summary>
public sealed record AuditRecord
{
    /// <summary>Which canonical encoding <see cref="Hash"/> was computed over; see <see cref="AuditChain.Encode"/>.</summary>
    public required byte Version { get; init; }

    /// <summary>1, 2, 3 ... without a gap.</summary>
    public required long Sequence { get; init; }

    /// <summary>UTC, whole microseconds (what every database we use can keep).</summary>
    [JsonConverter(typeof(UtcMicrosecondsConverter))]
    public required DateTimeOffset At { get; init; }

    /// <summary>The signed-in user, or the program that acted by itself.</summary>
    public required string Actor { get; init; }

    /// <summary>One of <see cref="AuditActions"/>.</summary>
    public required string Action { get; init; }

    public string? Host { get; init; }

    public string? Path { get; init; }

    public string? Outcome { get; init; }

    public string? Reason { get; init; }

    public Guid? OperationId { get; init; }

    /// <summary>JSON text; hashed as the text it is, so it must be kept as text.</summary>
    public string? Detail { get; init; }

    /// <summary><see cref="Hash"/> of the entry before; 64 zeros in the first.</summary>
    public required string PreviousHash { get; init; }

    /// <summary>SHA-256 in lower-case hex.</summary>
    public required string Hash { get; init; }
}

/// <summary>What happened, before it has a place in a chain.</summary>
public sealed record AuditDraft
{
    public required string Actor { get; init; }

    public required string Action { get; init; }

    public string? Host { get; init; }

    public string? Path { get; init; }

    public string? Outcome { get; init; }

    public string? Reason { get; init; }

    public Guid? OperationId { get; init; }

    public string? Detail { get; init; }
}
