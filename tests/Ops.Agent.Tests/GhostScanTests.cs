using System.Diagnostics;
using System.Globalization;
using static Ops.Agent.Tests.Looking;

namespace Ops.Agent.Tests;

/// <summary>Mail that real processes write where no name leads, and locks that real processes lack or lose.</summary>
public sealed class GhostScanTests : IDisposable
{
    private const string Mbox = "From a@x Sat Nov 21 07:16:37 2026\n\nHello\n\n";
    private readonly Store _store = new();

    [Fact]
    public async Task A_mailbox_removed_under_a_write_lock_is_a_ghost_write_that_can_be_rescued()
    {
        var mailbox = _store.Write("box", Mbox);
        using var writer = LockMaker.Start("posix", "write", mailbox);
        File.Delete(mailbox);
        var found = Assert.Single(await _store.Scan(), f => f.Verdict == "ghost-write");
        Assert.Equal((mailbox, "kernel-lock", writer.Pid), (found.Path, found.Kind, found.Owner!.Pid));
        Assert.Contains("rescue", found.Actions);
    }

    [Fact]
    public async Task A_waiter_for_a_removed_mailbox_is_reported_before_it_writes()
    {
        var mailbox = _store.Write("box", Mbox);
        using var holder = LockMaker.Start("posix", "write", mailbox);
        using var waiter = LockMaker.Start("--wait", "posix", "write", mailbox);
        await Eventually(async () => (await _store.Scan()).Any(f => f.Verdict == "waiting"));
        File.Delete(mailbox);
        Assert.Single(await _store.Scan(), f => f.Relation == "ghost-waiters" && f.Owner!.Pid == waiter.Pid);
    }

