namespace Ops.Locks.Tests.Classify;

/// <summary>Locks whose owner is named in other ways than by a pid alone, and handles that only look like locks.</summary>
public sealed class OwnersToldOtherwiseTests
{
    private const string Bayes = "/home/u/.spamassassin/bayes.lock";
    private const string List = "/var/lib/mailman/locks/test.lock";
    private const string Master = "/var/lib/mailman3/locks/master.lck";

    private static Verdict? Judge(FileFacts file, HostFacts? host = null, params string[] twins) =>
        ArtefactClassifier.Classify(Given.Artefact(file, directory: Given.Directory(file.Path.Parent.Text), twins: [.. twins.Select(FilePath.FromText)]),
            host ?? Given.Host(), JudgingOptions.Default);

    private static FileFacts Text(string path, string text, TimeSpan? age = null, TimeSpan? expiresIn = null, uint links = 1) =>
        Given.File(path, text, 0x1B4, uid: 0, age: age ?? TimeSpan.FromHours(2), links: links, mtimeAge: -expiresIn ?? age);

    [Theory]
    [InlineData(Bayes, "mail1.4242\n")]
    [InlineData(Bayes, "mail1.lab.example.4242\nmail1.lab.example.4242\n")]
    [InlineData(List, "/var/lib/mailman/locks/test.lock.mail1.4242.0")]
    [InlineData(List, "/var/lib/mailman/locks/test.lock.mail1.4242.17")]
    [InlineData(Master, "/var/lib/mailman3/locks/master.lck|mail1|4242|1234567890")]
    public void A_lock_with_host_and_pid_is_held_while_the_process_lives_and_stale_afterwards(string path, string text)
    {
        var held = Judge(Text(path, text), Given.Host([Given.Process(4242)]))!;
        Assert.Equal((VerdictWord.Held, 4242), (held.Word, held.Owner.Process!.Pid));
        Assert.Empty(held.Actions);

        var stale = Judge(Text(path, text))!;
        Assert.Equal(VerdictWord.Stale, stale.Word);
        Assert.Equal([OperatorAction.Break], stale.Actions);
    }

    [Theory]
    [InlineData(List, "/var/lib/mailman/locks/test.lock.other.4242.0")]
    [InlineData(List, "/somewhere/else.lock.mail1.4242.0")]
    public void A_lock_of_another_host_or_another_lock_is_left_alone(string path, string text) => Assert.Equal(VerdictWord.Refused, Judge(Text(path, text))!.Word);

    [Theory]
    [InlineData(Bayes, "mail1.7\n")]
    [InlineData(List, "/var/lib/mailman/locks/test.lock.mail1.7.0")]
    [InlineData(Master, "/var/lib/mailman3/locks/master.lck|mail1|7|123")]
    public void A_number_that_a_process_in_a_container_carries_is_never_gone(string path, string text)
    {
        var inside = Given.Process(50007, nspids: [50007, 7]);
        var verdict = Judge(Text(path, text), Given.Host([inside]))!;
        Assert.Equal((VerdictWord.Held, 50007), (verdict.Word, verdict.Owner.Process!.Pid));
        // The kernel's own thread of that number says nothing about the container.
        Assert.Equal(VerdictWord.Refused, Judge(Text(path, text), Given.Host([Given.Process(7, kernel: true)]))!.Word);
    }

    [Theory]
    [InlineData(List, "/var/lib/mailman/locks/test.lock.mail1.4242.0")]
    [InlineData(Master, "/var/lib/mailman3/locks/master.lck|mail1|4242|123")]
    public void A_lock_that_expires_in_hours_is_stale_as_soon_as_its_owner_is_gone(string path, string text)
    {
        Assert.Equal(VerdictWord.Stale, Judge(Text(path, text, expiresIn: TimeSpan.FromHours(30)))!.Word);
        Assert.Equal(VerdictWord.Held, Judge(Text(path, text, expiresIn: TimeSpan.FromHours(30)), Given.Host([Given.Process(4242)]))!.Word);
        // Its ctime still counts: whoever wrote it a moment ago is not called gone.
        Assert.Equal(VerdictWord.Refused, Judge(Text(path, text, age: TimeSpan.FromSeconds(1), expiresIn: TimeSpan.FromHours(30)))!.Word);
    }

