using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Ops.Locks;

namespace Ops.Data;

/// <summary>An act that an administrator did without those who should have agreed.</summary>
public sealed class BreakGlassUse
{
    /// <summary>Until it is acknowledged, it is shown to every user.</summary>
    public static readonly TimeSpan LoudFor = TimeSpan.FromHours(24);

    /// <summary>Of the operation.</summary>
    public Guid Id { get; set; }

    /// <summary>User id; may not be the one who acknowledges.</summary>
    public required string ActorId { get; set; }

    public required string Actor { get; set; }

    public DateTimeOffset At { get; set; }

    public required string Action { get; set; }

    public required string Host { get; set; }

    public required string Path { get; set; }

    public required string Justification { get; set; }

    public string? SeenBy { get; set; }

    public DateTimeOffset? SeenAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<BreakGlassUse>
    {
        public void Configure(EntityTypeBuilder<BreakGlassUse> builder)
        {
            builder.Property(u => u.Id).ValueGeneratedNever();
            builder.HasIndex(u => u.At);
        }
    }
}

/// <summary>Keeps every use of break-glass, before the act, and who acknowledged it. Singleton.</summary>
public sealed class BreakGlassLog(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    /// <exception cref="AuditNotWrittenException">Do nothing.</exception>
    public Task RecordAsync(BreakGlassUse use, CancellationToken stop = default)
    {
        use.At = clock.GetUtcNow();
        use.Justification = AuditChain.Storable(use.Justification)!;
        use.Path = AuditChain.Storable(use.Path)!;
        return audit.ChangeAsync(
            (db, _) =>
            {
                db.Add(use);
                return Task.FromResult(Draft(use, AuditActions.BreakGlass, use.Actor, "without approval") with { Reason = use.Justification });
            },
            stop);
    }

    /// <summary>Those still shown to every user, newest first.</summary>
    public async Task<IReadOnlyList<BreakGlassUse>> LoudAsync(CancellationToken stop = default)
    {
        var since = clock.GetUtcNow() - BreakGlassUse.LoudFor;
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.BreakGlassUses.AsNoTracking().Where(u => u.SeenBy == null && u.At > since).OrderByDescending(u => u.At).ToListAsync(stop);
    }

    /// <summary>Null when it is done, else why not. That the person is an administrator is the caller's part.</summary>
    public async Task<string?> AcknowledgeAsync(Guid id, string byId, string by)
    {
        try
        {
            await audit.ChangeAsync(async (db, stop) =>
            {
                var use = await db.BreakGlassUses.SingleOrDefaultAsync(u => u.Id == id, stop);
                if (use is null or { SeenBy: not null })
                    throw new ChangeRefusedException("It was already acknowledged.");
                if (use.ActorId == byId)
                    throw new ChangeRefusedException("Another administrator must acknowledge it.");
                (use.SeenBy, use.SeenAt) = (by, clock.GetUtcNow());
                return Draft(use, AuditActions.BreakGlassSeen, by, "acknowledged");
            });
            return null;
        }
        catch (ChangeRefusedException e)
        {
            return e.Message;
        }
        catch (AuditNotWrittenException)
        {
            return "The audit could not be written, so nothing was changed.";
        }
    }

    private static AuditDraft Draft(BreakGlassUse use, string action, string actor, string outcome) => new()
    {
        Actor = actor,
        Action = action,
        Host = use.Host,
        Path = use.Path,
        Outcome = outcome,
        OperationId = use.Id,
        Detail = new JsonObject { ["action"] = use.Action, ["by"] = use.Actor }.ToJsonString(),
    };
}
