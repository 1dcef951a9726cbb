using Ops.Locks;

namespace Ops.Linux;

/// <summary>The mount table of our own mount namespace, <c>/proc/self/mountinfo</c>.</summary>
public sealed class MountReader(ReaderOptions options)
{
    public MountReader()
        : this(new ReaderOptions())
    {
    }

    /// <summary>An empty table when it cannot be read: then no file is known to be on a local disk.</summary>
    public ParsedMounts Read() => Read(new ProcFiles(options));

    internal static ParsedMounts Read(ProcFiles files)
    {
        var error = files.Read("self/mountinfo"u8, out var text);
        if (error != Errno.None)
            return new ParsedMounts([], null, [$"the mount table cannot be read: {error}"]);
        var mounts = MountInfo.Parse(text);
        return files.Options.Say is { } say ? mounts with { Mounts = say(mounts.Mounts) } : mounts;
    }
}
