namespace Ops.Data;

/// <summary>Opens one part of the console to something that is no person who signs in; only the hash of the secret is kept.</summary>
public abstract class AccessSecret
{
    public Guid Id { get; set; }

    /// <summary>What it is for, as the administrator calls it.</summary>
    public required string Label { get; set; }

    /// <summary>SHA-256 of the token.</summary>
    public required byte[] Hash { get; set; }

    public required string CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>To the minute: a screen or a script asks every few seconds.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    public bool IsGood(DateTimeOffset now) => RevokedAt is null && now < ExpiresAt;
}
