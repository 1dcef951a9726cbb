using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary><c>.ops-quarantine</c> in a store root or at the top of a file system below one: mode 0700, ours or root's, not a link. In a root that
/// anybody may write to (<c>/tmp</c>), another user may have made that name first; then it is not used.</summary>
internal static class QuarantineFolder
{
    public const string NameText = ".ops-quarantine";

    public static ReadOnlySpan<byte> Name => ".ops-quarantine"u8;

    /// <summary>Opens it, makes it if it is not there and <paramref name="create"/> says so.</summary>
    public static Result<FileDescriptor> Open(FileDescriptor top, bool create, out string? problem)
    {
        problem = null;
        if (create)
        {
            var made = top.MakeDirectory(Name, 0x1C0);
            // A record in a folder that is not on the disk is none; the next act makes and flushes it again.
            if (made == Errno.None && (made = top.Fsync()) != Errno.None)
                _ = top.RemoveDirectory(Name);
            if (made is not (Errno.None or Errno.Exists))
            {
                problem = $"The quarantine cannot be made: {FileLook.Words(made)}.";
                return made;
            }
        }
        var opened = OpenPrivate(top, Name, out problem);
        return opened;
    }

    /// <summary>Opens a directory that only we or root can have made and can look into.</summary>
    public static Result<FileDescriptor> OpenPrivate(FileDescriptor parent, ReadOnlySpan<byte> name, out string? problem)
    {
        problem = null;
        if (!parent.OpenSubdirectory(name).TryGet(out var folder, out var error))
        {
            problem = $"{Encoding.UTF8.GetString(name)} cannot be opened as a directory: {FileLook.Words(error)}.";
            return error;
        }
        if (!folder.Stat().TryGet(out var status, out error))
        {
            folder.Dispose();
            problem = $"{Encoding.UTF8.GetString(name)} cannot be examined: {FileLook.Words(error)}.";
            return error;
        }
        if ((status.Uid != Accounts.EffectiveUserId && status.Uid != 0) || (status.Mode & 0x3F) != 0)
        {
            folder.Dispose();
            problem = $"{Encoding.UTF8.GetString(name)} belongs to user {status.Uid} with mode {Convert.ToString(status.Mode, 8)}; it must be ours alone.";
            return Errno.NotPermitted;
        }
        return folder;
    }

    /// <summary>All names in an open directory. The descriptor's position moves to the end.</summary>
    public static Result<List<(byte[] Name, FileKind Kind)>> NamesIn(FileDescriptor folder)
    {
        var names = new List<(byte[], FileKind)>();
        var buffer = new byte[32 * 1024];
        while (true)
        {
            if (!folder.ReadDirectory(buffer).TryGet(out var filled, out var error))
                return error;
            if (filled == 0)
                return names;
            var entries = new DirectoryEntries(buffer.AsSpan(0, filled));
            while (entries.MoveNext())
                names.Add((entries.Name.ToArray(), entries.Kind));
        }
    }
}
