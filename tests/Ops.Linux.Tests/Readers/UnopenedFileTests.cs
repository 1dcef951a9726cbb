using Ops.Locks;
using Ops.Testing;

namespace Ops.Linux.Tests;

/// <summary>The kernel's own count of open files, asked by a write lease.</summary>
public sealed class UnopenedFileTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_file_that_nobody_has_open_is_proven_so_and_stays_as_it_was()
    {
        var file = Facts(_scratch.File("mbox", "From x\n"));

        Assert.True(ArtefactReader.IsUnopened(file));
        Assert.True(ArtefactReader.Stat(file.Path).Value.IsUnchangedSince(file));
        Assert.Equal(file.AccessedAt, ArtefactReader.Stat(file.Path).Value.AccessedAt);
    }

    [Theory]
    [InlineData("open", "read")]
    [InlineData("open", "write")]
    [InlineData("mapped", "write")]
    [InlineData("flock", "read")]
    public void A_file_that_another_process_has_open_or_mapped_is_not(string kind, string mode)
    {
        var path = _scratch.File("mbox", new string('x', 4096));
        using (LockMaker.Start(kind, mode, path))
        {
            Assert.False(ArtefactReader.IsUnopened(Facts(path)));
        }

        Assert.True(ArtefactReader.IsUnopened(Facts(path)));
    }

    [Fact]
    public void A_descriptor_of_our_own_that_holds_the_mailbox_can_tell_that_it_is_alone()
    {
        var path = _scratch.File("mbox", "From x\n");
        using var directory = _scratch.Open();
        using var reference = directory.OpenPathOnly("mbox"u8).Value;
        using var hold = directory.OpenForLocking("mbox"u8).Value;
        Assert.Equal(Errno.None, hold.TryOfdWriteLock());
        Assert.Equal(Errno.None, hold.TryFlockExclusive());

        Assert.Equal(Errno.None, hold.ProveAlone());
        using (LockMaker.Start("open", "read", path))
        {
            Assert.Equal(Errno.TryAgain, hold.ProveAlone());
        }

        Assert.Equal(Errno.None, hold.ProveAlone());
    }

    [Fact]
    public void Programs_that_open_the_file_while_it_is_asked_are_not_refused()
    {
        var path = _scratch.File("mbox", "From x\n");
        var file = Facts(path);
        var failed = 0;
        var opener = new Thread(() =>
        {
            for (var i = 0; i < 2000; i++)
            {
                try
                {
                    using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                }
                catch (IOException)
                {
                    failed++;
                }
            }
        });
        opener.Start();
        while (opener.IsAlive)
        {
            Assert.NotNull(ArtefactReader.IsUnopened(file));
        }

        opener.Join();
        Assert.Equal(0, failed);
    }

    [Fact]
    public void What_is_not_the_file_that_was_seen_gets_no_answer()
    {
        var file = Facts(_scratch.File("mbox"));
        File.Move(_scratch.File("new"), file.Path.Text, overwrite: true);

        Assert.Null(ArtefactReader.IsUnopened(file));
        Assert.Null(ArtefactReader.IsUnopened(file with { Kind = FileKind.Fifo }));
        File.Delete(file.Path.Text);
        Assert.Null(ArtefactReader.IsUnopened(file));
    }

    private static FileFacts Facts(string path) => ArtefactReader.Stat(FilePath.FromText(path)).Value;
}
