using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class OpenFileTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ProcReader _reader = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("read", false)]
    [InlineData("write", true)]
    public void A_file_that_a_process_has_open_is_found_with_what_it_may_do(string mode, bool canWrite)
    {
        var path = _scratch.Write("mbox", "From x\n");
        using var maker = LockMaker.Start("open", mode, path);

        var open = Assert.Single(OpenOf(path));

        Assert.Equal((maker.Pid, canWrite, path), (open.Process.Pid, open.CanWrite, open.Path!.Value.Text));
        Assert.NotNull(open.Descriptor);
    }

    [Fact]
    public void A_file_that_is_only_mapped_is_found()
    {
        var path = _scratch.Write("mbox", new string('x', 4096));
        using var maker = LockMaker.Start("mapped", "write", path);

        var open = Assert.Single(OpenOf(path));

        Assert.Equal((maker.Pid, true, (int?)null), (open.Process.Pid, open.CanWrite, open.Descriptor));
    }

    [Fact]
    public void A_file_that_a_process_with_an_ended_first_thread_has_open_is_found()
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start("--zombie-leader", "open", "write", path);
        while (_reader.ReadProcess(maker.Pid) is not { State: 'Z' })
        {
            Thread.Sleep(10);
        }

        Assert.Contains(OpenOf(path), o => o.Process.Pid == maker.Pid);
    }

    [Fact]
    public void A_file_that_no_process_has_open_is_not_listed()
    {
        var path = _scratch.Write("mbox");
        using var maker = LockMaker.Start("open", "write", _scratch.Write("other"));

        Assert.Empty(OpenOf(path));
    }

    [Fact]
    public void A_working_directory_counts_as_open()
    {
        using var sleeper = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("cat")
        {
            WorkingDirectory = _scratch.Path,
            RedirectStandardInput = true,
        })!;

        var open = Assert.Single(OpenOf(_scratch.Path));
        sleeper.StandardInput.Close();
        sleeper.WaitForExit();

        Assert.Equal((sleeper.Id, false), (open.Process.Pid, open.CanWrite));
    }

    [Fact]
    public void A_file_that_lost_its_name_while_being_written_is_reported_without_a_question()
    {
        var path = _scratch.Write("box", "");
        using var writer = LockMaker.Start("open", "write", path);
        using var reader = LockMaker.Start("open", "read", path);
        File.Delete(path);
        var found = Assert.Single(_reader.ReadOpenFiles(_reader.ReadProcesses(), new HashSet<FileIdentity>()).Nameless, o => o.Path!.Value.Text == path + " (deleted)");
        Assert.Equal(writer.Pid, found.Process.Pid);
        Assert.True(found.CanWrite);
    }

    [Fact]
    public void A_proc_that_cannot_be_read_makes_the_answer_incomplete() =>
        Assert.NotEmpty(new ProcReader(new ReaderOptions { ProcRoot = "/nowhere" })
            .ReadOpenFiles(ProcessTable.Empty, new HashSet<FileIdentity> { new(1, 2, 3) }).Unreadable);

    private IReadOnlyList<OpenFile> OpenOf(string path)
    {
        var file = FileDescriptor.IdentityAt(System.Text.Encoding.UTF8.GetBytes(path)).Value.Identity;
        return _reader.ReadOpenFiles(_reader.ReadProcesses(), new HashSet<FileIdentity> { file }).Of(file);
    }
}
