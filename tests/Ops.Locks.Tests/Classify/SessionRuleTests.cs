namespace Ops.Locks.Tests.Classify;

public sealed class SessionRuleTests
{
    private static readonly DateTimeOffset Started = Given.Now.AddMinutes(-10);

    private static readonly ProcessFacts Imapd = Given.Process(42, Started, "imapd") with { Executable = "/usr/lib/cyrus/bin/imapd" };

    private static readonly FileFacts Directory = Given.File("/run/cyrus/proc", kind: FileKind.Directory, mode: Modes.O755);

    private static readonly ProcessFacts Master = Given.Process(1, uid: 0, command: "dovecot") with { Executable = "/usr/sbin/dovecot" };

    private static readonly ProcessFacts Imap = Given.Process(43, Started) with { Executable = "/usr/lib/dovecot/imap" };

    [Fact]
    public void A_file_that_the_process_wrote_before_its_locks_were_seen_names_its_session() => Assert.Equal("alice", Of(Imapd, File(minutesAgo: 1))?.User);

    [Fact]
    public void A_file_that_is_older_than_the_process_is_of_one_before_it() => Assert.Null(Of(Imapd, File(minutesAgo: 11)));

    [Fact]
    public void A_session_that_may_have_begun_after_the_look_is_not_named() =>
        Assert.Null(SessionRule.SessionOfCyrus(Imapd, Directory, File(minutesAgo: 1), Given.Now.AddMinutes(-2), "file"));

    [Fact]
    public void A_file_of_another_user_names_no_one() => Assert.Null(Of(Imapd, File(1) with { Uid = 1000 }));

    [Fact]
    public void A_directory_that_others_can_write_to_names_no_one()
    {
        Assert.Null(SessionRule.SessionOfCyrus(Imapd, Directory with { Mode = Modes.O777 }, File(1), Given.Now, "file"));
        Assert.Null(SessionRule.SessionOfCyrus(Imapd, Directory with { Uid = 1000 }, File(1), Given.Now, "file"));
        Assert.NotNull(SessionRule.SessionOfCyrus(Imapd, Directory with { Uid = 0 }, File(1), Given.Now, "file"));
    }

    [Fact]
    public void A_file_that_others_can_write_to_counts_as_it_was_made_and_no_longer()
    {
        var file = File(1) with { Mode = Modes.O666 };

        Assert.NotNull(Of(Imapd, file with { BornAt = FileTime.From(file.ModifiedAt.ToDateTimeOffset().AddMilliseconds(-20)) }));
        Assert.Null(Of(Imapd, file with { BornAt = FileTime.From(file.ModifiedAt.ToDateTimeOffset().AddSeconds(-1)) }));
        Assert.Null(Of(Imapd, file with { BornAt = null }));
    }

    [Fact]
    public void What_is_no_file_or_no_session_of_Cyrus_names_no_one()
    {
        Assert.Null(Of(Imapd, File(1) with { Kind = FileKind.SymbolicLink }));
        Assert.Null(Of(Imapd with { Executable = "/home/mallory/sleep" }, File(1)));
        Assert.Null(Of(Imapd with { Executable = null }, File(1)));
        Assert.Null(Of(Imapd with { State = 'Z', LiveTasks = 0 }, File(1)));
    }

    [Theory]
    [InlineData("/usr/lib/dovecot/imap", true)]
    [InlineData("/usr/libexec/dovecot/pop3 (deleted)", true)]
    [InlineData("/usr/lib/dovecot/imap-login", false)]
    [InlineData("/usr/lib/dovecot/lmtp", false)]
    [InlineData("/usr/bin/imap", false)]
    [InlineData(null, false)]
    public void A_session_of_Dovecot_is_known_by_its_program(string? executable, bool may) => Assert.Equal(may, SessionRule.MayBeDovecot(executable));

    [Fact]
    public void A_session_that_a_user_started_by_hand_is_none()
    {
        Assert.True(SessionRule.IsDovecot(Imap, Master));
        Assert.False(SessionRule.IsDovecot(Imap, Master with { EffectiveUid = 1000 }));
        Assert.False(SessionRule.IsDovecot(Imap, Master with { Executable = "/usr/bin/bash" }));
        Assert.False(SessionRule.IsDovecot(Imap, null));
        Assert.False(SessionRule.IsDovecot(Imap with { ParentPid = 7 }, Master));
    }

    private static MailSession? Of(ProcessFacts process, FileFacts file) => SessionRule.SessionOfCyrus(process, Directory, file, Given.Now, "file");

    private static FileFacts File(int minutesAgo) =>
        Given.File("/run/cyrus/proc/42", "imap\tlocalhost [192.0.2.7]\talice\tuser.alice\tStore\n", Modes.O644, age: TimeSpan.FromMinutes(minutesAgo));
}
