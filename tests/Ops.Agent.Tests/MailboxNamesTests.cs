using System.Diagnostics;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>Mailboxes that are reached by other names than the one beside their lock: who is on them is on the inode, whatever name was used. On real files with real processes.</summary>
public sealed class MailboxNamesTests : IDisposable
{
    private const string Mail = "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n";
    private static readonly TimeSpan Old = TimeSpan.FromHours(2);
    private readonly Store _store = new();
    private readonly Stack<string> _mounts = new();

    public static TheoryData<string> OtherNames => ["link", "absolute link", "link to link", "hard link", "bind mount of the directory", "bind mount of the file"];

    [RootTheory, MemberData(nameof(OtherNames))]
    public async Task A_mailbox_in_use_under_another_name_keeps_its_lock(string how)
    {
        Make(how, out var opened);
        foreach (var kind in (string[])["posix", "flock", "ofd", "open", "mapped"])
        {
            using var user = LockMaker.Start(kind, "write", opened);
            var found = await Lock();
            Assert.Empty(found.Actions);
            Assert.Contains(found.Evidence, e => e.Question is "mailbox-open" or "mailbox-locked" && e.Detail.Contains($"pid {user.Pid} ", StringComparison.Ordinal));
            var (code, output, error) = await _store.OpsHere("break", _store.File("spool/alice.lock"), "--reason", "a test", "--dry-run");
            Assert.True(code == ExitCode.Refused, output + error);
        }
    }

    [RootTheory, MemberData(nameof(OtherNames))]
    public async Task A_dead_owners_lock_is_broken_when_its_mailbox_is_unused_under_every_name(string how)
    {
        Make(how, out _);
        var found = await Lock();
        Assert.Equal(["break"], found.Actions);
        var (code, output, error) = await _store.OpsHere("break", _store.File("spool/alice.lock"), "--reason", "a test");
        Assert.True(code == ExitCode.Done, output + error);
        Assert.False(File.Exists(_store.File("spool/alice.lock")));
        Assert.Equal(Mail, await File.ReadAllTextAsync(_store.File("spool/alice")));
    }

