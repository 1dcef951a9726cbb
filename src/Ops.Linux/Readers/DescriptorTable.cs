using Ops.Locks;

namespace Ops.Linux;

/// <summary>What one process has open: its <c>fd</c> and <c>fdinfo</c> directories, or those of a living thread where the first thread has
/// ended and its directories are empty.</summary>
internal sealed class DescriptorTable : IDisposable
{
    private readonly FileDescriptor _owner;
    private readonly FileDescriptor _descriptors;
    private FileDescriptor? _details;

    private DescriptorTable(FileDescriptor owner, FileDescriptor descriptors) => (_owner, _descriptors) = (owner, descriptors);

    /// <summary>The directory of the process or thread: <c>stat</c>, <c>maps</c>, <c>cwd</c> are in it.</summary>
    public FileDescriptor Owner => _owner;

    public FileDescriptor Descriptors => _descriptors;

    /// <summary><see cref="Errno.NotFound"/> or <see cref="Errno.NoSuchProcess"/> if it is gone, so has nothing open.</summary>
    public static Result<DescriptorTable> Open(FileDescriptor root, int pid, int? thread)
    {
        Span<byte> name = stackalloc byte[11];
        if (!root.OpenSubdirectory(ProcFiles.Name(pid, name)).TryGet(out var owner, out var error))
            return error;
        if (thread is { } task)
        {
            using (var process = owner)
            {
                Span<byte> path = [.. "task/"u8, .. ProcFiles.Name(task, name)];
                if (!process.OpenDirectoryBelow(path).TryGet(out owner, out error))
                    return error;
            }
        }
        if (owner.OpenSubdirectory("fd"u8).TryGet(out var descriptors, out error))
            return new DescriptorTable(owner, descriptors);
        owner.Dispose();
        return error;
    }

    public Result<FileReference> FileOf(int descriptor)
    {
        Span<byte> name = stackalloc byte[11];
        return _descriptors.IdentityFollowingLinks(ProcFiles.Name(descriptor, name));
    }

    /// <summary>When the file behind a descriptor was made; null where that is not kept, or the descriptor was closed in between.</summary>
    public FileTime? BirthOf(int descriptor)
    {
        Span<byte> name = stackalloc byte[11];
        return _descriptors.StatFollowing(ProcFiles.Name(descriptor, name)).TryGet(out var status) ? status.CreatedAt : null;
    }

    /// <summary>The path as the kernel prints it, " (deleted)" included.</summary>
    public Result<byte[]> PathOf(int descriptor)
    {
        Span<byte> name = stackalloc byte[11];
        return _descriptors.ReadLink(ProcFiles.Name(descriptor, name));
    }

    /// <summary>Null when the descriptor was closed in between, or may not be looked at.</summary>
    public ProcFdInfo? DetailsOf(int descriptor, ProcFiles files)
    {
        if (_details is null && !_owner.OpenSubdirectory("fdinfo"u8).TryGet(out _details))
            return null;
        Span<byte> name = stackalloc byte[11];
        return files.ReadWhole(_details, ProcFiles.Name(descriptor, name), out var text) == Errno.None ? ProcFdInfo.Parse(text) : null;
    }

    /// <summary>Whether this is still the process that was listed: a pid may have been given to another since.</summary>
    public bool BelongsTo(ProcessFacts process, int? thread, ProcFiles files) =>
        thread is not null
        || (files.ReadWhole(_owner, "stat"u8, out var text) == Errno.None && ProcStat.Parse(text)?.StartTicks == process.Identity.StartTicks);

    public void Dispose()
    {
        _details?.Dispose();
        _descriptors.Dispose();
        _owner.Dispose();
    }
}
