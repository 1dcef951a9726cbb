using Ops.Integrity;

namespace Ops.Linux;

/// <summary>Reads index and header of a mailbox that Cyrus may be writing, without its locks.</summary>
internal static class CyrusIndexFile
{
    private const int HeaderLimitBytes = 64 * 1024;
    private const int Attempts = 20;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    /// <param name="unread">Why there is an index and it was not read; null when there is none.</param>
    public static CyrusIndex? Read(FileDescriptor directory, ReadOnlySpan<byte> name, ReadBudget budget, out string? unread)
    {
        CyrusIndex? best = null;
        unread = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // A write that has begun is over soon; a damaged index stays damaged.
            if (attempt > 0)
                budget.Wait(BetweenAttempts);
            if (SteadyFile.Read(directory, name, CyrusIndex.LimitBytes).TryGet(out var bytes, out var error))
            {
                var reading = CyrusIndexParser.Parse(bytes);
                best = reading.Value ?? best;
                if (reading.Value is { Broken: 0 })
                    return best;
                if (reading.Refusal is { } refusal)
                    unread = $"its index cannot be understood: {refusal.Fault} ({refusal.Detail})";
                if (reading.Refusal?.Fault is FormatFault.UnknownVersion or FormatFault.ImpossibleSizes)
                    return null;
            }
            else if (error == Errno.NotFound)
            {
                // The mailbox was removed or renamed, or never had this index.
                unread = null;
                return null;
            }
            else
            {
                unread = error switch
                {
                    Errno.TryAgain => "its index changed every time that it was read",
                    Errno.InvalidArgument => "its index is no regular file",
                    _ => $"its index cannot be read: {error}",
                };
                if (error != Errno.TryAgain)
                    return null;
            }
        }
        return best;
    }

    /// <summary>Null when there is none that can be understood.</summary>
    public static CyrusHeader? Header(FileDescriptor directory) =>
        SteadyFile.Read(directory, "cyrus.header"u8, HeaderLimitBytes).TryGet(out var bytes) ? CyrusHeader.Parse(bytes).Value : null;
}
