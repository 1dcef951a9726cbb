using Ops.Locks;

namespace Ops.Linux;

/// <summary>Rules of the cleaner of temporary directories as they are on this host.</summary>
public static class TmpFilesReader
{
    private const int LimitBytes = 1024 * 1024;

    /// <summary>Where systemd looks, strongest first (tmpfiles.d(5)).</summary>
    public static IReadOnlyList<string> Directories { get; } = ["/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d"];

    /// <summary>All files of rules, those of the first directory first. What cannot be read is left out, as the cleaner does.</summary>
    public static IReadOnlyList<TmpFilesSource> Read(IEnumerable<string> directories) => [.. directories.SelectMany(ReadDirectory)];

    private static IEnumerable<TmpFilesSource> ReadDirectory(string directory)
    {
        string[] files;
        try
        {
            files = Directory.GetFiles(directory, "*.conf");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            // A link to /dev/null switches the file of that name off.
            if (Text(file) is { } text)
                yield return new TmpFilesSource(FilePath.FromText(file), Path.GetFileName(file), text);
        }
    }

    private static string? Text(string file)
    {
        try
        {
            return new FileInfo(file).Length > LimitBytes ? null : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