    [Fact]
    public void An_ordinary_lock_with_a_time_in_the_future_is_too_young()
    {
        var file = Text("/var/mail/alice.lock", "4242:mail1", expiresIn: TimeSpan.FromHours(30));
        Assert.Equal(VerdictWord.Refused, Judge(file)!.Word);
    }

    [Theory]
    [InlineData("/var/lib/mailman/locks/test.lock", "/var/lib/mailman/locks/test.lock.mail1.4242.0")]
    [InlineData("/var/lib/mailman3/locks/master.lck", "/var/lib/mailman3/locks/master.lck|mail1|4242|123")]
    public void A_claim_that_is_linked_to_its_lock_is_never_offered_alone(string path, string claim)
    {
        var ofClaim = Judge(Text(claim, claim, links: 2), null, path)!;
        Assert.Equal(VerdictWord.OrphanLinked, ofClaim.Word);
        Assert.Empty(ofClaim.Actions);
        Assert.Contains(path, ofClaim.Summary, StringComparison.Ordinal);

        var ofLock = Judge(Text(path, claim, links: 2), null, claim)!;
        Assert.Equal(VerdictWord.Stale, ofLock.Word);
        Assert.Equal([OperatorAction.Break], ofLock.Actions);

        // Once the lock is gone, the claim is a leftover of its own.
        Assert.Equal([OperatorAction.Remove], Judge(Text(claim, claim))!.Actions);
    }

    [Theory]
    [InlineData("/home/u/.notmuch/xapian/flintlock", "", "xapian")]
    [InlineData("/home/u/Maildir/.mbsyncstate.lock", "", "isync")]
    [InlineData("/home/u/Maildir/.mbsyncstate.journal", "5\n", "isync")]
    [InlineData("/home/u/.offlineimap/Example.lock", "", "offlineimap")]
    [InlineData("/home/u/.spamassassin/bayes.mutex", "4242\n", "spamassassin")]
    public void A_handle_for_kernel_locks_is_not_a_lock_at_any_age(string path, string text, string system)
    {
        var verdict = Judge(Text(path, text, age: TimeSpan.FromDays(300)))!;
        Assert.Equal((VerdictWord.NotALock, system), (verdict.Word, verdict.System));
        Assert.Empty(verdict.Actions);
    }

    [Theory]
    [InlineData("/home/u/Mail/.git/index.lock", "DIRC")]
    [InlineData("/home/u/Mail/.git/index.lock", "")]
    [InlineData("/home/u/Mail/.git/gc.pid", "4242 mail1")]
    [InlineData("/home/u/Mail/.git/config.lock", "4242\n")]
    public void A_lock_of_version_control_is_not_ours_and_said_so(string path, string text)
    {
        var verdict = Judge(Text(path, text, age: TimeSpan.FromDays(300)))!;
        Assert.Equal((VerdictWord.Refused, "version-control"), (verdict.Word, verdict.System));
        Assert.Contains("not of mail", verdict.Summary, StringComparison.Ordinal);
        Assert.Empty(verdict.Actions);
    }

    [Fact]
    public void An_old_write_lock_of_an_index_is_never_called_gone()
    {
        var verdict = Judge(Text("/var/solr/data/index/write.lock", "", age: TimeSpan.FromDays(300)))!;
        Assert.Equal((VerdictWord.Refused, "lucene"), (verdict.Word, verdict.System));
        Assert.Empty(verdict.Actions);
    }

    [Fact]
    public void An_empty_lock_on_the_sequences_of_a_folder_is_of_mh()
    {
        var verdict = Judge(Text("/home/u/Mail/inbox/.mh_sequences.lock", ""))!;
        Assert.Equal(["nmh", "python-mailbox"], verdict.Systems.Order());
    }
}
