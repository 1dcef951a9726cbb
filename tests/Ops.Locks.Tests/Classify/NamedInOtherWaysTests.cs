namespace Ops.Locks.Tests.Classify;

/// <summary>Locks whose owner is named in other ways than by a pid alone, and handles that only look like locks.</summary>
public sealed class NamedInOtherWaysTests
{
    private const string Bayes = "/home/u/.spamassassin/bayes.lock";
    private const string List = "/var/lib/mailman/locks/test.lock";
    private const string Master = "/var/lib/mailman3/locks/master.lck";

    private static Verdict? Judge(FileFacts file, HostFacts? host = null, params string[] twins) =>
        ArtefactClassifier.Classify(Given.Artefact(file, directory: Given.Directory(file.Path.Parent.Text), twins: [.. twins.Select(FilePath.FromText)]),
            host ?? Given.Host(), JudgingOptions.Default);

    private static FileFacts Text(string path, string text, TimeSpan? age = null, TimeSpan? expiresIn = null, uint links = 1) =>
        Given.File(path, text, Modes.O664, uid: 0, age: age ?? TimeSpan.FromHours(2), links: links, mtimeAge: -expiresIn ?? age);

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

    [Fact]
    public void An_index_in_use_is_held_by_the_one_that_can_write_to_its_files_and_by_no_reader()
    {
        var segment = Given.File("/var/solr/data/index/_0.cfs", "x", inode: 7);
        var java = Given.Process(77, command: "java");
        var artefact = Given.Artefact(Text("/var/solr/data/index/write.lock", ""), directory: Given.Directory("/var/solr/data/index")) with { Neighbours = [segment] };
        var verdict = ArtefactClassifier.Classify(artefact, Given.Host([java], open: [Given.Open(segment, java)]), JudgingOptions.Default)!;
        Assert.Equal((VerdictWord.Held, 77), (verdict.Word, verdict.Owner.Process!.Pid));
        // A reader may be the owner between two writes, or a search: nothing is broken, and nothing is said of it that would end it.
        verdict = ArtefactClassifier.Classify(artefact, Given.Host([java], open: [Given.Open(segment, java, forWriting: false)]), JudgingOptions.Default)!;
        Assert.Equal((VerdictWord.Refused, null), (verdict.Word, verdict.Owner.Process));
        Assert.Contains("pid 77 (java) has _0.cfs open for reading", verdict.Summary, StringComparison.Ordinal);
        // Of two, neither is known to be the writer.
        var reader = Given.Process(78, command: "java");
        verdict = ArtefactClassifier.Classify(artefact, Given.Host([java, reader], open: [Given.Open(segment, java), Given.Open(segment, reader)]), JudgingOptions.Default)!;
        Assert.Equal(VerdictWord.Refused, verdict.Word);
    }

    [Fact]
    public void A_lock_of_a_dead_process_is_left_alone_while_another_has_the_database_open()
    {
        var tokens = Given.File("/home/u/.spamassassin/bayes_toks", "x", inode: 7);
        var artefact = Given.Artefact(Text(Bayes, "mail1.4242\n"), directory: Given.Directory("/home/u/.spamassassin")) with { Neighbours = [tokens] };
        Assert.Equal(VerdictWord.Refused, ArtefactClassifier.Classify(artefact, Given.Host(open: [Given.Open(tokens, Given.Process(77))]), JudgingOptions.Default)!.Word);
        Assert.Equal(VerdictWord.Stale, ArtefactClassifier.Classify(artefact, Given.Host(), JudgingOptions.Default)!.Word);
    }

    [Theory]
    [InlineData("mail1-7f3a2b10.4242-482910293")]
    [InlineData("mail1.4242-482910293")]
    public void An_empty_lock_belongs_to_the_process_in_its_other_name(string unique)
    {
        const string path = "/var/lib/dm/send_mail.lock";
        var file = Text(path, "", links: 2);
        var held = Judge(file, Given.Host([Given.Process(4242)]), "/var/lib/dm/" + unique)!;
        Assert.Equal((VerdictWord.Held, 4242, "python-lockfile"), (held.Word, held.Owner.Process!.Pid, held.System));
        var stale = Judge(file, null, "/var/lib/dm/" + unique)!;
        Assert.Equal((VerdictWord.Stale, "python-lockfile"), (stale.Word, stale.System));
        Assert.Equal([OperatorAction.Break], stale.Actions);
        Assert.Empty(Judge(Text("/var/lib/dm/" + unique, "", links: 2), null, path)!.Actions);
    }

    [Theory]
    [InlineData("mail1-7f3a2b10.4242482910293")]
    [InlineData("other-7f3a2b10.4242-482910293")]
    public void An_empty_lock_whose_other_name_cannot_be_read_or_is_of_another_host_is_left_alone(string unique) =>
        Assert.Equal(VerdictWord.Refused, Judge(Text("/var/lib/dm/send_mail.lock", "", age: TimeSpan.FromMinutes(20), links: 2), null, "/var/lib/dm/" + unique)!.Word);

    [Fact]
    public void A_directory_as_lock_is_left_alone()
    {
        var verdict = Judge(Given.File("/var/lib/dm/box.lock", "", kind: FileKind.Directory))!;
        Assert.Equal((VerdictWord.Refused, "python-lockfile"), (verdict.Word, verdict.System));
        Assert.Contains("directory as lock", verdict.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mail1 4242 1795240000 77\n", VerdictWord.Stale)]
    [InlineData("other 4242 1795240000 77\n", VerdictWord.Refused)]
    [InlineData("mail1 4242 1795240000 77\nmail1 4243 1795240000 78\n", VerdictWord.Refused)]
    public void A_lock_of_sympa_counts_by_its_one_owner(string text, VerdictWord word)
    {
        var verdict = Judge(Text("/var/lib/sympa/list_data/l/config,lock", text))!;
        Assert.Equal((word, "sympa"), (verdict.Word, verdict.System));
        Assert.Empty(verdict.Actions);
    }

    [Fact]
    public void A_lock_without_an_ending_is_known_by_its_place()
    {
        Assert.Equal(VerdictWord.Held, Judge(Text("/home/u/.smd/lock", "4242\n"), Given.Host([Given.Process(4242)]))!.Word);
        var gone = Judge(Text("/home/u/.smd/lock", "4242\n"))!;
        Assert.Equal((VerdictWord.Stale, "syncmaildir"), (gone.Word, gone.System));
        Assert.Empty(gone.Actions);
        Assert.Equal(VerdictWord.Stale, Judge(Text("/var/lib/mailman/locks/master-qrunner", "/var/lib/mailman/locks/master-qrunner.mail1.4242.1"))!.Word);
    }

    [Theory]
    [InlineData("/var/mail/alice.lock.1795240000.mail1.4242", "python-mailbox")]
    [InlineData("/var/mail/alice.lock.mail1.6b014000.00001092", "exim")]
    public void The_other_name_of_a_lock_is_read_as_its_own_program_writes_it(string post, string system)
    {
        var verdict = Judge(Text("/var/mail/alice.lock", "", links: 2), null, post)!;
        Assert.Equal(VerdictWord.Stale, verdict.Word);
        Assert.Equal([system], verdict.Systems);
        Assert.Equal(4242, verdict.Owner.Pid);
    }
}
