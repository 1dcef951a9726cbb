using System.Diagnostics;
using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;
using static Ops.Agent.Tests.Looking;

namespace Ops.Agent.Tests;

/// <summary>What stops delivery besides locks, and whose message a linked leftover is, on real files.</summary>
public sealed class ObstacleScanTests : IDisposable
{
    private const string Mbox = "From a@x Sat Nov 21 07:16:37 2026\n\nHello\n\n";
    private readonly Store _store = new();

    [Theory]
    [InlineData(Modes.O700, "not executable")]
    [InlineData(0x5B0, "mandatory locks")]
    public async Task A_mailbox_with_a_mode_that_programs_refuse_is_reported_and_the_usual_mode_is_not(int mode, string said)
    {
        var mailbox = _store.Write("box", Mbox);
        Assert.DoesNotContain(await _store.Scan(), f => f.Relation == "delivery-obstacle" && f.Path == mailbox);
        File.SetUnixFileMode(mailbox, (UnixFileMode)mode);
        var found = Assert.Single(await _store.Scan(), f => f.Relation == "delivery-obstacle" && f.Path == mailbox);
        Assert.Contains(said, found.Summary, StringComparison.Ordinal);
        Assert.Equal(("refused", mailbox), (found.Verdict, found.Mailbox));
        Assert.Empty(found.Actions);
    }

    [Fact]
    public async Task A_mailbox_of_another_owner_and_a_spool_without_room_for_dot_locks_are_reported_and_other_files_are_not()
    {
        var mailbox = _store.Write("mail", Mbox);                                       // the name of an account
        _store.Write("daemon", Mbox);
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(_store.File("daemon"), Users.UidOf("daemon")!.Value, 0));
        File.SetUnixFileMode(_store.Write("program", "#!/bin/sh\n"), (UnixFileMode)Modes.O700);
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(_store.Path, 0, 0));
        File.SetUnixFileMode(_store.Path, (UnixFileMode)Modes.O755);
        var found = (await _store.Scan()).Where(f => f.Relation == "delivery-obstacle" && f.Path.StartsWith(_store.Path, StringComparison.Ordinal)).ToList();
        Assert.Contains("it belongs to uid 0 (root)", Assert.Single(found, f => f.Path == mailbox).Summary, StringComparison.Ordinal);
        Assert.Contains("No dot lock can be made", Assert.Single(found, f => f.Path == _store.Path).Summary, StringComparison.Ordinal);
        Assert.Equal(2, found.Count);
    }

    [Fact]
    public void A_store_without_space_or_inodes_is_reported()
    {
        Run("mount", "-t", "tmpfs", "-o", "size=4m,nr_inodes=8", "ops-test", _store.Path);
        try
        {
            IEnumerable<Finding> Obstacles() => new HostSurvey(_store.Settings(), TimeProvider.System).LookAtStores(CancellationToken.None).Findings.Where(f => f.Relation == "delivery-obstacle" && f.Path == _store.Path);
            File.WriteAllBytes(_store.File("big"), new byte[3500 * 1024]);
            Assert.Contains(Obstacles(), f => f.Summary.Contains("is full", StringComparison.Ordinal) && f.Evidence[0].Source == "statvfs");
            for (var i = 0; i < 6; i++)
                File.WriteAllBytes(_store.File($"f{i}"), []);
            Assert.Contains(Obstacles(), f => f.Summary.Contains("0 of 8 inodes are left", StringComparison.Ordinal));
        }
        finally
        {
            Run("umount", _store.Path);
        }
    }

    [Fact]
    public void A_cleaner_rule_that_reaches_a_lock_in_use_is_reported_with_its_file()
    {
        var rules = _store.Write("tmpfiles.d/tmp.conf", "q /tmp 1777 root root 10d\n");
        var mailbox = _store.Write("box", "*mbx*\r\n");
        var status = new Mono.Unix.UnixFileInfo(mailbox);
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/.{status.Device:x}.{status.Inode:x}");
        try
        {
            using var exim = LockMaker.Start("open", "read", mailbox, "--", "posix", "write", name);
            IEnumerable<Finding> Found(string directory) => new HostSurvey(_store.Settings() with { TmpFilesDirectories = [directory] }, TimeProvider.System).LookAtStores(CancellationToken.None)
                .Findings.Where(f => f.Relation == "delivery-obstacle" && f.Path == "/tmp");
            var found = Assert.Single(Found(Path.GetDirectoryName(rules)!));
            Assert.Contains(found.Evidence, e => e.Source == rules);
            Assert.Contains(found.Evidence, e => e.Detail.Contains($"{name}: pid {exim.Pid} ", StringComparison.Ordinal));
            Assert.Empty(Found(_store.File("nothing")));
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public async Task The_damaged_message_of_a_linked_staging_file_is_named_wherever_below_the_root_it_is()
    {
        var pid = Store.DeadPid();
        var stage = _store.Write($"stage./{pid}-1763709397-0", "Subject: a message\n\n", TimeSpan.FromHours(2));
        var message = _store.File("user/alice/12.");
        Directory.CreateDirectory(Path.GetDirectoryName(message)!);
        Link(stage, message);
        var orphan = Assert.Single(await _store.Scan(), f => f.Path == stage);
        Assert.Equal("orphan-linked", orphan.Verdict);
        Assert.Contains($"lives on under another, {message}", orphan.Summary, StringComparison.Ordinal);

        // Started well after the inode was made: it opened what another left.
        await Eventually(() => Task.FromResult(DateTime.UtcNow - File.GetCreationTimeUtc(message) > TimeSpan.FromSeconds(1)));
        using var writer = LockMaker.Start("open", "write", stage);
        var ghost = Assert.Single(await _store.Scan(), f => f.Path == stage);
        Assert.Equal(("ghost-write", writer.Pid), (ghost.Verdict, ghost.Owner!.Pid));
        Assert.Contains($"the message {message} is being overwritten", ghost.Summary, StringComparison.Ordinal);
        var (_, said, _) = await _store.OpsHere("explain", stage);
        Assert.Contains(message, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_for_names_that_runs_out_of_its_budget_says_so()
    {
        for (var i = 0; i < 20; i++)
            _store.Write($"d{i}/f");
        var file = _store.Write("far/away/message");
        Link(file, _store.File("stage"));
        var mounts = new MountReader().Read().Mounts;
        Assert.True(ArtefactReader.Stat(FilePath.FromText(file)).TryGet(out var facts));
        var whole = new LinkedNameSearch(mounts).Find([FilePath.FromText(_store.Path)], [facts.Identity], CancellationToken.None)[facts.Identity];
        Assert.Equal((2, null), (whole.Paths.Count, whole.Unfinished));
        var cut = new LinkedNameSearch(mounts, nameLimit: 5).Find([FilePath.FromText(_store.Path)], [facts.Identity], CancellationToken.None)[facts.Identity];
        Assert.Contains("the search ended after", cut.Unfinished, StringComparison.Ordinal);
    }

    public void Dispose() => _store.Dispose();

    private static void Link(string from, string to) => Assert.Equal(0, Mono.Unix.Native.Syscall.link(from, to));

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }
}
