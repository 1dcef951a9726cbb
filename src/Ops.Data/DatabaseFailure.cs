using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>What is thrown when the database cannot be read or written: a full or broken disk, a lock that is held too long, a server that does not answer.</summary>
public static class DatabaseFailure
{
    /// <summary>Whether an exception says that the database cannot be used now. EF Core wraps some of a server's in <see cref="InvalidOperationException"/>.</summary>
    public static bool Is(Exception e) => e is DbException or DbUpdateException or InvalidOperationException { InnerException: DbException };

    /// <summary>The cause in one line, without the wrapping.</summary>
    public static string Cause(Exception e) => (e.InnerException is DbException inner ? inner : e).Message.Split('\n', 2)[0].TrimEnd();

    // An open SQLite connection keeps its files: after a repair they are those of a file system that is gone.
    internal static void ForgetConnections(OpsDb db)
    {
        if (db.Database.GetDbConnection() is SqliteConnection sqlite)
            SqliteConnection.ClearPool(sqlite);
    }
}
