using System.Collections.Immutable;
using System.Security.Claims;
using Ops.Data;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;

namespace Ops.Web.Features.Acts.Requests;

/// <summary>The uses of break-glass that everyone is notified of.</summary>
public sealed record LoudUses(ImmutableList<BreakGlassUse> Uses)
{
    public static LoudUses None { get; } = new([]);
}

/// <summary>Acts without those who should have agreed: written down before, reported to everyone after, until another administrator acknowledges or a day is over.</summary>
public sealed class BreakGlassBook(BreakGlassLog log, Actors actors, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly LiveValue<LoudUses> _loud = new(LoudUses.None);

    public LoudUses Current => _loud.Current;

    public StateSubscription<LoudUses> Follow(CancellationToken stop = default) => _loud.Follow(stop);

    /// <exception cref="AuditNotWrittenException">Do nothing.</exception>
    internal async Task RecordAsync(BreakGlassUse use)
    {
        await log.RecordAsync(use);
        _loud.Update(loud => new(loud.Uses.Insert(0, use)));
    }

    /// <summary>Null when it is acknowledged; else why not.</summary>
    public async Task<string?> AcknowledgeAsync(ClaimsPrincipal user, Guid id)
    {
        if (await actors.FindAsync(user) is not { IsAdministrator: true } actor)
            return "Only administrators can acknowledge it.";
        if (await log.AcknowledgeAsync(id, actor.Id, actor.Name) is { } why)
            return why;
        _loud.Update(loud => new(loud.Uses.RemoveAll(u => u.Id == id)));
        return null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        do
        {
            try
            {
                var asked = clock.GetUtcNow();
                var stored = await log.LoudAsync(stoppingToken);
                // Only a difference is news to those who follow.
                _loud.Update(loud =>
                {
                    IReadOnlyList<BreakGlassUse> now = [.. loud.Uses.Where(u => u.At >= asked && stored.All(s => s.Id != u.Id)), .. stored];
                    return now.Select(u => u.Id).SequenceEqual(loud.Uses.Select(u => u.Id)) ? loud : new([.. now]);
                });
            }
            catch (Exception e) when (DatabaseFailure.Is(e))
            {
                // What is shown stays shown; the next look tries again.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
