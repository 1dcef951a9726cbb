using System.Text;

namespace Ops.Linux;

/// <summary>Makes what was written survive a crash of the machine, or says that it will not. <c>FileStream.Flush(true)</c> of .NET calls fsync too, but does not report its failure.</summary>
public static class DiskFlush
{
    /// <exception cref="IOException">What was written may not be on the disk.</exception>
    public static void File(FileStream file)
    {
        var error = FileDescriptor.Fsync(file.SafeFileHandle);
        if (error != Errno.None)
            throw new IOException($"{file.Name} could not be flushed to the disk: {FileLook.Words(error)}");
    }

    /// <summary>The names in a directory: a file that was just made in it, or renamed.</summary>
    /// <exception cref="IOException">They may not be on the disk.</exception>
    public static void Directory(string path)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(Encoding.UTF8.GetBytes(path)).TryGet(out var directory, out var error))
        {
            // A directory above ours that may be passed but not read: nothing in it can be flushed by this user.
            if (error == Errno.AccessDenied)
                return;
            throw new IOException($"{path} could not be opened: {FileLook.Words(error)}");
        }
        using (directory)
            error = directory.Fsync();
        if (error is not (Errno.None or Errno.InvalidArgument)) // some file systems have nothing to flush for a directory
            throw new IOException($"{path} could not be flushed to the disk: {FileLook.Words(error)}");
    }
}
