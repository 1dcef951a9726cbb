using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>Sees to it that a code is accepted once, whichever console it is given to. Singleton.</summary>
/// <remarks>A table of its own: the row of a user is written as a whole at each change of the user, perhaps as it was read before.</remarks>
public sealed class TotpUses(IDbContextFactory<OpsDb> contexts)
{
    /// <summary>False when this code or a later one was used. Of any number of simultaneous calls for one code one gets true.</summary>
    public async Task<bool> TryTakeAsync(string userId, long step, CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        if (await db.TotpUses.Where(u => u.UserId == userId && u.Step < step).ExecuteUpdateAsync(set => set.SetProperty(u => u.Step, step), stop) == 1)
            return true;
        if (await db.TotpUses.AnyAsync(u => u.UserId == userId, stop))
            return false;
        try
        {
            db.Add(new TotpUse { UserId = userId, Step = step });
            await db.SaveChangesAsync(stop);
            return true;
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            return false; // the first code of this user, given twice at once
        }
    }
}
