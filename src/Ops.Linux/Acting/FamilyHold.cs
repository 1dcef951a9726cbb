using Ops.Locks;

namespace Ops.Linux;

/// <summary>The lock that the programs of a leftover take while they make such names, taken without waiting and held until disposed. Nothing is written through it.</summary>
internal static class FamilyHold
{
    /// <param name="directory">That of the leftover; the lock is in it.</param>
    /// <returns>Null when there is no such file, or with a refusal.</returns>
    public static FileDescriptor? Take(FileDescriptor directory, FilePath path, out BreakDecision.Refused? refusal)
    {
        refusal = null;
        if (!directory.OpenPathOnly(path.Name).TryGet(out var pin, out var error))
        {
            refusal = error == Errno.NotFound ? null : new(Refusal.System, $"{path.Display} cannot be examined: {FileLook.Words(error)}.");
            return null;
        }
        using (pin)
        {
            if (!pin.Stat().TryGet(out var status, out error) || status.Kind != FileKind.Regular)
            {
                refusal = error == Errno.None
                    ? new(Refusal.Hostile, $"{path.Display}, the lock of its own programs, is not a regular file.")
                    : new(Refusal.System, $"{path.Display} cannot be examined: {FileLook.Words(error)}.");
                return null;
            }
            return Lock(pin, path, out refusal);
        }
    }

    private static FileDescriptor? Lock(FileDescriptor pin, FilePath path, out BreakDecision.Refused? refusal)
    {
        refusal = null;
        FileDescriptor? held = null;
        var error = pin.ReopenForLocking().TryGet(out var file, out var failed) ? file.TryOfdWriteLock() : failed;
        if (error == Errno.None)
        {
            held = file;
        }
        else
        {
            file?.Dispose();
            refusal = error == Errno.TryAgain
                ? new(Refusal.InUse, $"Another process has {path.Display} locked, as its own programs do while they build or link.")
                : new(Refusal.System, $"{path.Display}, the lock of its own programs, cannot be locked: {FileLook.Words(error)}.");
        }
        return held;
    }
}
