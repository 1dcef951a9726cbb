namespace Ops.Data;

/// <summary>The console's folder: database, audit anchor, keys. For its user alone.</summary>
internal static class DataDirectory
{
    /// <summary>Folder of the keys that protect sign-in cookies.</summary>
    public const string KeysFolder = "keys";

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes it when it is not there, and proves that files can be made in it.</summary>
    /// <exception cref="DataDirectoryException">They can't; the message says what to do.</exception>
    public static void Prepare(string directory)
    {
        try
        {
            MakePrivate(directory);
            MakePrivate(Path.Combine(directory, KeysFolder));
            foreach (var key in Directory.EnumerateFiles(Path.Combine(directory, KeysFolder)))
                Close(key, OwnerOnly);
            var probe = Path.Combine(directory, ".probe." + Path.GetRandomFileName());
            using (File.Create(probe, 1, FileOptions.DeleteOnClose)) { }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException(
                $"The data directory {directory} can't be used by user {Environment.UserName}: {e.Message} "
                + "Give it to that user, or name another directory in the options of the console.", e);
        }
    }

    private static void MakePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
            return;
        }
        var isNew = !Directory.Exists(directory);
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        var mode = File.GetUnixFileMode(directory);
        if (isNew || (mode & Others) == 0)
            return;
        // It may be /var/lib or a home directory, named by mistake: to close that would break the host.
        if (Directory.EnumerateFileSystemEntries(directory).Select(e => Path.GetFileName(e)!).FirstOrDefault(e => !IsOurs(e)) is { } foreign)
        {
            throw new DataDirectoryException(
                $"The data directory {directory} is open to other users (mode 0{Convert.ToString((int)mode & 0x1ff, 8)}) and holds {foreign}, which is not the console's, so its mode was left as it is. "
                + $"If it belongs to the console alone, run chmod 0700 {directory}; else name another directory in the options of the console.");
        }
        Close(directory, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static void Close(string path, UnixFileMode wanted)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
            File.SetUnixFileMode(path, wanted);
    }

    // What consoles and their embedded agents make there, and what a new ext4 file system has.
    private static bool IsOurs(string name) =>
        name is KeysFolder or "agent" or "lost+found" || name.StartsWith(DatabasePlace.FileName, StringComparison.Ordinal) || name.StartsWith(HeadAnchor.FileName, StringComparison.Ordinal)
        || name.StartsWith("journal.", StringComparison.Ordinal) || name.StartsWith(".probe.", StringComparison.Ordinal)
        || (name.StartsWith("key-", StringComparison.Ordinal) && name.EndsWith(".xml", StringComparison.Ordinal));

    /// <summary>How to open a file of ours: made with mode 0600.</summary>
    public static FileStreamOptions PrivateFile(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return options;
    }

    /// <summary>Makes an empty file for SQLite, mode 0600 (its WAL and shared memory get the same); shuts others out of one that is there.</summary>
    public static void PrepareDatabaseFile(string file)
    {
        try
        {
            // A file that is there is never opened here: closing it would drop every lock SQLite has on it in this process.
            if (!File.Exists(file))
                Create(file);
            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file) != OwnerOnly)
                File.SetUnixFileMode(file, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"The database {file} can't be used by user {Environment.UserName}: {e.Message}", e);
        }
    }

    private static void Create(string file)
    {
        try
        {
            new FileStream(file, PrivateFile(FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite)).Dispose();
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another console made it at this moment.
        }
    }
}

/// <summary>The console can't keep its data where its configuration says. The message is for the person who starts it.</summary>
public sealed class DataDirectoryException(string message, Exception? inner = null) : Exception(message, inner);
