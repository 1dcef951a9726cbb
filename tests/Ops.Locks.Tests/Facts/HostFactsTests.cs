namespace Ops.Locks.Tests;

public sealed class HostFactsTests
{
    private static readonly ProcessFacts Us = Given.Process(7, command: "ops"), Other = Given.Process(8);
    private static readonly FileFacts Mailbox = Given.Mailbox(), LockFile = Given.File("/var/mail/alice.lock", inode: 60);

    [Fact]
    public void What_one_process_holds_can_be_left_out_of_a_look()
    {
        var host = Given.Host([Us, Other], [Given.Lock(Mailbox, Us)], [Given.Open(Mailbox, Us), Given.Open(LockFile, Us)]);
        host = (host with { OpenFiles = host.OpenFiles with { Nameless = [Given.Open(Mailbox, Us)], Watches = [new FileWatch(Mailbox.Identity, Other)] } }).WithoutHoldsOf(Us.Pid);

        Assert.Empty(host.Locks.On(Mailbox.Identity));
        Assert.Empty(host.OpenFiles.Of(LockFile.Identity));
        Assert.Empty(host.OpenFiles.Nameless);
        Assert.Single(host.OpenFiles.WatchersOf(Mailbox.Identity, Given.Disk));
        Assert.Contains(Us.Pid, host.Processes.Processes);
    }

    [Theory]
    [InlineData("/data/mail/alice", true)]      // by its name
    [InlineData("/srv/mail/alice", true)]       // by another name of the same place
    [InlineData("/srv/mailing/alice", false)]
    [InlineData("/data2/mail/alice", false)]
    [InlineData("/nfs/data/mail/alice", false)] // another file system
    public void A_layer_of_an_overlay_is_recognised_through_bind_mounts(string path, bool isLayer)
    {
        var bind = Given.Disk with { Id = 40, Root = FilePath.FromText("/data/mail"), MountPoint = FilePath.FromText("/srv/mail") };
        var other = Given.Disk with { Id = 41, Major = 8, MountPoint = FilePath.FromText("/nfs") };
        var host = Given.Host() with { Mounts = [Given.Disk, bind, other], Layers = [new OverlayLayer(FilePath.FromText("/data"), FilePath.FromText("/merged"), 7)] };
        Assert.Equal(isLayer, host.LayerOver(FilePath.FromText(path)) is not null);
    }

    [Fact]
    public void What_is_open_in_a_layer_counts_for_the_file_that_the_overlay_shows()
    {
        var shown = new FileIdentity(0, 55, 9);
        var host = Given.Host([Other], open: [Given.Open(LockFile, Other)]);
        var open = Assert.Single(host.OpenFiles.WithLayersBelow(new Dictionary<FileIdentity, FileIdentity> { [LockFile.Identity] = shown }).Of(shown));
        Assert.Equal((Other.Pid, true), (open.Process.Pid, open.IsThroughLayer));
        Assert.Same(host.OpenFiles, host.OpenFiles.WithLayersBelow(new Dictionary<FileIdentity, FileIdentity> { [Mailbox.Identity] = shown }));
    }

    [Theory]
    [InlineData(0, true, false, true)]     // made at the same time: the same file
    [InlineData(1, true, false, false)]
    [InlineData(1, false, false, true)]    // for reading it may be one that was copied since
    [InlineData(1, false, true, false)]    // unless a file of a layer is known by its place
    [InlineData(null, true, true, true)]   // nothing is known of its making
    public void What_is_open_through_an_overlay_is_another_file_when_it_was_made_at_another_time(int? seconds, bool canWrite, bool areLayersNamed, bool counts)
    {
        var born = LockFile.BornAt!.Value;
        var open = Given.Open(LockFile, Other, canWrite) with
        {
            IsThroughLayer = true,
            AreLayersNamed = areLayersNamed,
            BornAt = seconds is { } later ? born with { Seconds = born.Seconds + later } : null,
        };
        var index = Given.Host([Other], open: [open, Given.Open(Mailbox, Other)]).OpenFiles;
        Assert.Equal(counts, index.WithoutOthers([LockFile, Mailbox]).Of(LockFile.Identity).Count == 1);
        Assert.Single(index.WithoutOthers([LockFile, Mailbox]).Of(Mailbox.Identity));
        // A file system that keeps no such time proves nothing, and what was opened without an overlay is the file itself.
        Assert.Single(index.WithoutOthers([LockFile with { BornAt = null }]).Of(LockFile.Identity));
        Assert.Single((index with { Files = new Dictionary<FileIdentity, IReadOnlyList<OpenFile>> { [LockFile.Identity] = [open with { IsThroughLayer = false }] } }).WithoutOthers([LockFile]).Of(LockFile.Identity));
    }

    [Fact]
    public void What_others_hold_stays_also_where_that_process_has_a_part_in_it_and_so_does_a_lock_without_a_holder()
    {
        var nobodys = Given.Lock(LockFile);
        var host = Given.Host([Us, Other], [Given.Lock(Mailbox, Us, Other), Given.Waiter(Mailbox, Other), nobodys], [Given.Open(Mailbox, Us), Given.Open(Mailbox, Other)], unreadable: [99]);
        // As a look does before: what was found by file is kept by the table.
        Assert.Equal(2, host.Locks.On(Mailbox.Identity).Count());
        host = host.WithoutHoldsOf(Us.Pid);

        Assert.Equal([false, true], host.Locks.On(Mailbox.Identity).Select(e => e.Lock.IsWaiter));
        Assert.Single(host.Locks.On(LockFile.Identity));
        Assert.Equal(Other.Pid, Assert.Single(host.OpenFiles.Of(Mailbox.Identity)).Process.Pid);
        Assert.Equal([99], host.OpenFiles.Unreadable);
    }
}
