
namespace Ops.Agent.Tests;

/// <summary>A finding about a mailbox names it, whichever locks there are.</summary>
public sealed class LockedMailboxTests : IDisposable
{
    private readonly Store _store = new();

    [Theory]
    [InlineData("From a@x Sat Nov 21 07:16:37 2026\n\nHello\n", true)]
    [InlineData("*mbx*\r\n0000000000000000\r\n", true)]
    [InlineData("no mail", false)]
    public async Task A_kernel_lock_without_a_dot_lock_names_the_mailbox_that_it_is_on(string text, bool isMailbox)
    {
        var path = _store.Write("box", text);
        using var holder = LockMaker.Start("posix", "write", path);
        var found = Assert.Single(await _store.Scan(), f => f.Lock is not null);
        Assert.Equal(isMailbox ? path : null, found.Mailbox);
        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        Assert.All(Enumerable.Range(0, 2), _ => Assert.Equal(isMailbox ? path : null, survey.LookAtLocks(CancellationToken.None).Findings.Single(f => f.Path == path).Mailbox));
    }

    [Fact]
    public async Task A_file_that_is_only_locked_is_no_mailbox_whatever_is_in_it()
    {
        var path = _store.Write("box.lock", "From x\n");
        using var holder = LockMaker.Start("flock", "write", path);
        Assert.Null(Assert.Single(await _store.Scan(), f => f.Lock is not null).Mailbox);
    }

    [Fact]
    public void A_lease_on_a_mailbox_is_not_broken_by_the_look()
    {
        var path = _store.Write("box", "From x\n\n");
        using var server = LockMaker.Start("lease", "write", path);
        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        for (var look = 0; look < 2; look++)
            Assert.Equal("write", Assert.Single(survey.LookAtLocks(CancellationToken.None).Findings, f => f.Path == path).Lock!.Mode);
    }

    public void Dispose() => _store.Dispose();
}
