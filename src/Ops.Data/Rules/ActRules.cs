using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Who may do what on which hosts, and who else has to agree: kept, changed and audited here. Singleton.</summary>
/// <remarks>Whether the one who changes a rule may do so is the caller's part. Every change and its audit entry are written together, or neither.</remarks>
public sealed class ActRules(IDbContextFactory<OpsDb> contexts, AuditLog audit, TimeProvider clock)
{
    /// <summary>How old the rules may be by which a page is drawn; nothing is done on the strength of them.</summary>
    private static readonly TimeSpan GoodForPages = TimeSpan.FromSeconds(3);

    private volatile Kept? _kept;

    /// <summary>The rules now, from the database: for whatever is about to be done.</summary>
    public async Task<RulesTable> NowAsync(CancellationToken stop = default)
    {
        await using var db = await contexts.CreateDbContextAsync(stop);
        var rights = (await db.ActRights.AsNoTracking().ToListAsync(stop)).ToLookup(r => r.GroupId);
        var approvals = (await db.ApprovalRules.AsNoTracking().ToListAsync(stop)).ToLookup(r => r.GroupId);
        var groups = await db.HostGroups.AsNoTracking().ToListAsync(stop);
        var members = await db.HostGroupMembers.AsNoTracking().ToDictionaryAsync(m => m.HostId, m => m.GroupId, stop);
        var table = new RulesTable(
            [
                .. groups.OrderBy(g => g.Id != HostGroup.DefaultId).ThenBy(g => g.Name, StringComparer.OrdinalIgnoreCase).Select(g => new GroupRules(
                    g.Id, g.Name, g.ActsPerMinute, g.BulkAbove, rights[g.Id].Select(r => (r.Action, r.Subject)).ToHashSet(),
                    approvals[g.Id].ToDictionary(r => r.Action, r => r.Others))),
            ],
            members);
        _kept = new(table, clock.GetUtcNow());
        return table;
    }

    /// <summary>The rules of at most a few seconds ago: for drawing buttons.</summary>
    /// <remarks>While the database cannot be read: those that were read last, or none that allow anything. Pages go on, and what they offer is refused.</remarks>
    public async ValueTask<RulesTable> ForPagesAsync()
    {
        if (_kept is { } kept && clock.GetUtcNow() - kept.At < GoodForPages)
            return kept.Table;
        try
        {
            return await NowAsync();
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return _kept?.Table ?? RulesTable.Nothing;
        }
    }

