using static Ops.Agent.Tests.Looking;

namespace Ops.Agent.Tests;

/// <summary>Real processes that wait for a dot lock with nothing on disk and nothing in their arguments that shows it.</summary>
public sealed class SilentWaiterScanTests : IDisposable
{
    private readonly Store _store = new();

    [Fact]
    public async Task A_delivery_agent_that_polls_with_the_mailbox_open_is_listed_with_how_that_is_known()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var holder = LockMaker.Start("dotlock", mailbox + ".lock", "{pid}\n");
        using var local = LockMaker.Start("--wait", "name", "local", "--", "open", "write", mailbox, "--", "poll", mailbox + ".lock");
        // Idle, as a session between two commands, and a reader.
        using var idle = LockMaker.Start("name", "imap", "--", "open", "write", mailbox);
        using var reader = LockMaker.Start("--wait", "name", "pop3", "--", "open", "read", mailbox, "--", "await", _store.File("never"));
        var found = await Eventually(async () => (await _store.Scan()).SingleOrDefault(f => f.Relation == "dot-lock-waiter"));
        Assert.Equal(("waiting", mailbox + ".lock", mailbox, local.Pid), (found.Verdict, found.Path, found.Mailbox, found.Owner!.Pid));
        Assert.Equal([holder.Pid], found.BlockedBy);
        Assert.Empty(found.Actions);
        Assert.Contains("probably waits", found.Summary, StringComparison.Ordinal);
        await Eventually(async () => (await _store.OpsHere("explain", mailbox)).Output.Contains(found.Summary, StringComparison.Ordinal) ? found : null);
    }

    [Fact]
    public async Task A_program_that_watches_the_lock_and_has_the_mailbox_open_waits_for_it()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var holder = LockMaker.Start("dotlock", mailbox + ".lock", "{pid}\n");
        using var dovecot = LockMaker.Start("open", "read", mailbox, "--", "watch", mailbox + ".lock");
        using var other = LockMaker.Start("watch", mailbox + ".lock", "--", "watch", _store.Path);
        var found = Assert.Single(await _store.Scan(), f => f.Relation == "dot-lock-waiter");
        Assert.Equal(("waiting", dovecot.Pid), (found.Verdict, found.Owner!.Pid));
        Assert.Contains($"waits for this lock, which pid {holder.Pid} ", found.Summary, StringComparison.Ordinal);
        Assert.Contains("watches it (inotify) and has the mailbox open", found.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_holder_is_never_its_own_waiter()
    {
        var mailbox = _store.Write("box", "From x\n\n");
        using var holder = LockMaker.Start(
            "--wait", "name", "local", "--", "dotlock", mailbox + ".lock", "{pid}\n", "--", "posix", "write", mailbox, "--", "watch", mailbox + ".lock", "--", "await", _store.File("never"));
        await Eventually(async () => (await _store.Scan()).FirstOrDefault(f => f.Lock is not null));
        var findings = await _store.Scan();
        Assert.Contains(findings, f => f.Verdict == "held" && f.Path == mailbox + ".lock");
        Assert.DoesNotContain(findings, f => f.Relation == "dot-lock-waiter");
    }

    public void Dispose() => _store.Dispose();
}
