using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Real mounts where the device of a file is not that of its superblock: a btrfs subvolume, and an overlay, whose files belong to another file system below. Needs root.</summary>
public sealed class OtherFileSystemTests : IDisposable
{
    private readonly ProcReader _reader = new();
    private LoopMount? _disk;
    private string? _overlay;

    public static TheoryData<string, string> Locks
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var fileSystem in (string[])["btrfs", "overlay", "overlay-copied-up"])
            {
                foreach (var kind in (string[])["posix", "flock", "ofd"])
                {
                    all.Add(fileSystem, kind);
                }
            }

            return all;
        }
    }

    [MountTheory, MemberData(nameof(Locks))]
    public void A_lock_shows_its_holder_and_its_path_and_its_file_is_known_to_be_open(string fileSystem, string kind)
    {
        var path = Path.Join(Mounted(fileSystem), "mbox");
        if (fileSystem != "overlay-copied-up")
        {
            File.WriteAllText(path, "From x\n");
        }

        using var maker = LockMaker.Start(kind, "write", path);
        var processes = _reader.ReadProcesses();
        var locks = _reader.ReadLocks(processes);
        var entry = Assert.Single(locks.Entries, e => e.Path?.Text == path);

        Assert.Equal([maker.Pid], entry.Parties.Select(p => p.Process.Pid));
        Assert.Equal(PathState.Current, entry.PathState);
        Assert.Equal(ArtefactReader.Stat(FilePath.FromText(path)).Value.Identity, entry.File);
        Assert.Equal([maker.Pid], _reader.ReadOpenFiles(processes, new HashSet<FileIdentity> { entry.File!.Value }).Of(entry.File.Value).Select(o => o.Process.Pid));
    }

    [MountTheory, InlineData("btrfs"), InlineData("overlay")]
    public void A_stale_lock_is_taken_over_and_put_back(string fileSystem)
    {
        using var store = new TestStore(Mounted(fileSystem));
        store.Write("alice", "From a\n\n");
        store.PlantStale();
        var plan = store.Plan(TestStore.FactsOf(store.Lock)) with { Mailbox = TestStore.FactsOf(store.Mailbox), MailboxIsMbox = true };

        Assert.False(Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan)).WasRenamedAway);
        Assert.False(File.Exists(store.Lock));
        Assert.IsType<ActOutcome.PutBack>(new Quarantine().Undo(store.RootPath, plan.OperationId, "tester"));
        Assert.Equal("4194999\n", File.ReadAllText(store.Lock));
    }

    public void Dispose()
    {
        if (_overlay is not null)
        {
            LoopMount.Run("umount", _overlay);
        }

        _disk?.Dispose();
    }

    // For an overlay: a file "mbox" of the lower layer, which the first writer has copied up.
    private string Mounted(string fileSystem)
    {
        if (fileSystem == "btrfs")
        {
            _disk = new LoopMount(128, fileSystem: "btrfs");
            var volume = Path.Join(_disk.Path, "store");
            LoopMount.Run("btrfs", "subvolume", "create", volume);
            return volume;
        }

        _disk = new LoopMount();
        string In(string name) => Directory.CreateDirectory(Path.Join(_disk.Path, name)).FullName;
        var (lower, upper, work, merged) = (In("lower"), In("upper"), In("work"), In("merged"));
        File.WriteAllText(Path.Join(lower, "mbox"), "From x\n");
        LoopMount.Run("mount", "-t", "overlay", "overlay", "-o", $"lowerdir={lower},upperdir={upper},workdir={work}", merged);
        return _overlay = merged;
    }
}