    /// <summary>Makes a group with the rules of the default one. Null when it is done, else why not.</summary>
    public Task<string?> AddGroupAsync(string name, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        name = name.Trim();
        if (await WrongNameAsync(db, null, name, stop) is { } wrong)
            return wrong;
        var model = await db.HostGroups.SingleAsync(g => g.Id == HostGroup.DefaultId, stop);
        var group = new HostGroup { Id = Guid.CreateVersion7(), Name = name, ActsPerMinute = model.ActsPerMinute, BulkAbove = model.BulkAbove };
        db.Add(group);
        foreach (var right in await db.ActRights.AsNoTracking().Where(r => r.GroupId == model.Id).ToListAsync(stop))
            db.Add(new ActRight { GroupId = group.Id, Action = right.Action, Subject = right.Subject });
        foreach (var rule in await db.ApprovalRules.AsNoTracking().Where(r => r.GroupId == model.Id).ToListAsync(stop))
            db.Add(new ApprovalRule { GroupId = group.Id, Action = rule.Action, Others = rule.Others });
        return new Done($"group '{name}' made");
    });

    /// <summary>Takes a group away; its hosts go back to the default one. Null when it is done, else why not.</summary>
    public Task<string?> RemoveGroupAsync(Guid id, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        if (id == HostGroup.DefaultId)
            return "The default group stays.";
        if (await db.HostGroups.SingleOrDefaultAsync(g => g.Id == id, stop) is not { } group)
            return NoSuchGroup;
        var hosts = await db.HostGroupMembers.CountAsync(m => m.GroupId == id, stop);
        db.Remove(group);
        return new Done(string.Create(CultureInfo.InvariantCulture, $"group '{group.Name}' removed; {hosts} hosts are in the default group now"));
    });

    /// <summary>Name and limits of a group. Null when it is done, else why not.</summary>
    public Task<string?> SetGroupAsync(Guid id, string name, int actsPerMinute, int bulkAbove, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        name = name.Trim();
        if (await db.HostGroups.SingleOrDefaultAsync(g => g.Id == id, stop) is not { } group)
            return NoSuchGroup;
        if (await WrongNameAsync(db, id, name, stop) is { } wrong)
            return wrong;
        if (actsPerMinute is < 1 or > 600)
            return "Acts a minute must be between 1 and 600.";
        if (bulkAbove is < 1 or > 1000)
            return "Rows at once without approval must be between 1 and 1000.";
        var change = string.Create(
            CultureInfo.InvariantCulture,
            $"group '{group.Name}': name '{name}', {actsPerMinute} acts a minute (was {group.ActsPerMinute}), approval above {bulkAbove} rows (was {group.BulkAbove})");
        (group.Name, group.ActsPerMinute, group.BulkAbove) = (name, actsPerMinute, bulkAbove);
        return new Done(change);
    });

    /// <summary>Puts a host into a group. Null when it is done, else why not.</summary>
    public Task<string?> PutHostAsync(string hostId, string hostName, Guid groupId, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        if (await db.HostGroups.SingleOrDefaultAsync(g => g.Id == groupId, stop) is not { } group)
            return NoSuchGroup;
        var member = await db.HostGroupMembers.SingleOrDefaultAsync(m => m.HostId == hostId, stop);
        if (member is not null)
            db.Remove(member);
        if (groupId != HostGroup.DefaultId)
        {
            if (member is not null)
                await db.SaveChangesAsync(stop);
            db.Add(new HostGroupMember { HostId = hostId, GroupId = groupId });
        }
        return new Done($"{hostName} is in group '{group.Name}'") { Host = hostName };
    });

    /// <summary>Allows a role or user one kind of act on the hosts of a group, or takes that back. Null when it is done, else why not.</summary>
    /// <param name="subject">See <see cref="ActRight.Subject"/>.</param>
    /// <param name="subjectName">For the audit: <c>Operator</c>, or the user's name.</param>
    public Task<string?> SetRightAsync(Guid groupId, string action, string subject, string subjectName, bool allowed, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        if (!ActRight.Actions.Contains(action))
            return $"There is no act called '{action}'.";
        if (subject == ActRight.OfRole(OpsRoles.Viewer))
            return "Viewers only look. Give the right to a user by name, or another role to the user.";
        if (await db.HostGroups.SingleOrDefaultAsync(g => g.Id == groupId, stop) is not { } group)
            return NoSuchGroup;
        var right = await db.ActRights.SingleOrDefaultAsync(r => r.GroupId == groupId && r.Action == action && r.Subject == subject, stop);
        if (allowed && right is null)
            db.Add(new ActRight { GroupId = groupId, Action = action, Subject = subject });
        else if (!allowed && right is not null)
            db.Remove(right);
        return new Done($"group '{group.Name}': {subjectName} may {(allowed ? "" : "not ")}{action}");
    });

    /// <summary>How many other people have to agree to one kind of act. Null when it is done, else why not.</summary>
    public Task<string?> SetOthersAsync(Guid groupId, string action, int others, string actor) => ChangeAsync(actor, async (db, stop) =>
    {
        if (!ActRight.Actions.Contains(action))
            return $"There is no act called '{action}'.";
        if (others is < 0 or > ApprovalRule.OthersMax)
            return string.Create(CultureInfo.InvariantCulture, $"Between 0 and {ApprovalRule.OthersMax} other people can be asked for.");
        if (await db.HostGroups.SingleOrDefaultAsync(g => g.Id == groupId, stop) is not { } group)
            return NoSuchGroup;
        var rule = await db.ApprovalRules.SingleOrDefaultAsync(r => r.GroupId == groupId && r.Action == action, stop);
        if (others == 0 && rule is not null)
            db.Remove(rule);
        else if (others > 0 && rule is null)
            db.Add(new ApprovalRule { GroupId = groupId, Action = action, Others = others });
        else if (rule is not null)
            rule.Others = others;
        return new Done(string.Create(CultureInfo.InvariantCulture, $"group '{group.Name}': {action} needs {others} other people"));
    });

    private const string NoSuchGroup = "This group no longer exists.";

    private static async Task<string?> WrongNameAsync(OpsDb db, Guid? id, string name, CancellationToken stop) =>
        name.Length is 0 or > HostGroup.NameLengthMax || name.Any(char.IsControl) ? $"Give the group a name of 1 to {HostGroup.NameLengthMax} characters."
        : await db.HostGroups.AnyAsync(g => g.Name == name && g.Id != id, stop) ? "Another group has this name."
        : null;

    private async Task<string?> ChangeAsync(string actor, Func<OpsDb, CancellationToken, Task<Outcome>> change)
    {
        try
        {
            await audit.ChangeAsync(async (db, stop) => await change(db, stop) switch
            {
                Done done => new AuditDraft { Actor = actor, Action = AuditActions.RulesChanged, Host = done.Host, Outcome = AuditChain.Storable(done.What) },
                Refused refused => throw new ChangeRefusedException(refused.Why),
                _ => throw new System.Diagnostics.UnreachableException(),
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
        finally
        {
            _kept = null;
        }
    }

    private sealed record Kept(RulesTable Table, DateTimeOffset At);

    private abstract record Outcome
    {
        public static implicit operator Outcome(string why) => new Refused(why);
    }

    private sealed record Done(string What) : Outcome
    {
        public string? Host { get; init; }
    }

    private sealed record Refused(string Why) : Outcome;
}
