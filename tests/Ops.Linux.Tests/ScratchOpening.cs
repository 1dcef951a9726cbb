namespace Ops.Linux.Tests;

internal static class ScratchOpening
{
    public static FileDescriptor Open(this Scratch scratch) => FileDescriptor.OpenDirectory(scratch.Bytes).Value;
}
