using System.Globalization;
using static Ops.Agent.Tests.Looking;

namespace Ops.Agent.Tests;

/// <summary>What several real locks and files say together, made as the incidents make it.</summary>
public sealed class RelationScanTests : IDisposable
{
    private readonly Store _store = new();

    [Fact]
    public async Task Incident_1_two_holders_of_one_mbx_lock_name_are_reported_with_both_pids()
    {
        var mailbox = _store.Write("box", "*mbx*\r\n");
        var status = new Mono.Unix.UnixFileInfo(mailbox);
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/.{status.Device:x}.{status.Inode:x}");
        try
        {
            File.WriteAllText(name, "");
            using var imapd = LockMaker.Start("open", "read", mailbox, "--", "flock", "write", name);
            File.Delete(name);                       // what Exim's cleanup does while the other has it open
            File.WriteAllText(name, "");
            using var exim = LockMaker.Start("open", "read", mailbox, "--", "flock", "write", name);
            var found = Assert.Single(await _store.Scan(), f => f.Verdict == "split-brain");
            Assert.Equal((name, "mbx-lock"), (found.Path, found.Kind));
            Assert.All([imapd.Pid, exim.Pid], pid => Assert.Contains(found.Evidence, e => e.Detail.Contains($"pid {pid} ", StringComparison.Ordinal)));
            Assert.Empty(found.Actions);
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public async Task A_split_session_lock_is_known_by_its_mailbox_when_no_process_has_that_open()
    {
        var mailbox = _store.Write("box", "*mbx*\r\n");
        var status = new Mono.Unix.UnixFileInfo(mailbox);
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/.{status.Device:x}.{status.Inode:x}");
        try
        {
            File.WriteAllText(name, "");
            using var imapd = LockMaker.Start("flock", "write", name);
            File.Delete(name);
            File.WriteAllText(name, "");
            using var exim = LockMaker.Start("flock", "write", name);
            File.Delete(name);                       // now no name leads to either
            var found = Assert.Single(await _store.Scan(), f => f.Relation == "split-brain");
            Assert.Equal((name, mailbox), (found.Path, found.Mailbox));
            var (code, said, _) = await Store.Ops("explain", mailbox, "--root", _store.Path);
            Assert.Equal(0, code);
            Assert.All([imapd.Pid, exim.Pid], pid => Assert.Contains($"pid {pid} ", said, StringComparison.OrdinalIgnoreCase));
            Assert.Contains("split-brain", said, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public async Task A_session_lock_in_tmp_is_reported_with_the_store_that_has_its_mailbox()
    {
        var status = new Mono.Unix.UnixFileInfo(_store.Write("box", "From x\n\n"));
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/.{status.Device:x}.{status.Inode:x}");
        try
        {
            Assert.DoesNotContain(await _store.Scan(), f => f.Path == name);
            // What a crash leaves: any text, and no lock on it.
            File.WriteAllText(name, "4242");
            var free = Assert.Single(await _store.Scan(), f => f.Path == name);
            Assert.Equal(("not-a-lock", "mbx-lock"), (free.Verdict, free.Kind));
            File.Delete(name);
            File.CreateSymbolicLink(name, "/etc/passwd");
            var hostile = Assert.Single(await _store.Scan(), f => f.Path == name);
            Assert.Equal("refused", hostile.Verdict);
            Assert.Empty(hostile.Actions);
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public async Task Flock_and_fcntl_on_one_mailbox_are_reported_as_holders_that_cannot_see_each_other()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var procmail = LockMaker.Start("posix", "write", mailbox);
        Assert.DoesNotContain(await _store.Scan(), f => f.Verdict == "split-brain");
        using var other = LockMaker.Start("flock", "write", mailbox);
        var found = Assert.Single(await _store.Scan(), f => f.Verdict == "split-brain");
        Assert.Equal((mailbox, "mailbox"), (found.Path, found.Kind));
    }

    [Fact]
    public async Task Incident_3_a_writer_without_a_lock_on_the_mailbox_of_yesterday_is_a_ghost()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var writer = LockMaker.Start("open", "write", mailbox);
        Assert.DoesNotContain(await _store.Scan(), f => f.Verdict == "ghost-write");
        _store.Write("box.new", "From y\n\n");
        File.Move(_store.File("box.new"), mailbox, overwrite: true);
        var found = Assert.Single(await _store.Scan(), f => f.Verdict == "ghost-write");
        Assert.Equal((mailbox, writer.Pid), (found.Path, found.Owner!.Pid));
    }

    [Fact]
    public async Task Incident_3_a_waiter_is_reported_before_it_writes()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var python = LockMaker.Start("posix", "write", mailbox);
        using var postfix = LockMaker.Start("--wait", "posix", "write", mailbox);
        await Eventually(async () => (await _store.Scan()).Any(f => f.Verdict == "waiting"));
        _store.Write("box.new", "From y\n\n");
        File.Move(_store.File("box.new"), mailbox, overwrite: true);
        var found = Assert.Single(await _store.Scan(), f => f is { Verdict: "ghost-write", Kind: "mailbox" });
        Assert.Equal(postfix.Pid, found.Owner!.Pid);
    }

    [Fact]
    public async Task A_process_with_a_hitching_post_waits_for_the_lock_and_explain_shows_the_circle()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var holder = LockMaker.Start("dotlock", mailbox + ".lock", "{pid}\n");
        using var poller = LockMaker.Start("posix", "write", mailbox);
        var post = _store.Write(string.Create(CultureInfo.InvariantCulture, $"box.lock.{Environment.MachineName}.{DateTimeOffset.UtcNow.ToUnixTimeSeconds():x8}.{poller.Pid:x8}"));
        var found = Assert.Single(await _store.Scan(), f => f.Verdict == "waiting");
        Assert.Equal((mailbox + ".lock", poller.Pid), (found.Path, found.Owner!.Pid));
        Assert.Equal([holder.Pid], found.BlockedBy);
        var (_, said, _) = await Store.Ops("explain", mailbox, "--root", _store.Path, "--age-by", "mtime");
        Assert.Contains($"pid {poller.Pid}", said, StringComparison.Ordinal);
        Assert.Contains($"Behind pid {holder.Pid} wait, directly or through others: pid {poller.Pid}.", said, StringComparison.Ordinal);
        File.Delete(post);
    }

    [Fact]
    public async Task A_tool_that_was_given_a_bare_name_holds_the_lock_of_the_directory_it_was_started_in()
    {
        _store.Write("box", "From x\n\n", TimeSpan.FromHours(2));
        // The shell under the name of the tool: what is looked at is its name, its arguments, its directory and its child.
        var tool = _store.File("dotlockfile");
        File.Copy("/bin/sh", tool);
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(tool, ["-c", ": > ready; sleep 1000; :", "box.lock"]) { WorkingDirectory = _store.Path })!;
        try
        {
            await Eventually(() => Task.FromResult(File.Exists(_store.File("ready"))));
            var path = _store.Write("box.lock", "0\n", TimeSpan.FromHours(2));
            var found = Assert.Single(await _store.Scan(), f => f.Path == path);
            Assert.Equal(("held", process.Id), (found.Verdict, found.Owner!.Pid));
            Assert.DoesNotContain("break", found.Actions);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
        await Eventually(async () => (await _store.Scan()).Any(f => f is { Kind: "dot-lock", Verdict: "stale" }));
    }

    [Fact]
    public void A_released_lock_is_known_to_be_gone_at_the_next_look()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        using var kept = LockMaker.Start("posix", "write", _store.Write("kept"));
        string key;
        using (LockMaker.Start("posix", "write", mailbox))
            key = Assert.Single(survey.LookAtLocks(CancellationToken.None).Findings, f => f.Path == mailbox).Key;
        var after = survey.LookAtLocks(CancellationToken.None);
        Assert.Contains(key, after.Gone);
        Assert.DoesNotContain(after.Gone, after.Findings.Select(f => f.Key).Contains);
    }

    public void Dispose() => _store.Dispose();
}
