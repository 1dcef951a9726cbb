namespace Ops.Locks.Tests;

/// <summary>Locks that name nobody: which living program may own each, and why no age alone makes it gone.</summary>
public sealed class OwnerlessLockTests
{
    private static readonly DateTimeOffset Made = Given.Now.AddDays(-10).AddHours(1);

    private static Verdict Judge(
        string path, string text, uint mode, double minutes, FileFacts? subject = null, ProcessFacts[]? processes = null, OpenFile[]? open = null,
        Dictionary<int, string?>? scripts = null, int? own = null, uint uid = 8)
    {
        var host = Given.Host(processes, open: open);
        host = host with { Processes = host.Processes with { Scripts = scripts ?? [] }, OwnPid = own };
        var file = Given.File(path, text, Look.Octal(mode), uid, TimeSpan.FromMinutes(minutes));
        return ArtefactClassifier.Classify(Given.Artefact(file, subject ?? Given.Mailbox(), Given.Directory(file.Path.Parent.Text, uid: uid)), host, JudgingOptions.Default)!;
    }

    private static ProcessFacts Script(params string[] commandLine) => Given.Process(600, Made, commandLine[0], uid: 8) with { CommandLine = commandLine };

    public static TheoryData<string, uint> Shapes => new() { { "0", 444 }, { "0\n", 644 }, { "", 600 }, { "", 0 }, { "", 666 } };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_lock_of_certain_make_next_to_an_idle_mailbox_is_stale_after_its_own_rule(string text, uint mode)
    {
        Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", text, mode, 29).Word);
        var verdict = Judge("/var/mail/alice.lock", text, mode, 31);
        Assert.Equal((VerdictWord.Stale, "It names no owner"), (verdict.Word, verdict.Summary[..17]));
    }

    // B13: sh -c ": >alice; lockfile alice.lock; sleep 86400", dotlockfile without -p, (set -C; : >alice.lock).
    public static TheoryData<string, uint, string[]> LivingScripts()
    {
        TheoryData<string, uint, string[]> rows = [];
        foreach (var (text, mode) in new[] { ("0", 444u), ("0\n", 644u), ("", 600u), ("", 0u), ("", 644u) })
        {
            rows.Add(text, mode, ["sh", "-c", ": >alice; lockfile alice.lock; sleep 86400"]);
            rows.Add(text, mode, ["bash", "-c", "set -C; : >\"$1\"; sleep 86400", "sh", "/var/mail/alice.lock"]);
            rows.Add(text, mode, ["python3.13", "-c", "import os; os.open('/var/mail/alice.lock', os.O_EXCL | os.O_CREAT); input()"]);
            rows.Add(text, mode, ["backup-all", "/var/mail/alice"]);
            rows.Add(text, mode, ["sh", "-c", "for m in /var/mail/*; do dotlockfile -l $m.lock; work $m; done"]);
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(LivingScripts))]
    public void A_lock_of_a_living_script_is_refused_at_every_age(string text, uint mode, string[] commandLine)
    {
        foreach (var minutes in (double[])[1, 31, 3 * 24 * 60])
        {
            var verdict = Judge("/var/mail/alice.lock", text, mode, minutes, processes: [Script(commandLine)]);
            Assert.Equal((VerdictWord.Refused, 0), (verdict.Word, verdict.Actions.Count));
        }
    }

    [Fact]
    public void A_script_in_a_file_is_judged_by_its_text()
    {
        VerdictWord With(string? text) => Judge("/var/mail/alice.lock", "0", 444, 31, processes: [Script("sh", "/usr/local/bin/nightly")], scripts: new() { [600] = text }).Word;
        Assert.Equal(VerdictWord.Refused, With("#!/bin/sh\nlockfile \"$BOX.lock\"\nrsync\n"));
        Assert.Equal(VerdictWord.Refused, With("#!/bin/sh\ncp /var/mail/alice /backup\n"));
        Assert.Equal(VerdictWord.Refused, With(null));
        Assert.Equal(VerdictWord.Refused, With("#!/bin/sh\ncd /srv\n  lockfile -r 3 $f.lock || exit 1\n"));
        Assert.Equal(VerdictWord.Refused, With("#!/bin/bash\nset -C\n: >\"$f\"\n"));
        Assert.Equal(VerdictWord.Stale, With("#!/bin/sh\nlogger started\nsleep 99\n"));
        Assert.Equal(VerdictWord.Stale, With("#!/bin/sh\n# lockfile -r 3 $f.lock\necho the lockfile is empty\n"));
    }

