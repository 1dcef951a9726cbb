using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Channels and mutes, as of one moment.</summary>
public sealed record AlertSetup(IReadOnlyList<AlertChannel> Channels, IReadOnlyList<AlertMuteRow> Mutes);

/// <summary>Keeps channels, mutes, what is pending for each channel, and the log of deliveries. Singleton.</summary>
/// <remarks>Whether the one who changes something may do so is the caller's part. Each change of a channel or mute and its audit entry are written together, or neither.</remarks>
public sealed class AlertStore(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    public const int MostChannels = 20, MostMutes = 100, LongestReason = 200;

    /// <summary>How long the log of deliveries, and what is settled, is kept.</summary>
    public static readonly TimeSpan LogKept = TimeSpan.FromDays(30), SettledKept = TimeSpan.FromDays(2);

    public async Task<AlertSetup> SetupAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return new(
            [.. (await db.Set<AlertChannel>().AsNoTracking().ToListAsync(stop)).OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase)],
            await db.Set<AlertMuteRow>().AsNoTracking().Where(m => m.Until > now).OrderBy(m => m.Until).ToListAsync(stop));
    }

    /// <summary>Adds a channel, or puts it in the place of the one with its id. Null when it is done, else why not.</summary>
    /// <param name="whatChanged">For the audit; names no secret.</param>
    public Task<string?> PutChannelAsync(AlertChannel channel, string whatChanged, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        channel.Name = channel.Name.Trim();
        if (channel.Name.Length is 0 or > AlertChannel.NameLengthMax || channel.Name.Any(char.IsControl))
            throw new ChangeRefusedException($"Give the channel a name of 1 to {AlertChannel.NameLengthMax} characters.");
        if (await db.Set<AlertChannel>().AnyAsync(c => c.Name == channel.Name && c.Id != channel.Id, stop))
            throw new ChangeRefusedException("Another channel has this name.");
        if (await db.Set<AlertChannel>().SingleOrDefaultAsync(c => c.Id == channel.Id, stop) is { } known)
        {
            channel.Since = channel.IsEnabled && !known.IsEnabled ? clock.GetUtcNow().ToUnixTimeMilliseconds() : known.Since;
            db.Entry(known).CurrentValues.SetValues(channel);
            return $"channel '{channel.Name}': {whatChanged}";
        }
        if (await db.Set<AlertChannel>().CountAsync(stop) >= MostChannels)
            throw new ChangeRefusedException(string.Create(CultureInfo.InvariantCulture, $"There are {MostChannels} channels already."));
        channel.Since = clock.GetUtcNow().ToUnixTimeMilliseconds();
        db.Add(channel);
        return $"channel '{channel.Name}' made: {whatChanged}";
    });

    /// <summary>Null when it is done, else why not.</summary>
    public Task<string?> RemoveChannelAsync(Guid id, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        var channel = await db.Set<AlertChannel>().SingleOrDefaultAsync(c => c.Id == id, stop) ?? throw new ChangeRefusedException("This channel no longer exists.");
        db.Remove(channel);
        return $"channel '{channel.Name}' removed";
    });

    /// <summary>Null when it is done, else why not.</summary>
    public Task<string?> MuteAsync(AlertMuteRow mute) => ChangeAsync(mute.Actor, async (db, stop) =>
    {
        mute.Reason = AuditChain.Storable(mute.Reason.Trim())!;
        if (mute.Reason.Length is 0 or > LongestReason)
            throw new ChangeRefusedException($"Give a reason of 1 to {LongestReason} characters.");
        if (mute.Until <= clock.GetUtcNow().ToUnixTimeMilliseconds())
            throw new ChangeRefusedException("A mute ends in the future.");
        if (await db.Set<AlertMuteRow>().CountAsync(stop) >= MostMutes)
            throw new ChangeRefusedException("There are too many mutes. End some first.");
        db.Add(mute);
        return $"muted until {DateTimeOffset.FromUnixTimeMilliseconds(mute.Until).UtcDateTime:yyyy-MM-dd HH:mm} UTC: {mute.Rule ?? "every rule"} on {mute.Host ?? "every host"}";
    }, mute.Reason, mute.Host);

    /// <summary>Null when it is done, else why not.</summary>
    public Task<string?> UnmuteAsync(Guid id, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        var mute = await db.Set<AlertMuteRow>().SingleOrDefaultAsync(m => m.Id == id, stop) ?? throw new ChangeRefusedException("This mute is over.");
        db.Remove(mute);
        return $"no longer muted: {mute.Rule ?? "every rule"} on {mute.Host ?? "every host"}";
    });

    /// <summary>Records in the audit that a person had a test message sent. Null when it is done, else why not.</summary>
    public Task<string?> TestedAsync(string channel, string actor) => ChangeAsync(actor, (_, _) => Task.FromResult($"channel '{channel}': test message sent"));

    /// <summary>What is pending, and what was settled lately enough for its incident to be still known to the console.</summary>
    public async Task<IReadOnlyList<AlertPost>> PostsAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var since = (clock.GetUtcNow() - SettledKept).ToUnixTimeMilliseconds();
        return await db.Set<AlertPost>().AsNoTracking().Where(p => !p.IsSettled || p.ClosedAt >= since).ToListAsync(stop);
    }

    /// <summary>Puts posts in the place of those stored, and adds to the log. Posts of a channel that is gone are left out.</summary>
    public async Task SaveAsync(IReadOnlyCollection<AlertPost> posts, IReadOnlyCollection<AlertDelivery> deliveries, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(stop);
            var channels = await db.Set<AlertChannel>().Select(c => c.Id).ToListAsync(stop);
            foreach (var ofChannel in posts.Where(p => channels.Contains(p.ChannelId)).GroupBy(p => p.ChannelId))
            {
                Guid[] ids = [.. ofChannel.Select(p => p.IncidentId)];
                var known = await db.Set<AlertPost>().Where(p => p.ChannelId == ofChannel.Key && ids.Contains(p.IncidentId)).ToDictionaryAsync(p => p.IncidentId, stop);
                foreach (var post in ofChannel)
                {
                    if (known.TryGetValue(post.IncidentId, out var stored))
                        db.Entry(stored).CurrentValues.SetValues(post);
                    else
                        db.Add(post);
                }
            }
            Guid[] logged = [.. deliveries.Select(d => d.Id)];
            var twice = await db.Set<AlertDelivery>().Where(d => logged.Contains(d.Id)).Select(d => d.Id).ToListAsync(stop);
            db.AddRange(deliveries.Where(d => !twice.Contains(d.Id)));
            await db.SaveChangesAsync(stop);
            await transaction.CommitAsync(stop);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            DatabaseFailure.ForgetConnections(db);
            throw;
        }
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<AlertDelivery>> DeliveriesAsync(int take, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        return await db.Set<AlertDelivery>().AsNoTracking().OrderByDescending(d => d.At).Take(take).ToListAsync(stop);
    }

    /// <summary>Removes what is older than it is kept.</summary>
    public async Task PruneAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var now = clock.GetUtcNow();
        long log = (now - LogKept).ToUnixTimeMilliseconds(), settled = (now - SettledKept).ToUnixTimeMilliseconds(), over = now.ToUnixTimeMilliseconds();
        await db.Set<AlertDelivery>().Where(d => d.At < log).ExecuteDeleteAsync(stop);
        await db.Set<AlertPost>().Where(p => p.IsSettled && p.ClosedAt < settled).ExecuteDeleteAsync(stop);
        await db.Set<AlertMuteRow>().Where(m => m.Until <= over).ExecuteDeleteAsync(stop);
    }

    private async Task<string?> ChangeAsync(string actor, Func<OpsDb, CancellationToken, Task<string>> change, string? reason = null, string? host = null)
    {
        try
        {
            await audit.ChangeAsync(async (db, stop) => new()
            {
                Actor = actor,
                Action = AuditActions.AlertsChanged,
                Host = host,
                Outcome = AuditChain.Storable(await change(db, stop)),
                Reason = reason,
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
}
