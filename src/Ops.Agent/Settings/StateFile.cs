namespace Ops.Agent;

/// <summary>Files of the state directory that only say what the agent would like to remember: after a power cut the older one may be back. The journal writes its own.</summary>
internal static class StateFile
{
    private const UnixFileMode ReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Puts new content in the place of what the file had: a reader finds the one or the other, whole. Only the owner may read it.</summary>
    /// <param name="directory">Made when it is missing, for the owner alone.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Replace(string directory, string name, Action<Stream> write)
    {
        Directory.CreateDirectory(directory, ReadWrite | UnixFileMode.UserExecute);
        var file = Path.Join(directory, name);
        var next = file + ".new";
        using (var stream = new FileStream(next, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = ReadWrite }))
            write(stream);
        File.Move(next, file, overwrite: true);
    }
}