    [Theory]
    [InlineData("From a@x Sat Nov 21 07:16:37 2026\n\nHello\n")]
    [InlineData("\u0001\u0001\u0001\u0001\nSubject: x\n\n\u0001\u0001\u0001\u0001\n")]
    [InlineData("BABYL OPTIONS: -*- rmail -*-\nVersion: 5\n")]
    [InlineData("*mbx*\r\n0000000000000000\r\n")]
    public async Task A_writer_without_a_lock_is_a_ghost_in_every_format_whether_the_mailbox_was_replaced_or_removed(string text)
    {
        var mailbox = _store.Write("box", text);
        using var writer = LockMaker.Start("open", "write", mailbox);
        _store.Write("box.new", text);
        File.Move(_store.File("box.new"), mailbox, overwrite: true);
        var replaced = Assert.Single(await _store.Scan(), f => f.Verdict == "ghost-write");
        Assert.Equal(("ghost-writers", writer.Pid), (replaced.Relation, replaced.Owner!.Pid));
        File.Delete(mailbox);
        var removed = Assert.Single(await _store.Scan(), f => f.Verdict == "ghost-write");
        Assert.Contains("a mailbox that was removed", removed.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_prints_the_command_that_rescues_the_bytes_of_a_writer_without_a_lock_and_it_works()
    {
        var mailbox = _store.Write("box", Mbox);
        using var writer = LockMaker.Start("open", "write", mailbox);
        File.Delete(mailbox);
        var (_, said, _) = await _store.OpsHere("explain", mailbox);
        var found = Assert.Single(await _store.Scan(), f => f.Verdict == "ghost-write");
        Assert.Contains($"ops rescue {writer.Pid} {found.Descriptor} --to FILE --reason TEXT", said, StringComparison.Ordinal);
        Assert.DoesNotContain("It is in use: wait", said, StringComparison.Ordinal);
        var to = Path.Join(Path.GetDirectoryName(_store.Path), "saved");
        var (code, _, error) = await Store.Ops("rescue", $"{writer.Pid}", $"{found.Descriptor}", "--to", to, "--reason", "a test", "--root", _store.Path, "--policy", _store.QuickPolicy(), "--state", _store.State);
        Assert.True(code == ExitCode.Done, error);
        Assert.Equal(Mbox, File.ReadAllText(to));
    }

    [Fact]
    public async Task Removed_scratch_files_lock_files_and_files_of_other_content_are_no_ghosts()
    {
        using var scratch = LockMaker.Start("open", "write", _store.File("scratch"));     // made by the process itself
        File.WriteAllText(_store.File("scratch"), Mbox);
        using var other = LockMaker.Start("posix", "write", _store.Write("data", "no mail"));
        using var handle = LockMaker.Start("posix", "write", _store.Write("box.lock", ""));
        using var temporary = LockMaker.Start("posix", "write", _store.Write("box.1234567890.host.77", Mbox));
        foreach (var name in new[] { "scratch", "data", "box.lock", "box.1234567890.host.77" })
            File.Delete(_store.File(name));
        Assert.DoesNotContain(await _store.Scan(), f => f.Verdict == "ghost-write" || f.Relation is not null);
    }

    [Fact]
    public async Task A_writer_in_another_mount_namespace_is_a_ghost_under_the_name_that_the_host_has_for_its_file()
    {
        var mailbox = _store.Write("box", Mbox);
        Directory.CreateDirectory(_store.File("inside"));
        using var unit = Namespace($"mount --bind '{_store.Path}' '{_store.File("inside")}' && exec 3>>'{_store.File("inside")}/box'");
        _store.Write("box.new", Mbox);
        File.Move(_store.File("box.new"), mailbox, overwrite: true);
        var found = Assert.Single(await _store.Scan(), f => f.Verdict == "ghost-write");
        Assert.Equal((mailbox, unit.Pid), (found.Path, found.Owner!.Pid));
        Assert.Contains(found.Evidence, e => e.Detail.Contains($"another mount namespace, where the name is {_store.File("inside")}/box", StringComparison.Ordinal));
        File.Delete(mailbox);
        Assert.Contains("was removed", Assert.Single(await _store.Scan(), f => f.Verdict == "ghost-write").Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_locked_writer_in_another_mount_namespace_is_a_ghost_too()
    {
        var mailbox = _store.Write("box", Mbox);
        using var unit = Namespace($"exec 3>>'{mailbox}' && flock 3");
        Assert.DoesNotContain(await _store.Scan(), f => f.Verdict == "ghost-write");
        _store.Write("box.new", Mbox);
        File.Move(_store.File("box.new"), mailbox, overwrite: true);
        Assert.Equal(unit.Pid, Assert.Single(await _store.Scan(), f => f.Verdict == "ghost-write").Owner!.Pid);
    }

    [Fact]
    public async Task Two_holders_of_one_mbx_lock_in_two_tmp_directories_are_reported_with_the_mount_namespace_as_the_cause()
    {
        var mailbox = _store.Write("box", "*mbx*\r\n");
        var status = new Mono.Unix.UnixFileInfo(mailbox);
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/.{status.Device:x}.{status.Inode:x}");
        var tmp = _store.File("systemd-private-0123456789abcdef0123456789abcdef-exim4.service-AbC123/tmp");
        Directory.CreateDirectory(tmp);
        try
        {
            using var imapd = LockMaker.Start("open", "read", mailbox, "--", "flock", "write", name);
            using var exim = Namespace($"exec 4<'{mailbox}' && mount --bind '{tmp}' /tmp && exec 3>>'{name}' && flock 3");
            var found = Assert.Single(await _store.Scan(), f => f.Verdict == "split-brain");
            Assert.Contains($"Each has a /tmp of its own: pid {exim.Pid} (sh) by its mount namespace (unit exim4.service has PrivateTmp)", found.Summary, StringComparison.Ordinal);
            Assert.DoesNotContain("removed", found.Summary, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public async Task A_writer_without_a_lock_next_to_a_lock_holder_is_reported()
    {
        var mailbox = _store.Write("box", Mbox);
        using var holder = LockMaker.Start("posix", "write", mailbox);
        Assert.DoesNotContain(await _store.Scan(), f => f.Relation is not null);
        using var writer = Shell($"exec 3>>'{mailbox}'");
        var found = Assert.Single(await _store.Scan(), f => f.Relation == "incompatible-locking");
        Assert.Equal(("refused", writer.Pid, mailbox), (found.Verdict, found.Owner!.Pid, found.Mailbox));
        Assert.Empty(found.Actions);
    }

    [Fact]
    public async Task A_holder_that_has_the_mailbox_open_twice_is_warned_of_and_its_lost_lock_is_reported()
    {
        var mailbox = _store.Write("box", Mbox);
        using var python = LockMaker.Start("posix", "write", mailbox, "--", "open", "read", mailbox);
        var risk = Assert.Single(await _store.Scan(), f => f.Relation == "lock-at-risk");
        Assert.Equal(("refused", python.Pid, mailbox), (risk.Verdict, risk.Owner!.Pid, risk.Mailbox));

        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        survey.LookAtStores(CancellationToken.None);
        python.CloseLast();
        for (var look = 0; look < 2; look++)
        {
            var lost = Assert.Single(survey.LookAtStores(CancellationToken.None).Findings, f => f.Relation == "lock-lost");
            Assert.Equal(("refused", python.Pid), (lost.Verdict, lost.Owner!.Pid));
            Assert.Empty(lost.Actions);
        }
        python.Kill();
        Assert.DoesNotContain(survey.LookAtStores(CancellationToken.None).Findings, f => f.Relation == "lock-lost");
    }

    [Fact]
    public async Task A_guard_that_exim_and_imapd_lock_by_different_calls_is_warned_of()
    {
        var mailbox = _store.Write("box", "*mbx*\r\n");
        var status = new Mono.Unix.UnixFileInfo(mailbox);
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/.{status.Device:x}.{status.Inode:x}");
        try
        {
            using var imapd = LockMaker.Start("open", "read", mailbox, "--", "flock", "write", name);
            Assert.DoesNotContain(await _store.Scan(), f => f.Relation == "incompatible-locking");
            using var exim = LockMaker.Start("open", "read", mailbox, "--", "posix", "write", name);
            var found = Assert.Single(await _store.Scan(), f => f.Relation == "incompatible-locking");
            Assert.Equal((name, exim.Pid), (found.Path, found.Owner!.Pid));
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public void Programs_that_lock_one_mailbox_in_ways_that_do_not_fit_are_reported_by_the_resident_agent()
    {
        var mailbox = _store.Write("box", Mbox);
        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        List<Contracts.Finding> Looks()
        {
            Contracts.Finding[] last = [];
            for (var i = 0; i < Locks.LockingHabits.Enough; i++)
                last = [.. survey.LookAtStores(CancellationToken.None).Findings];
            return [.. last.Where(f => f.Relation == "incompatible-locking")];
        }
        using (LockMaker.Start("posix", "write", mailbox))
            Assert.Empty(Looks());
        using var other = Shell($"exec 3>>'{mailbox}' && flock 3");
        var found = Assert.Single(Looks());
        Assert.Contains("sh takes a flock lock", found.Summary, StringComparison.Ordinal);
        Assert.Contains("dotnet takes an fcntl lock", found.Summary, StringComparison.Ordinal);
        Assert.Equal(mailbox, found.Mailbox);
    }

    public void Dispose() => _store.Dispose();

    /// <summary>A shell in a mount namespace of its own that has done this and waits until it is disposed.</summary>
    private static Waiting Namespace(string script) => new("unshare", ["-m", "--propagation", "private", "sh", "-c", script + " && echo ready && read x"]);

    private static Waiting Shell(string script) => new("sh", ["-c", script + " && echo ready && read x"]);

    private sealed class Waiting : IDisposable
    {
        private readonly Process _process;

        public Waiting(string program, string[] arguments)
        {
            _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            if (_process.StandardOutput.ReadLine() != "ready")
                throw new InvalidOperationException(_process.StandardError.ReadToEnd());
        }

        // unshare becomes the shell.
        public int Pid => _process.Id;

        public void Dispose()
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
                _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
