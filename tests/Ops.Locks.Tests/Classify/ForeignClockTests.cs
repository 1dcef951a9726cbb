namespace Ops.Locks.Tests.Classify;

/// <summary>"No other host uses it" says nothing of the clock that stamps the files: on NFS that is the server's.</summary>
public sealed class ForeignClockTests
{
    private static readonly Mount Unshared = Given.Nfs with { IsSaidUnshared = true };

    // The file server's clock is ten minutes late: the living owner seems to have started after its lock was made.
    [Fact]
    public void A_living_owner_is_not_called_another_process_by_the_clock_of_the_file_server()
    {
        var started = Given.Now.AddMinutes(-20);
        var file = Given.File("/var/mail/alice.lock", "4242\n", Modes.O644, age: TimeSpan.FromMinutes(29), mount: Unshared); // made 19 minutes ago
        var verdict = Judge(file, Given.Host([Given.Process(4242, started)]));
        Assert.True(verdict.Word != VerdictWord.Stale, $"{verdict.Word}: {string.Join("; ", verdict.Evidence.Select(e => e.Detail))}");
    }

    // The same, just after a boot.
    [Fact]
    public void A_lock_is_not_called_older_than_the_boot_by_the_clock_of_the_file_server()
    {
        var file = Given.File("/var/mail/alice.lock", "4242\n", Modes.O644, age: TimeSpan.FromMinutes(14), mount: Unshared); // made 4 minutes ago
        var verdict = Judge(file, Given.Host([Given.Process(4242, Given.Now.AddMinutes(-5))]) with { BootedAt = Given.Now.AddMinutes(-6) });
        Assert.True(verdict.Word != VerdictWord.Stale, $"{verdict.Word}: {string.Join("; ", verdict.Evidence.Select(e => e.Detail))}");
    }

    // Nameless, made 21 minutes ago.
    [Fact]
    public void A_nameless_lock_is_not_called_old_by_the_clock_of_the_file_server()
    {
        var verdict = Judge(Given.File("/var/mail/alice.lock", "0", Modes.O444, age: TimeSpan.FromMinutes(31), mount: Unshared), Given.Host());
        Assert.True(verdict.Word != VerdictWord.Stale, $"{verdict.Word}: {string.Join("; ", verdict.Evidence.Select(e => e.Detail))}");
    }

    private static Verdict Judge(FileFacts file, HostFacts host) =>
        ArtefactClassifier.Classify(Given.Artefact(file, Given.Mailbox(), mount: Unshared), host, JudgingOptions.Default)!;
}
