namespace Ops.Data;

/// <summary>The console's folder: database, audit anchor, keys. For its user alone.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes it when it is not there, and proves that files can be made in it.</summary>
    /// <exception cref="DataDirectoryException">They can't; the message says what to do.</exception>
    public static void Prepare(string directory)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(directory);
            else
                Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            var probe = Path.Combine(directory, $".probe.{Environment.ProcessId}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose)) { }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException(
                $"The data directory {directory} can't be used by user {Environment.UserName}: {e.Message} "
                + "Give it to that user, or name another directory in the options of the console.", e);
        }
    }

    /// <summary>How to open a file of ours: made with mode 0600.</summary>
    public static FileStreamOptions PrivateFile(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return options;
    }

    /// <summary>Makes an empty file for SQLite, mode 0600 (its WAL and shared memory get the same), or closes an open one.</summary>
    public static void PrepareDatabaseFile(string file)
    {
        try
        {
            new FileStream(file, PrivateFile(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite)).Dispose();
            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file) != OwnerOnly)
                File.SetUnixFileMode(file, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"The database {file} can't be used by user {Environment.UserName}: {e.Message}", e);
        }
    }
}

/// <summary>The console can't keep its data where it was told to. The message is for the person who starts it.</summary>
public sealed class DataDirectoryException(string message, Exception? inner = null) : Exception(message, inner);
