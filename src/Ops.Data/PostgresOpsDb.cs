using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Ops.Data;

public sealed class PostgresOpsDb(DbContextOptions<PostgresOpsDb> options) : OpsDb(options)
{
    // Any number that no other program on the database uses; "OpsAudit" in ASCII.
    private const long AuditLockKey = 0x4F70734175646974;

    internal override Expression<Func<AuditEntry, bool>> AuditTextIsLike(string pattern) => e =>
        EF.Functions.ILike(e.Actor, pattern, "\\") || EF.Functions.ILike(e.Path!, pattern, "\\") || EF.Functions.ILike(e.Reason!, pattern, "\\")
        || EF.Functions.ILike(e.Outcome!, pattern, "\\") || EF.Functions.ILike(e.Detail!, pattern, "\\");

    internal override async Task<IDbContextTransaction> BeginAuditAsync(CancellationToken stop)
    {
        var transaction = await Database.BeginTransactionAsync(stop);
        await Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({AuditLockKey})", stop);
        return transaction;
    }
}