    [Fact]
    public void A_process_that_works_in_the_directory_of_the_lock_may_have_it()
    {
        var shell = Script("bash");
        var here = new OpenFile(Given.Directory().Identity, shell, null, CanWrite: false, null);
        Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [shell], open: [here]).Word);
        // A shell of that user may have been told anything; shells of root are always there, and say nothing without a sign.
        Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [shell]).Word);
        var root = shell with { EffectiveUid = 0 };
        Assert.Equal(VerdictWord.Stale, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [root], uid: 0).Word);
        Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [root], open: [here with { Process = root }], uid: 0).Word);
        var sleep = Script("sleep", "86400");
        Assert.Equal(VerdictWord.Stale, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [sleep], open: [here with { Process = sleep }]).Word);
        var other = Script("sh", "-c", ": >bob; lockfile bob.lock; sleep 86400");
        Assert.Equal(VerdictWord.Stale, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [other], open: [here with { Process = other }]).Word);
    }

    [Fact]
    public void A_script_of_another_user_or_younger_than_the_lock_did_not_make_it()
    {
        var script = Script("sh", "-c", "lockfile alice.lock; sleep 86400");
        Assert.Equal(VerdictWord.Stale, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [script with { EffectiveUid = 1007 }]).Word);
        Assert.Equal(VerdictWord.Stale, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [script with { StartedAt = Given.Now.AddMinutes(-30) }]).Word);
        Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", "0", 444, 31, processes: [script with { EffectiveUid = null }]).Word);
    }

    [Fact]
    public void The_program_that_asks_is_not_taken_for_the_owner_unless_the_command_line_names_the_lock()
    {
        ProcessFacts[] Asking(params string[] commandLine) => [Script(commandLine), Given.Process(700, command: "ops", uid: 8) with { ParentPid = 600 }];
        Assert.Equal(VerdictWord.Stale, Judge("/var/mail/alice.lock", "0", 444, 31, processes: Asking("sh", "/root/look"), scripts: new() { [600] = null }, own: 700).Word);
        Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", "0", 444, 31, processes: Asking("sh", "/root/look", "alice"), scripts: new() { [600] = null }, own: 700).Word);
    }

    // Lucene's write.lock, git's index.lock, OfflineIMAP's Idle.lock, noclobber locks, mbsync: empty files that are old, and whose programs live.
    [Theory]
    [InlineData("/home/a/.git/index.lock", 644)]
    [InlineData("/var/lib/solr/data/index/write.lock", 644)]
    [InlineData("/home/a/.offlineimap/Idle.lock", 644)]
    [InlineData("/home/a/work/job.lock", 644)]
    [InlineData("/home/a/work/job.lock", 600)]
    [InlineData("/home/a/work/job.lock", 666)]
    [InlineData("/srv/mail/job.lock", 600)]
    public void An_empty_file_that_guards_no_mailbox_is_refused_at_every_age(string path, uint mode)
    {
        FileFacts?[] subjects = [null, Given.File(path[..^5], "tree", inode: 51), Given.File(path[..^5], "", inode: 51, kind: FileKind.Directory)];
        foreach (var subject in subjects)
        {
            foreach (var age in (double[])[31, 3 * 24 * 60, 20 * 24 * 60])
            {
                var file = Given.File(path, "", Look.Octal(mode), age: TimeSpan.FromMinutes(age));
                var verdict = ArtefactClassifier.Classify(Given.Artefact(file, subject), Given.Host(), JudgingOptions.Default);
                Assert.True(verdict is null or { Word: VerdictWord.Refused or VerdictWord.NotALock, Actions.Count: 0 }, $"{path} {age}: {verdict?.Summary}");
                Assert.DoesNotContain("no process is on the mailbox", verdict?.Summary ?? "", StringComparison.Ordinal);
                Assert.Null(verdict?.SelfHealsAt);
            }
        }
    }

    [Theory]
    [InlineData(644)]
    [InlineData(640)]
    [InlineData(755)]
    public void An_empty_lock_of_a_program_that_never_goes_by_age_is_refused_at_every_age(uint mode) =>
        Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", "", mode, 3 * 24 * 60).Word);

    [Theory]
    [InlineData("*mbx*\r\n", VerdictWord.Stale)]
    [InlineData("\u0001\u0001\u0001\u0001\n", VerdictWord.Stale)]
    [InlineData("BABYL OPTIONS:", VerdictWord.Stale)]
    [InlineData("F", VerdictWord.Stale)]
    [InlineData("", VerdictWord.Stale)]                                  // in a directory called mail
    [InlineData("SQLite format 3", VerdictWord.Refused)]
    public void A_mailbox_is_known_by_its_first_bytes(string start, VerdictWord word) =>
        Assert.Equal(word, Judge("/var/mail/alice.lock", "", 600, 31, Given.File("/var/mail/alice", start, inode: 50)).Word);

    [Fact]
    public void A_mailbox_whose_first_bytes_could_not_be_read_is_none()
    {
        var unread = Given.Mailbox() with { Content = FileContent.NotRead("not permitted") };
        Assert.Equal(VerdictWord.Refused, Judge("/var/mail/alice.lock", "", 600, 31, unread).Word);
    }

    [Fact]
    public void A_lock_without_an_owner_is_refused_where_processes_are_hidden()
    {
        var artefact = Given.Artefact(Given.File("/var/mail/alice.lock"), Given.Mailbox());
        Assert.Equal(VerdictWord.Refused, ArtefactClassifier.Classify(artefact, Given.Host(allProcesses: false), JudgingOptions.Default)!.Word);
    }

    [Fact]
    public void A_living_owner_whose_system_asks_for_it_keeps_the_lock_from_being_taken_away()
    {
        var artefact = Given.Artefact(Given.File("/var/mail/alice.lock", "4242\n", Modes.O644), Given.Mailbox());
        Assert.Null(ArtefactClassifier.Classify(artefact, Given.Host([Given.Process(4242)]), JudgingOptions.Default)!.SelfHealsAt);
        Assert.NotNull(ArtefactClassifier.Classify(artefact, Given.Host(), JudgingOptions.Default)!.SelfHealsAt);
    }

    [Fact]
    public void Several_systems_of_one_form_are_counted_and_not_listed()
    {
        var verdict = Judge("/var/mail/alice.lock", "", 600, 31);
        Assert.EndsWith(" others)", verdict.Of(Questions.Convention)!.Detail, StringComparison.Ordinal);
    }
}
