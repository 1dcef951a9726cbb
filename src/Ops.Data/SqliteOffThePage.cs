using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Ops.Data;

/// <summary>Takes every SQLite call of a page off the page's own thread of execution, so that a database locked by another program does not freeze what the page shows.</summary>
/// <remarks>
/// Microsoft.Data.Sqlite has no asynchronous calls: its <c>…Async</c> methods block until SQLite answers, up to 30 seconds while another program writes
/// (learn.microsoft.com/dotnet/standard/data/sqlite/async). A circuit draws nothing before its event handler first waits, so "Starting" was never seen and no key
/// was answered. EF Core goes on where an interceptor ended, and each of its calls passes one of these. Code without a synchronization context is already
/// on a pool thread and stays there.
/// </remarks>
internal sealed class SqliteOffThePage : DbCommandInterceptor, IDbConnectionInterceptor, IDbTransactionInterceptor
{
    public static SqliteOffThePage Instance { get; } = new();

    public async ValueTask<InterceptionResult> ConnectionOpeningAsync(DbConnection connection, ConnectionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await LeaveAsync();
        return result;
    }

    public async ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result, CancellationToken cancellationToken = default)
    {
        await LeaveAsync();
        return result;
    }

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await LeaveAsync();
        return result;
    }

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        await LeaveAsync();
        return result;
    }

    public override async ValueTask<InterceptionResult<object>> ScalarExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
    {
        await LeaveAsync();
        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await LeaveAsync();
        return result;
    }

    private static Task LeaveAsync() => SynchronizationContext.Current is null ? Task.CompletedTask : YieldAsync();

    private static async Task YieldAsync() => await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
