namespace Ops.Locks.Tests;

public sealed class HostFactsTests
{
    private static readonly ProcessFacts Us = Given.Process(7, command: "ops"), Other = Given.Process(8);
    private static readonly FileFacts Mailbox = Given.Mailbox(), LockFile = Given.File("/var/mail/alice.lock", inode: 60);

    [Fact]
    public void What_one_process_holds_can_be_left_out_of_a_look()
    {
        var host = Given.Host([Us, Other], [Given.Lock(Mailbox, Us)], [Given.Open(Mailbox, Us), Given.Open(LockFile, Us)]);
        host = (host with { OpenFiles = host.OpenFiles with { Nameless = [Given.Open(Mailbox, Us)] } }).WithoutHoldsOf(Us.Pid);

        Assert.Empty(host.Locks.On(Mailbox.Identity));
        Assert.Empty(host.OpenFiles.Of(LockFile.Identity));
        Assert.Empty(host.OpenFiles.Nameless);
        Assert.Contains(Us.Pid, host.Processes.Processes);
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
