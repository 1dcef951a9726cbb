using System.Globalization;
using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>The files in which processes of Cyrus say whom they serve. Reads only.</summary>
public static class CyrusProcReader
{
    private const int LongestConfiguration = 1024 * 1024;

    /// <summary>Where Cyrus's configuration says that they are; null when there is none, or it does not say.</summary>
    public static string? FindDirectory(string configuration)
    {
        if (!FileDescriptor.OpenForReadingFollowingLinks(Encoding.UTF8.GetBytes(configuration)).TryGet(out var file))
            return null;
        using (file)
        {
            return file.Stat().TryGet(out var status) && status.Kind == FileKind.Regular && file.ReadUpTo(LongestConfiguration).TryGet(out var text)
                ? CyrusConfig.ProcDirectory(Encoding.UTF8.GetString(text)) : null;
        }
    }

    /// <summary>The file of one pid with its directory; <see cref="Errno.TryAgain"/> when it changed while it was read.</summary>
    public static Result<(FileFacts Directory, FileFacts File)> Read(string directory, int pid)
    {
        var path = FilePath.FromText(directory);
        // The administrator names it, through a link or not (/var/run).
        if (!FileDescriptor.OpenDirectoryFollowingLinks(path.Bytes).TryGet(out var opened, out var error))
            return error;
        using (opened)
        {
            var name = Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture));
            if (!opened.Stat().TryGet(out var place, out error) || !opened.Stat(name).TryGet(out var named, out error))
                return error;
            // The name is asked first: opening a device acts on it.
            if (named.Kind != FileKind.Regular)
                return Errno.InvalidArgument;
            if (!opened.OpenForReading(name).TryGet(out var file, out error))
                return error;
            using (file)
            {
                if (!file.Stat().TryGet(out var before, out error))
                    return error;
                if (before.Kind != FileKind.Regular)
                    return Errno.InvalidArgument;
                if (before.Size > CyrusProcFile.LongestBytes)
                    return Errno.TooBig;
                if (!file.ReadUpTo(CyrusProcFile.LongestBytes).TryGet(out var text, out error) || !file.Stat().TryGet(out var after, out error))
                    return error;
                // The name, too: a session that ends removes it, and one that says something else puts another file in its place.
                if (!opened.Stat(name).TryGet(out named, out error))
                    return error;
                return Same(before, after) && Same(before, named) && text.Length == before.Size
                    ? (place.ToFacts(path, FileContent.NotRead("a directory")), before.ToFacts(path.Join(name), FileContent.Of(text))) : Errno.TryAgain;
            }
        }
    }

    private static bool Same(FileStatus one, FileStatus other) =>
        one.Identity == other.Identity && one.Size == other.Size && one.ModifiedAt == other.ModifiedAt && one.ChangedAt == other.ChangedAt;
}
