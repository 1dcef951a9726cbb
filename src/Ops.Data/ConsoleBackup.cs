using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Ops.Locks;

namespace Ops.Data;

/// <summary>Copies what a console keeps (database, head of the audit, keys) into a directory, also while it runs, and back. Each copy is read again: its chain must be intact.</summary>
public static class ConsoleBackup
{
    /// <summary>Makes a backup.</summary>
    /// <param name="target">Made for the caller alone; an existing one must be empty.</param>
    /// <exception cref="DataDirectoryException">It cannot be made; the message says why.</exception>
    public static async Task<AuditVerification> SaveAsync(string provider, string? connectionString, string dataDirectory, string target, CancellationToken stop = default)
    {
        var place = DatabasePlace.From(provider, connectionString, Path.GetFullPath(dataDirectory));
        if (place.SqliteFile is not { } database)
            throw new DataDirectoryException($"The database is PostgreSQL: copy {Path.Join(place.DataDirectory, HeadAnchor.FileName)} first, then use pg_dump. Its keys are in the database too.");
        if (!File.Exists(database))
            throw new DataDirectoryException($"There is no console's database at {database}.");
        target = Path.GetFullPath(target);
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new DataDirectoryException($"{target} is not empty; a backup needs a directory of its own.");
        // First the head: an entry that is written while we copy then makes it lag, which is no alarm. It must never lead.
        await CopyAsync(place.DataDirectory, target, () => CopyDatabase(database, Path.Join(target, DatabasePlace.FileName)));
        return await VerifyAsync(target, stop);
    }

    /// <summary>Puts a backup into the data directory of a console that has no database yet.</summary>
    /// <exception cref="DataDirectoryException">It cannot be done, or the chain of the backup is broken: then nothing was copied.</exception>
    public static async Task<AuditVerification> RestoreAsync(string provider, string? connectionString, string dataDirectory, string source, CancellationToken stop = default)
    {
        var place = DatabasePlace.From(provider, connectionString, Path.GetFullPath(dataDirectory));
        if (place.SqliteFile is not { } database)
            throw new DataDirectoryException("The database is PostgreSQL: restore it with pg_restore, then copy audit.head of the same backup into the data directory.");
        if (!File.Exists(Path.Join(source, DatabasePlace.FileName)))
            throw new DataDirectoryException($"{source} holds no {DatabasePlace.FileName}, so it is no backup of a console.");
        // Also what SQLite would read into the copy, and a head without a database: overwritten, it could not show any more that the log was longer once.
        foreach (var there in (string[])[database, database + "-wal", database + "-shm", database + "-journal", Path.Join(place.DataDirectory, HeadAnchor.FileName)])
        {
            if (File.Exists(there))
                throw new DataDirectoryException($"{there} exists. Stop the console, move its data directory away and restore into a new one; nothing was changed.");
        }
        if (await VerifyAsync(source, stop) is AuditVerification.Broken broken)
            throw new DataDirectoryException($"The audit of the backup is {broken.Sentence} Nothing was restored.");
        await CopyAsync(source, place.DataDirectory, () => CopyDatabase(Path.Join(source, DatabasePlace.FileName), database));
        return await VerifyAsync(place.DataDirectory, stop, place.ConnectionString);
    }

    private static async Task CopyAsync(string from, string to, Action database)
    {
        try
        {
            DataDirectory.Prepare(to);
            foreach (var name in (string[])[HeadAnchor.FileName, HeadAnchor.MarkName])
            {
                if (File.Exists(Path.Join(from, name)))
                    await CopyFileAsync(Path.Join(from, name), Path.Join(to, name));
            }
            database();
            var keys = Path.Join(from, DataDirectory.KeysFolder);
            foreach (var key in Directory.Exists(keys) ? Directory.GetFiles(keys) : [])
                await CopyFileAsync(key, Path.Join(to, DataDirectory.KeysFolder, Path.GetFileName(key)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
        {
            throw new DataDirectoryException($"{to} is incomplete, remove it: {e.Message}", e);
        }
    }

    private static async Task CopyFileAsync(string from, string to)
    {
        await using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await using var target = new FileStream(to, DataDirectory.PrivateFile(FileMode.CreateNew, FileAccess.Write, FileShare.None));
        await source.CopyToAsync(target);
        target.Flush(flushToDisk: true);
    }

    // SQLite's own copy: one state of the database, also while it is written to.
    private static void CopyDatabase(string from, string to)
    {
        DataDirectory.PrepareDatabaseFile(to);
        using var source = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = from, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        using var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = to, Pooling = false }.ConnectionString);
        source.Open();
        target.Open();
        source.BackupDatabase(target);
    }

    private static async Task<AuditVerification> VerifyAsync(string directory, CancellationToken stop, string? connectionString = null)
    {
        await using var services = new ServiceCollection().AddLogging().AddOpsData(DataRegistration.Sqlite, connectionString ?? "Pooling=False", directory).BuildServiceProvider();
        return await services.GetRequiredService<AuditLog>().VerifyAsync(stop);
    }
}
