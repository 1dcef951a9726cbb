using Ops.Locks.Tests.MailSystems;

namespace Ops.Locks.Tests.Classify;

/// <summary>Every declared pid file, each with the ways in which its daemon may live or be gone.</summary>
public sealed class PidFileTests
{
    private const int Pid = 4242;
    private static readonly DateTimeOffset Older = Given.Now.AddDays(-1);

    // The file is two hours old.
    private static readonly DateTimeOffset Younger = Given.Now.AddHours(-1);

    /// <summary>One path for each declared pid file, from the tables of names.</summary>
    public static TheoryData<string> Paths() =>
        [.. NameRow.Rows().Where(r => r.Expectation.EndsWith(" pid-file", StringComparison.Ordinal) && !r.Path.Contains("/LCK..", StringComparison.Ordinal)).Select(r => r.Path).Distinct()];

    [Fact]
    public void A_pid_file_says_which_program_may_own_it() =>
        Assert.All(Locks.MailSystems.All.SelectMany(s => s.Conventions).OfType<PidFile>(), c =>
            Assert.True(c.Programs.Count > 0 || c.IsNamedAfterProgram || c.Name.ToString().Contains("LCK", StringComparison.Ordinal), c.Form));

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_pid_file_of_a_living_daemon_is_held(string path)
    {
        Assert.Equal(VerdictWord.Held, Judge(path, Daemon(path)).Word);
        Assert.Equal(VerdictWord.Held, Judge(path, Daemon(path) with { State = 'T' }).Word);
        Assert.Equal(VerdictWord.Held, Judge(path, Daemon(path) with { State = 'Z', LiveTasks = 3 }).Word);
        // In a container with numbers of its own.
        Assert.Equal(VerdictWord.Held, Judge(path, Daemon(path) with { Identity = new ProcessIdentity(Given.Boot, 9000, 1), NamespacePids = [9000, Pid] }).Word);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_pid_file_without_a_daemon_is_a_leftover_unless_its_program_keeps_it(string path)
    {
        var verdict = Judge(path);
        Assert.Equal(IsPermanent(path) ? VerdictWord.NotALock : VerdictWord.Orphan, verdict.Word);
        Assert.Equal(Answer.No, verdict.Owner.IsAlive);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_number_that_an_older_process_of_another_program_has_is_refused(string path)
    {
        var verdict = Judge(path, Given.Process(Pid, Older, "sleep"));
        Assert.Equal((VerdictWord.Refused, Answer.Unknown), (verdict.Word, verdict.Owner.IsAlive));
        Assert.Contains("pid 4242 (sleep) has the number and started before the file was last changed, but is not known as ", verdict.Summary, StringComparison.Ordinal);
        Assert.Null(verdict.Owner.Process);
        Assert.Empty(verdict.Actions);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_number_that_a_younger_process_of_another_program_has_proves_the_daemon_gone(string path) =>
        Assert.Equal(IsPermanent(path) ? VerdictWord.NotALock : VerdictWord.Orphan, Judge(path, Given.Process(Pid, Younger, "sleep")).Word);

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_daemon_that_was_restored_with_its_old_number_keeps_its_pid_file(string path)
    {
        // A container that was moved while it ran: same number, new start. Also a daemon that was restarted and writes no pid file any more.
        var verdict = Judge(path, Daemon(path) with { StartedAt = Younger });
        Assert.Equal(VerdictWord.Refused, verdict.Word);
        Assert.Contains("it may use this file", verdict.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_child_that_outlived_the_daemon_keeps_the_pid_file(string path)
    {
        var child = Daemon(path) with { Identity = new ProcessIdentity(Given.Boot, 4243, 1), NamespacePids = [4243] };
        Assert.Equal(VerdictWord.Refused, Judge(path, child).Word);
        // A daemon of another life did not write this file, and would have written its own.
        Assert.Equal(IsPermanent(path) ? VerdictWord.NotALock : VerdictWord.Orphan, Judge(path, child with { StartedAt = Younger }).Word);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_pid_file_with_a_kernel_lock_is_held_whatever_its_text_says(string path)
    {
        var file = File(path);
        var locker = Given.Process(77, Younger, "wrapper");
        var verdict = ArtefactClassifier.Classify(Given.Artefact(file), Given.Host([locker], [Given.Lock(file, locker)]), JudgingOptions.Default)!;
        Assert.Equal((VerdictWord.Held, 77), (verdict.Word, verdict.Owner.Pid));
    }

    [Theory]
    [InlineData("4242", "")]
    [InlineData("-4242\n", "its text is not a pid")]
    [InlineData("", "its text is not a pid")]
    [InlineData("1\n", "pid 1 is the first process of every container")]
    public void The_text_decides_whether_a_daemon_is_named(string text, string refusal)
    {
        var verdict = ArtefactClassifier.Classify(Given.Artefact(Given.File("/run/clamav/clamd.pid", text)), Given.Host(), JudgingOptions.Default)!;
        Assert.Equal(refusal.Length == 0 ? VerdictWord.Orphan : VerdictWord.Refused, verdict.Word);
        Assert.Contains(refusal, verdict.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amavisd", "amavisd (master)", null, new[] { "amavisd (master)" }, true)]
    [InlineData("amavisd", "/usr/sbin/amavi", "/usr/bin/perl", new[] { "/usr/bin/perl", "-T", "/usr/sbin/amavisd", "foreground" }, true)]
    [InlineData("postgrey", "/usr/sbin/postg", "/usr/bin/perl", new[] { "/usr/sbin/postgrey --pidfile=/run/postgrey.pid" }, true)]
    [InlineData("postgrey", "postgrey --pidf", "/usr/bin/perl", new[] { "postgrey --pidfile=/run/postgrey.pid" }, true)]
    [InlineData("master", "python3", "/usr/bin/python3.13", new[] { "/usr/bin/python3", "/usr/lib/mailman3/bin/master", "--force" }, true)]
    [InlineData("mailman", "python3", "/usr/bin/python3.13", new[] { "python3", "-m", "mailman" }, true)]
    [InlineData("exim", "exim-4.98", "/usr/exim/bin/exim-4.98-1", new[] { "exim" }, true)]
    [InlineData("dovecot", "dovecot", "/usr/sbin/dovecot (deleted)", new[] { "/usr/sbin/dovecot", "-F" }, true)]
    [InlineData("clamav-milter", "clamav-milter", null, new string[0], true)]
    [InlineData("a-name-beyond-15-bytes", "a-name-beyond-1", null, new string[0], true)]
    [InlineData("dovecot", "tail", "/usr/bin/tail", new[] { "tail", "-f", "/var/log/dovecot" }, false)]
    [InlineData("dovecot", "perl", "/usr/bin/perl", new[] { "perl", "/usr/bin/other", "dovecot" }, false)]
    [InlineData("master", "imapd", "/usr/lib/cyrus/bin/imapd", new[] { "imapd" }, false)]
    [InlineData("clamd", "clamdscan", null, new[] { "clamdscan" }, false)]
    public void A_process_is_known_by_its_command_its_executable_or_its_script(string program, string command, string? executable, string[] arguments, bool fits)
    {
        var process = Given.Process(Pid, command: command) with { Executable = executable, CommandLine = arguments };
        Assert.Equal(fits, ProgramName.IsAnyOf(process, [program]));
        Assert.Equal(fits, new ProcessTable(new Dictionary<int, ProcessFacts> { [Pid] = process }, true, null).Running([program]).Any());
    }

    private static FileFacts File(string path) => Given.File(path, "4242\n");

    private static ProcessFacts Daemon(string path)
    {
        var match = Given.Artefact(File(path)).Matches.First(m => m.Convention is PidFile);
        return Given.Process(Pid, Older, ((PidFile)match.Convention).Programs is [var program, ..] ? program : match.Match.Groups[1].Value);
    }

    private static bool IsPermanent(string path) => Given.Artefact(File(path)).Matches.Select(m => m.Convention).OfType<PidFile>().First().IsPermanent;

    private static Verdict Judge(string path, params ProcessFacts[] processes) =>
        ArtefactClassifier.Classify(Given.Artefact(File(path)), Given.Host(processes), JudgingOptions.Default)!;
}
