using System.Runtime.CompilerServices;

namespace Ops.Linux;

/// <content>What names mean, and changing it.</content>
internal sealed unsafe partial class FileDescriptor
{
    /// <summary>Where the symbolic link <paramref name="name"/> points; <see cref="Errno.InvalidArgument"/> if it is none.</summary>
    public Result<byte[]> ReadLink(ReadOnlySpan<byte> name)
    {
        Span<byte> terminated = stackalloc byte[NameLimitBytes + 1];
        return TryTerminateName(name, terminated) ? ReadLinkAt(Number, terminated) : Errno.InvalidArgument;
    }

    /// <summary>Where the link at <paramref name="path"/> points; links in the directories before it are followed.</summary>
    public static Result<byte[]> ReadLinkAt(ReadOnlySpan<byte> path)
    {
        var terminated = Terminate(path);
        return terminated is null ? Errno.InvalidArgument : ReadLinkAt(Libc.AtCurrentDirectory, terminated);
    }

    /// <summary>The path by which the kernel knows this object now, from our root on; " (deleted)" is added once its name is gone. Needs
    /// <c>/proc</c>.</summary>
    public Result<byte[]> ReadPath() => ReadLinkAt(Libc.AtCurrentDirectory, ProcSelf("fd"));

    /// <summary>Where a symbolic link that this reference pins points.</summary>
    public Result<byte[]> ReadPinnedLink() => ReadLinkAt(Number, [0]);

    /// <summary>Swaps what two names mean in one step: neither is ever absent. <see cref="Errno.NotFound"/> if either is absent,
    /// <see cref="Errno.InvalidArgument"/> where the file system cannot do it.</summary>
    public static Errno Exchange(FileDescriptor firstDirectory, ReadOnlySpan<byte> first, FileDescriptor secondDirectory, ReadOnlySpan<byte> second) =>
        Rename(firstDirectory, first, secondDirectory, second, Libc.RenameExchange);

    /// <summary>Renames, unless the new name is taken (<see cref="Errno.Exists"/>). Both must be on one mount
    /// (<see cref="Errno.CrossesDevice"/>).</summary>
    public static Errno RenameNoReplace(FileDescriptor fromDirectory, ReadOnlySpan<byte> from, FileDescriptor toDirectory, ReadOnlySpan<byte> to) =>
        Rename(fromDirectory, from, toDirectory, to, Libc.RenameNoReplace);

    /// <summary>Renames over whatever has the new name. Only into directories that no other user can write to.</summary>
    public static Errno RenameReplacing(FileDescriptor fromDirectory, ReadOnlySpan<byte> from, FileDescriptor toDirectory, ReadOnlySpan<byte> to) =>
        Rename(fromDirectory, from, toDirectory, to, 0);

    /// <summary>Gives the inode a second name, unless that is taken (<see cref="Errno.Exists"/>). A symbolic link is linked
    /// itself.</summary>
    public static Errno Link(FileDescriptor fromDirectory, ReadOnlySpan<byte> from, FileDescriptor toDirectory, ReadOnlySpan<byte> to)
    {
        var (source, target) = (TerminateName(from), TerminateName(to));
        if (source is null || target is null)
            return Errno.InvalidArgument;
        fixed (byte* sourceStart = source, targetStart = target)
            return ErrnoOf(Libc.linkat(fromDirectory.Number, sourceStart, toDirectory.Number, targetStart, 0));
    }

    /// <summary>Removes a name, whatever it means at that moment. Not for directories.</summary>
    public Errno Unlink(ReadOnlySpan<byte> name) => UnlinkAt(name, 0);

    /// <summary>Removes an empty directory.</summary>
    public Errno RemoveDirectory(ReadOnlySpan<byte> name) => UnlinkAt(name, Libc.AtRemoveDirectory);

    /// <summary>Makes a directory; <see cref="Errno.Exists"/> if the name is taken, by whatever.</summary>
    public Errno MakeDirectory(ReadOnlySpan<byte> name, uint permissions)
    {
        var terminated = TerminateName(name);
        if (terminated is null)
            return Errno.InvalidArgument;
        fixed (byte* start = terminated)
            return ErrnoOf(Libc.mkdirat(Number, start, permissions));
    }

    [SkipLocalsInit]
    private static Result<byte[]> ReadLinkAt(int directory, ReadOnlySpan<byte> terminated)
    {
        Span<byte> target = stackalloc byte[4096];
        nint length;
        fixed (byte* start = terminated, buffer = target)
            length = Libc.readlinkat(directory, start, buffer, target.Length);
        return length < 0 ? LastError() : target[..(int)length].ToArray();
    }

    private static Errno Rename(FileDescriptor fromDirectory, ReadOnlySpan<byte> from, FileDescriptor toDirectory, ReadOnlySpan<byte> to, uint flags)
    {
        var (source, target) = (TerminateName(from), TerminateName(to));
        if (source is null || target is null)
            return Errno.InvalidArgument;
        fixed (byte* sourceStart = source, targetStart = target)
            return ErrnoOf(Libc.renameat2(fromDirectory.Number, sourceStart, toDirectory.Number, targetStart, flags));
    }

    private Errno UnlinkAt(ReadOnlySpan<byte> name, int flags)
    {
        var terminated = TerminateName(name);
        if (terminated is null)
            return Errno.InvalidArgument;
        fixed (byte* start = terminated)
            return ErrnoOf(Libc.unlinkat(Number, start, flags));
    }
}
