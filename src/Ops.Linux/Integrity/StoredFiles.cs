using Ops.Integrity;

namespace Ops.Linux;

internal static class StoredFiles
{
    /// <summary>What the kernel says of a message's file, for the checks.</summary>
    /// <param name="key">How the checks name the message within its mailbox.</param>
    public static StoredFile As(this FileStatus status, string key) => new(key, status.Identity, status.LinkCount, status.Size, status.ChangedAt, status.ModifiedAt);
}
