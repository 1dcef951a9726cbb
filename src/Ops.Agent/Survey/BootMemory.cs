using System.Globalization;

namespace Ops.Agent;

/// <summary>The earliest wall time that this boot ever seemed to have, kept in the state directory: an agent that starts after the clock was set forward
/// must know of it, or processes would seem younger than the locks they made.</summary>
internal static class BootMemory
{
    private const string FileName = "boot";

    /// <summary>Null when nothing was kept for this boot, or it cannot be read.</summary>
    public static DateTimeOffset? Read(string directory, Guid bootId)
    {
        try
        {
            return File.ReadAllText(Path.Join(directory, FileName)).Split(' ') is [var boot, var at] && Guid.TryParse(boot, out var id) && id == bootId
                && DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var earliest)
                ? earliest
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Keep(string directory, Guid bootId, DateTimeOffset earliest)
    {
        if (Read(directory, bootId) is { } kept && kept <= earliest)
            return;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = Path.Join(directory, FileName);
        File.WriteAllText(file + ".new", $"{bootId} {earliest.UtcDateTime:O}");
        File.Move(file + ".new", file, overwrite: true);
    }
}
