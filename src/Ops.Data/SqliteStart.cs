using Microsoft.EntityFrameworkCore;

namespace Ops.Data;

/// <summary>Brings a SQLite file to the current schema, also when an earlier attempt was killed half way.</summary>
internal static class SqliteStart
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    public static async Task MigrateAsync(OpsDb db, string file, CancellationToken stop)
    {
        // EF makes only files it creates itself use the write-ahead log; this one was there, empty, for its mode. The setting stays in the file.
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", stop);
        await using var alone = await TakeTurnAsync(file + ".migrate", stop);
        // EF's own lock is a row that stays when the process is killed, and the next start would wait permanently.
        // We hold a lock that dies with its process, so a row that is there now has no owner.
        await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", stop);
        await db.Database.MigrateAsync(stop);
    }

    private static async Task<FileStream> TakeTurnAsync(string file, CancellationToken stop)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return new(file, DataDirectory.PrivateFile(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException e)
            {
                if (TimeProvider.System.GetElapsedTime(since) > LongestWait)
                    throw new DataDirectoryException($"Another process has held {file} for {LongestWait.TotalSeconds} seconds: is a second console starting there? {e.Message}", e);
                await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
            }
        }
    }
}
