using System.Text;
using Ops.Locks;

namespace Ops.Linux.Tests.Readers;

public sealed class CyrusProcReaderTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_file_is_read_with_its_owner_and_times()
    {
        var path = _scratch.Write("42", "imap\t\talice\t\t\n");

        var (directory, file) = CyrusProcReader.Read(_scratch.Path, 42).Value;

        Assert.Equal((FileKind.Directory, FileKind.Regular, path), (directory.Kind, file.Kind, file.Path.Text));
        Assert.Equal("imap\t\talice\t\t\n", Encoding.UTF8.GetString(file.Content.Bytes!));
    }

    [Fact]
    public void A_link_a_pipe_and_a_directory_are_not_opened()
    {
        File.CreateSymbolicLink(_scratch.File("1"), _scratch.Write("target", "imap\t\talice\t\t\n"));
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(_scratch.File("2"), Mono.Unix.Native.FilePermissions.ALLPERMS));
        _scratch.Sub("3");

        Assert.All(new[] { 1, 2, 3 }, pid => Assert.Equal(Errno.InvalidArgument, CyrusProcReader.Read(_scratch.Path, pid).Error));
    }

    [Fact]
    public void What_is_not_there_or_too_long_is_said_so()
    {
        _scratch.Write("7", new string('x', CyrusProcFile.LongestBytes + 1));

        Assert.Equal(Errno.TooBig, CyrusProcReader.Read(_scratch.Path, 7).Error);
        Assert.Equal(Errno.NotFound, CyrusProcReader.Read(_scratch.Path, 8).Error);
        Assert.Equal(Errno.NotFound, CyrusProcReader.Read(_scratch.File("none"), 8).Error);
    }

    [Fact]
    public void The_configuration_names_the_directory()
    {
        Assert.Equal("/run/cyrus/proc", CyrusProcReader.FindDirectory(_scratch.Write("imapd.conf", "configdirectory: /var/lib/cyrus\nproc_path: /run/cyrus/proc\n")));
        Assert.Null(CyrusProcReader.FindDirectory(_scratch.File("none")));
        Assert.Null(CyrusProcReader.FindDirectory(_scratch.Path));
    }
}
