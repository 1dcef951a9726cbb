using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Real events of the kernel: names that other processes make, write, move and remove. Needs root.</summary>
public sealed class StoreWatchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Scratch _store = new();
    private readonly CreatorBook _creators = new();
    private readonly ConcurrentDictionary<FilePath, int> _seen = new();
    private readonly ConcurrentQueue<string> _lost = new();
    private readonly ConcurrentQueue<ChangedDirectory> _listed = new();
    private readonly StoreWatch _watch;

    public StoreWatchTests()
    {
        _watch = Start(_store.Path, _creators);
    }

    [MountFact]
    public void A_lock_that_is_made_and_removed_is_reported_each_time()
    {
        var path = Path.Join(_store.Path, "box.lock");
        File.WriteAllText(path, "7\n");
        Eventually(() => Count(path) > 0);
        var before = Count(path);
        File.Delete(path);
        Eventually(() => Count(path) > before);
    }

    [MountFact]
    public void A_name_that_no_mail_system_makes_is_not_reported()
    {
        var ours = Path.Join(_store.Path, "box.lock");
        File.WriteAllText(Path.Join(_store.Path, "1700000000.M1P2.mail1,S=3"), "");
        File.WriteAllText(ours, "");
        Eventually(() => Count(ours) > 0);
        Assert.Equal([FilePath.FromText(ours)], _seen.Keys);
    }

    [MountFact]
    public void The_creator_of_an_empty_lock_is_known_after_its_death()
    {
        var path = Path.Join(_store.Path, "box.lock");
        using (var maker = Process.Start(new ProcessStartInfo("sh", ["-c", "set -C; : >\"$1\"; read end", "sh", path]) { RedirectStandardInput = true })!)
        {
            Eventually(() => CreatorOf(path) is not null);
            maker.StandardInput.Close();
            maker.WaitForExit();
            Assert.Equal((maker.Id, "sh"), (CreatorOf(path)!.Pid, CreatorOf(path)!.Process?.Command));
        }
        Assert.Equal(Environment.ProcessId, CreatorOf(path)!.Parent?.Pid);
    }

    [MountTheory]
    [InlineData("link", "ln \"$1.tmp\" \"$1\"")]
    [InlineData("rename", "mv \"$1.tmp\" \"$1\"")]
    public void Who_links_or_renames_a_file_to_a_lock_is_its_creator(string way, string script)
    {
        var path = Path.Join(_store.Path, "box.lock");
        File.WriteAllText(path + ".tmp", "");
        Run(script + "; true", path);
        Eventually(() => CreatorOf(path) is not null);
        Assert.NotEqual(Environment.ProcessId, CreatorOf(path)!.Pid);
        Assert.True(File.Exists(path), way);
    }

    [MountFact]
    public void The_creator_of_a_lock_that_was_replaced_is_not_that_of_the_new_one()
    {
        var path = Path.Join(_store.Path, "box.lock");
        var first = Run(": >\"$1\"", path);
        Eventually(() => CreatorOf(path)?.Pid == first);
        var second = Run("rm \"$1\"; : >\"$1\"", path);
        Eventually(() => CreatorOf(path)?.Pid == second);
    }

    [MountFact]
    public void A_lock_in_a_directory_that_was_moved_is_reported_under_its_new_path()
    {
        var (before, after) = (Path.Join(_store.Path, "a"), Path.Join(_store.Path, "b"));
        Directory.CreateDirectory(before);
        File.WriteAllText(Path.Join(before, "one.lock"), "");
        Eventually(() => Count(Path.Join(before, "one.lock")) > 0);
        Directory.Move(before, after);
        File.WriteAllText(Path.Join(after, "two.lock"), "");
        Eventually(() => Count(Path.Join(after, "two.lock")) > 0);
        Eventually(() => _listed.Contains(new ChangedDirectory(FilePath.FromText(after), IsDeep: true, IsGone: false)));
        Assert.Contains(new ChangedDirectory(FilePath.FromText(before), IsDeep: false, IsGone: true), _listed);
    }

    [MountTheory]
    [InlineData("ext4")]
    [InlineData("btrfs")]
    public void A_file_system_that_is_mounted_below_the_store_later_is_watched_and_can_be_unmounted(string fileSystem)
    {
        using var disk = new LoopMount(fileSystem == "btrfs" ? 128 : 8, fileSystem: fileSystem);
        using var watch = Start(disk.Path, _creators);
        var path = Path.Join(disk.Path, "box.lock");
        File.WriteAllText(path, "");
        Eventually(() => Count(path) > 0);
        LoopMount.Run("umount", disk.Path); // not lazily: it would be refused while anything on it is open
        Eventually(() => _lost.Any(l => l.Contains("unmounted", StringComparison.Ordinal)));
        disk.Mount();
    }

    [MountFact]
    public void A_mount_that_moves_with_a_directory_around_it_is_watched_under_its_new_path()
    {
        var disk = Directory.CreateDirectory(Path.Join(_store.Path, "a/disk")).FullName;
        LoopMount.Run("mount", "-t", "tmpfs", "none", disk);
        try
        {
            Eventually(() => _lost.Any(l => l.Contains("mounted", StringComparison.Ordinal)));
            // The second move comes when no change of the mount table is on its way any longer.
            foreach (var (from, to) in new[] { ("a", "b"), ("b", "c"), ("c", "d") })
            {
                _lost.Clear();
                Directory.Move(Path.Join(_store.Path, from), Path.Join(_store.Path, to));
                disk = Path.Join(_store.Path, to, "disk");
                // What changed on it before its new path was known is found by a scan.
                Eventually(() => !_lost.IsEmpty);
                var path = Path.Join(disk, "box.lock");
                File.WriteAllText(path, "");
                Eventually(() => Count(path) > 0);
                File.Delete(path);
            }
        }
        finally
        {
            LoopMount.Run("umount", "--lazy", disk);
        }
    }

    [MountFact]
    public void A_snapshot_that_is_made_in_the_store_is_listed()
    {
        using var disk = new LoopMount(128, fileSystem: "btrfs");
        LoopMount.Run("btrfs", "subvolume", "create", Path.Join(disk.Path, "a"));
        File.WriteAllText(Path.Join(disk.Path, "a/box.lock"), "");
        using var watch = Start(disk.Path, _creators);
        LoopMount.Run("btrfs", "subvolume", "snapshot", Path.Join(disk.Path, "a"), Path.Join(disk.Path, "b"));
        Eventually(() => _listed.Contains(new ChangedDirectory(FilePath.FromText(Path.Join(disk.Path, "b")), IsDeep: true, IsGone: false)));
        // An ordinary one is empty when it is made: events say what comes into it.
        Directory.CreateDirectory(Path.Join(disk.Path, "c"));
        File.WriteAllText(Path.Join(disk.Path, "c/box.lock"), "");
        Eventually(() => Count(Path.Join(disk.Path, "c/box.lock")) > 0);
        Assert.DoesNotContain(_listed, d => d.Path == FilePath.FromText(Path.Join(disk.Path, "c")));
    }

    [MountFact]
    public void Events_that_the_kernel_dropped_are_reported_and_leave_no_creator()
    {
        using var disk = new LoopMount();
        using var mount = new OtherMount(disk, "tmpfs", "");
        var creators = new CreatorBook();
        using var isBusy = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var dropped = false;
        using var watch = StoreWatch.Start([new ScanRoot(FilePath.FromText(mount.Path))], ConventionMatcher.IsCandidate, creators, _ => [], TimeProvider.System, changes =>
        {
            isBusy.Set();
            goOn.Wait(Patience);
            Volatile.Write(ref dropped, dropped | changes.IsDropped);
        }).Value;
        var path = Path.Join(mount.Path, "box.lock");
        File.WriteAllText(Path.Join(mount.Path, "first.lock"), "");
        Assert.True(isBusy.Wait(Patience));
        // The watch is stopped in its report: these wait in the queue, and what comes after them does not fit.
        Run(": >\"$1\"", path);
        var room = int.Parse(File.ReadAllText("/proc/sys/fs/fanotify/max_queued_events"), CultureInfo.InvariantCulture);
        for (var i = 0; i <= room; i++)
            Directory.CreateDirectory(Path.Join(mount.Path, "d" + i.ToString(CultureInfo.InvariantCulture)));
        Run("mv \"$1\" \"$1.x\"; mv \"$1.x\" \"$1\"; true", path);
        goOn.Set();
        Eventually(() => Volatile.Read(ref dropped));
        Assert.Null(creators.Of(ArtefactReader.Stat(FilePath.FromText(path)).Value));
        // From then on it sees again.
        var later = Path.Join(mount.Path, "later.lock");
        var maker = Run(": >\"$1\"", later);
        Eventually(() => creators.Of(ArtefactReader.Stat(FilePath.FromText(later)).Value)?.Pid == maker);
    }

    [MountTheory]
    [InlineData("tmpfs", "")]
    [InlineData("overlay", "nfs_export=on,index=on")]
    public void A_lock_on_this_kind_of_file_system_is_reported_with_its_creator(string fileSystem, string options)
    {
        using var disk = new LoopMount();
        using var mount = new OtherMount(disk, fileSystem, options);
        var creators = new CreatorBook();
        using var watch = Start(mount.Path, creators);
        Assert.Empty(watch.Unwatched);
        var path = Path.Join(mount.Path, "box.lock");
        var maker = Run(": >\"$1\"", path);
        Eventually(() => creators.Of(ArtefactReader.Stat(FilePath.FromText(path)).Value)?.Pid == maker);
    }

    [MountFact]
    public void An_overlay_that_reports_nothing_is_named_with_the_reason()
    {
        using var disk = new LoopMount();
        using var mount = new OtherMount(disk, "overlay", "");
        using var watch = Start(mount.Path, _creators);
        var unwatched = Assert.Single(watch.Unwatched);
        Assert.Equal((FilePath.FromText(mount.Path), "overlay reports no changes of names"), (unwatched.Path, unwatched.Why));
    }

    [MountFact]
    public void A_subvolume_that_is_mounted_by_itself_is_named_with_the_reason()
    {
        using var disk = new LoopMount(128, fileSystem: "btrfs");
        LoopMount.Run("btrfs", "subvolume", "create", Path.Join(disk.Path, "mail"));
        using var mount = new OtherMount(disk, "btrfs", "subvol=mail");
        using var watch = Start(mount.Path, _creators);
        Assert.Equal("btrfs reports no changes of a subvolume that is mounted by itself", Assert.Single(watch.Unwatched).Why);
    }

    [MountFact]
    public void A_root_that_is_a_bind_mount_is_seen_by_its_own_path_and_what_is_outside_it_is_not()
    {
        using var disk = new LoopMount();
        var inside = Directory.CreateDirectory(Path.Join(disk.Path, "inside")).FullName;
        using var mount = new OtherMount(disk, "bind", "");
        LoopMount.Run("mount", "--bind", inside, mount.Path);
        using var watch = Start(mount.Path, _creators);
        File.WriteAllText(Path.Join(disk.Path, "outside.lock"), "");
        File.WriteAllText(Path.Join(inside, "box.lock"), "");
        Eventually(() => Count(Path.Join(mount.Path, "box.lock")) > 0);
        Assert.Equal([FilePath.FromText(Path.Join(mount.Path, "box.lock"))], _seen.Keys);
    }

    [MountFact]
    public void A_file_system_that_does_not_answer_below_the_store_delays_nothing()
    {
        var dead = Directory.CreateDirectory(Path.Join(_store.Path, "dead")).FullName;
        using var mount = new DeadMount(dead);
        var probe = new MountProbe(TimeSpan.FromMilliseconds(200));
        using var watch = StoreWatch.Start(
            [new ScanRoot(FilePath.FromText(_store.Path))], ConventionMatcher.IsCandidate, _creators, mounts => probe.Silent(mounts, [FilePath.FromText(_store.Path)]), TimeProvider.System, Take).Value;
        var unwatched = Assert.Single(watch.Unwatched);
        Assert.Equal((FilePath.FromText(dead), "its file system does not answer"), (unwatched.Path, unwatched.Why));
        var path = Path.Join(_store.Path, "box.lock");
        File.WriteAllText(path, "");
        Eventually(() => Count(path) > 0);
    }

    [MountFact]
    public void A_user_who_makes_names_without_end_pushes_out_only_their_own_creators()
    {
        var book = new CreatorBook(limitOfUser: 10, limit: 15);
        var creator = new Creator(1, null, null, DateTimeOffset.UnixEpoch);
        var quiet = FilePath.FromText("/mail/quiet.lock");
        book.Note(quiet, new FileIdentity(1, 1, 1), null, 500, creator);
        for (var i = 0; i < 1_000; i++)
            book.Note(FilePath.FromText($"/mail/{i}.lock"), new FileIdentity(1, 1, (ulong)i + 2), null, 1000, creator);
        Assert.Equal(11, book.Count);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _store.Dispose();
    }

    private StoreWatch Start(string root, CreatorBook creators) => StoreWatch.Start(
        [new ScanRoot(FilePath.FromText(root))], ConventionMatcher.IsCandidate, creators, _ => [], TimeProvider.System, Take).Value;

    private void Take(StoreChanges changes)
    {
        foreach (var name in changes.Names)
            _seen.AddOrUpdate(name, 1, (_, count) => count + 1);
        foreach (var directory in changes.Directories)
            _listed.Enqueue(directory);
        if (changes.Lost is { } lost)
            _lost.Enqueue(lost);
    }

    private int Count(string path) => _seen.GetValueOrDefault(FilePath.FromText(path));

    private Creator? CreatorOf(string path) => ArtefactReader.Stat(FilePath.FromText(path)).TryGet(out var file) ? _creators.Of(file) : null;

    private static int Run(string script, string argument)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", script, "sh", argument]))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return process.Id;
    }

    private static void Eventually(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience), "What is waited for has not happened.");

    /// <summary>A file system that is mounted on a directory of its own, made of what is on a disk.</summary>
    private sealed class OtherMount : IDisposable
    {
        private readonly Scratch _directory = new();

        /// <param name="fileSystem">Its type; for <c>bind</c> nothing is mounted yet.</param>
        public OtherMount(LoopMount disk, string fileSystem, string options)
        {
            if (fileSystem == "overlay")
            {
                foreach (var part in (string[])["lower", "upper", "work"])
                    Directory.CreateDirectory(System.IO.Path.Join(disk.Path, part));
                LoopMount.Run("mount", "-t", "overlay", "-o", $"lowerdir={disk.Path}/lower,upperdir={disk.Path}/upper,workdir={disk.Path}/work{(options.Length > 0 ? "," + options : "")}", "overlay", Path);
            }
            else if (fileSystem == "btrfs")
            {
                LoopMount.Run("mount", "-o", "loop," + options, disk.Image, Path);
            }
            else if (fileSystem == "tmpfs")
            {
                LoopMount.Run("mount", "-t", "tmpfs", "none", Path);
            }
        }

        public string Path => _directory.Path;

        public void Dispose()
        {
            LoopMount.Run("umount", "--lazy", Path);
            _directory.Dispose();
        }
    }
}