    [Fact]
    public async Task The_evidence_names_the_file_that_was_looked_at_and_how_it_was_found()
    {
        Make("link", out var mailbox);
        var found = await Lock();
        Assert.Equal(mailbox, found.Mailbox);
        var way = Assert.Single(found.Evidence, e => e.Question == "mailbox-found");
        Assert.Equal("yes", way.Answer);
        Assert.Contains($"{_store.File("spool/alice")} is a symbolic link (uid 0) to ../home/mbox", way.Detail, StringComparison.Ordinal);
        Assert.Contains($"the mailbox is {mailbox}", way.Detail, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Unsafe => new()
    {
        { "out of the roots", "/etc/hostname", "outside the roots" },
        { "up out of the roots", "../../../../../../../etc/hostname", "outside the roots" },
        { "a circle", "alice", "in a circle" },
        { "nothing there", "../home/nothing", "nothing is at" },
        { "no such directory", "../nowhere/mbox", "no directory" },
        { "a directory that is a link", "../way/mbox", "itself a symbolic link" },
        { "down and up", "../home/../home/mbox", "down and up" },
        { "a FIFO", "../home/fifo", "FIFO" },
    };

    [Theory, MemberData(nameof(Unsafe))]
    public async Task A_link_that_cannot_be_followed_safely_is_a_refusal_with_the_reason(string what, string target, string reason)
    {
        _store.StaleLock("spool/alice");
        _store.Write("home/mbox", Mail, Old);
        Directory.CreateSymbolicLink(_store.File("way"), "home");
        Run("mkfifo", _store.File("home/fifo"));
        File.Delete(_store.File("spool/alice"));
        File.CreateSymbolicLink(_store.File("spool/alice"), target);
        var found = await Lock();
        Assert.True(found.Verdict == "refused", $"{what}: {found.Verdict}");
        Assert.Empty(found.Actions);
        Assert.Contains(found.Evidence, e => e is { Question: "mailbox-found", Blocks: true } && e.Detail.Contains(reason, StringComparison.Ordinal));
        Assert.Contains(reason, found.Summary, StringComparison.Ordinal);
    }

    [RootTheory, InlineData(Modes.O1777, 4242u, false), InlineData(Modes.O1777, 0u, true), InlineData(Modes.O755, 4242u, true), InlineData(Modes.O775, 4242u, false)]
    public async Task A_strangers_link_in_a_directory_that_others_can_write_to_decides_nothing(int mode, uint owner, bool isFollowed)
    {
        Make("link", out _);
        Run("chown", "-h", $"{owner}", _store.File("spool/alice"));
        File.SetUnixFileMode(_store.File("spool"), (UnixFileMode)mode);
        var found = await Lock();
        Assert.Equal(isFollowed ? ["break"] : [], found.Actions);
        Assert.Equal(isFollowed, found.Evidence.Single(e => e.Question == "mailbox-found").Answer == "yes");
        // One who links to a file of their own says only what is true.
        Run("chown", $"{owner}", _store.File("home/mbox"), _store.File("spool/alice.lock"));
        found = await Lock();
        Assert.Equal("yes", found.Evidence.Single(e => e.Question == "mailbox-found").Answer);
    }

    [Fact]
    public async Task A_lock_and_a_mailbox_reached_through_a_linked_directory_are_refused_with_the_real_name()
    {
        Make("link", out _);
        Directory.CreateSymbolicLink(_store.File("by"), "spool");
        var found = Assert.Single(await _store.Scan(), f => f.Path == _store.File("by/alice.lock"));
        Assert.Empty(found.Actions);
        Assert.Equal("refused", found.Verdict);
        Assert.Contains(_store.File("spool"), found.Summary, StringComparison.Ordinal);
    }

    [RootFact]
    public async Task A_mailbox_in_another_root_is_locked_there_while_its_lock_is_broken()
    {
        using var homes = new Scratch();
        var mailbox = homes.Write("mbox", Mail, Old);
        var path = _store.StaleLock("alice");
        File.Delete(_store.File("alice"));
        File.CreateSymbolicLink(_store.File("alice"), mailbox);
        string[] both = ["--root", _store.Path, "--root", homes.Path, "--age-by", "mtime"];
        string[] act = ["break", path, "--reason", "a test", .. both, "--state", _store.State, "--policy", _store.QuickPolicy()];
        using (LockMaker.Start("flock", "write", mailbox))
            Assert.Equal(ExitCode.Refused, (await Store.Ops(act)).Code);
        var (code, output, error) = await Store.Ops(act);
        Assert.True(code == ExitCode.Done, output + error);
        // It can be put back: the mark of the mailbox is its real path.
        var operation = Path.GetFileName(Directory.GetDirectories(_store.File(".ops-quarantine")).Single());
        var undone = await Store.Ops(["undo", operation, "--reason", "a test", .. both[..4], "--state", _store.State, "--policy", _store.QuickPolicy()]);
        Assert.True(undone.Code == ExitCode.Done, undone.Output + undone.Error);
        Assert.True(File.Exists(path));
    }

    [RootFact]
    public async Task A_file_of_the_same_number_in_another_btrfs_subvolume_is_another_file()
    {
        var image = _store.File("disk.img");
        await using (var file = File.Create(image))
            file.SetLength(128 * 1024 * 1024);
        Run("mkfs.btrfs", "-q", "-f", image);
        var disk = Directory.CreateDirectory(_store.File("disk")).FullName;
        Run("mount", "-o", "loop", image, disk);
        _mounts.Push(disk);
        foreach (var volume in (string[])["disk/one", "disk/two"])
        {
            Run("btrfs", "subvolume", "create", _store.File(volume));
            _store.StaleLock(volume + "/alice");
        }
        string one = _store.File("disk/one/alice"), two = _store.File("disk/two/alice");
        Assert.Equal(new Mono.Unix.UnixFileInfo(one).Inode, new Mono.Unix.UnixFileInfo(two).Inode);
        foreach (var kind in (string[])["posix", "flock", "ofd", "mapped"])
        {
            using var user = LockMaker.Start(kind, "write", one);
            var found = await _store.Scan();
            Assert.Empty(found.Single(f => f.Path == one + ".lock").Actions);
            Assert.Equal(["break"], found.Single(f => f.Path == two + ".lock").Actions);
        }
    }

    [Fact]
    public async Task Roots_that_overlap_or_are_links_give_one_finding_by_its_real_name()
    {
        Make("link", out var mailbox);
        using var elsewhere = new Scratch();
        Directory.CreateSymbolicLink(elsewhere.File("root"), _store.Path);
        using var user = LockMaker.Start("posix", "write", mailbox);
        var (_, output, _) = await Store.Ops("scan", "--json", "--root", elsewhere.File("root"), "--root", _store.File("spool"), "--root", _store.Path, "--age-by", "mtime");
        var found = Assert.Single(output.Split('\n'), l => l.Contains("\"dot-lock\"", StringComparison.Ordinal));
        Assert.Contains($"\"path\":\"{_store.File("spool/alice.lock")}\"", found, StringComparison.Ordinal);
        Assert.Contains("\"actions\":[]", found, StringComparison.Ordinal);
        Assert.Contains($"pid {user.Pid} ", found, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (var mount in _mounts)
            Run("umount", mount);
        _store.Dispose();
    }

    private async Task<Finding> Lock() => Assert.Single(await _store.Scan(), f => f.Path == _store.File("spool/alice.lock"));

    /// <summary>A lock of a dead process for <c>spool/alice</c>, which is, in this way, the file that <paramref name="opened"/> names. Bind mounts need root.</summary>
    private void Make(string how, out string opened)
    {
        _store.StaleLock("spool/alice");
        var alice = _store.File("spool/alice");
        opened = _store.File("home/mbox");
        Directory.CreateDirectory(_store.File("home"));
        switch (how)
        {
            case "bind mount of the directory":
                Mount(_store.File("spool"), _store.File("home"));
                opened = _store.File("home/alice");
                return;
            case "bind mount of the file":
                _store.Write("home/mbox", Mail, Old);
                Mount(opened, alice);
                return;
            default:
                File.Move(alice, opened);
                break;
        }
        switch (how)
        {
            case "link":
                File.CreateSymbolicLink(alice, "../home/mbox");
                break;
            case "absolute link":
                File.CreateSymbolicLink(alice, opened);
                break;
            case "link to link":
                File.CreateSymbolicLink(alice, "next");
                File.CreateSymbolicLink(_store.File("spool/next"), "../home/mbox");
                break;
            case "hard link":
                Run("ln", opened, alice);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(how));
        }
    }

    private void Mount(string from, string at)
    {
        Run("mount", "--bind", from, at);
        _mounts.Push(at);
    }

    private static void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
    }
}
