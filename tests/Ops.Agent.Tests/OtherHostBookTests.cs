using System.Globalization;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>What a console brings of other hosts' answers, on this real host.</summary>
public sealed class OtherHostBookTests : IDisposable
{
    private readonly Store _store = new();
    private readonly HostReader _reader = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_living_process_is_alive_and_one_that_ended_is_absent()
    {
        using var holder = LockMaker.Start("open", "read", "/dev/null");
        var dead = Store.DeadPid();
        var answer = OtherHostBook.Answer(new(_reader.Processes.BootId, [new(holder.Pid), new(dead), new(holder.Pid, 1)], []), _reader, DateTimeOffset.UtcNow);
        Assert.Equal((_reader.HostName, _reader.Processes.BootId), (answer.HostName, answer.BootId));
        Assert.Equal("alive", answer.Processes[0].State);
        Assert.Equal(Environment.IsPrivilegedProcess ? "absent" : "unknown", answer.Processes[1].State);
        Assert.Equal(Environment.IsPrivilegedProcess ? "reused" : "unknown", answer.Processes[2].State);
    }

    [Fact]
    public void A_question_about_another_boot_gets_no_answer()
    {
        var answer = OtherHostBook.Answer(new(Guid.NewGuid(), [new(Environment.ProcessId)], [new("fe:00", 1)]), _reader, DateTimeOffset.UtcNow);
        Assert.Equal(("unknown", "unknown"), (answer.Processes[0].State, answer.Files[0].Used));
    }

    [RootFact]
    public void A_file_that_a_process_has_open_is_in_use()
    {
        var path = _store.Write("alice.lock", "1:mx2");
        Assert.True(ArtefactReader.Stat(FilePath.FromText(path)).TryGet(out var file));
        var asked = new AskedFile(string.Create(CultureInfo.InvariantCulture, $"{file.Identity.Major:x2}:{file.Identity.Minor:x2}"), file.Identity.Inode);
        var question = new ProcessQuestion(_reader.Processes.BootId, [], [asked, new("nonsense", 1), null!]);
        using (LockMaker.Start("open", "read", path))
            Assert.Equal("yes", Assert.Single(OtherHostBook.Answer(question, _reader, DateTimeOffset.UtcNow).Files).Used);
    }

    [Fact]
    public void What_was_asked_too_long_ago_or_in_the_future_is_not_taken_and_what_was_taken_expires()
    {
        var clock = new ManualClock(Samples.Now);
        var book = new OtherHostBook(clock);
        Assert.Empty(book.Take(new([Word(at: Samples.Now.AddSeconds(-21)), Word(at: Samples.Now.AddSeconds(1)), Word(pid: 0), null!])));
        Assert.Equal([("MX2", 4711)], book.Take(new([Word()])));
        // Held up on its way: an answer that is older than the one that is known.
        Assert.Empty(book.Take(new([Word("alive", Samples.Now.AddSeconds(-5))])));
        Assert.Equal(OtherHostState.Absent, Assert.Single(book.Current).State);

        clock.Advance(OtherHostAnswer.ValidFor + TimeSpan.FromSeconds(1));
        Assert.Empty(book.Current);
        Assert.Equal([("MX2", 4711)], book.TakeExpired());
        Assert.Empty(book.TakeExpired());
    }

    [Fact]
    public void Text_of_another_host_is_escaped_and_cut()
    {
        var book = new OtherHostBook(new ManualClock(Samples.Now));
        book.Take(new([Word() with { Detail = "\u001b[2J" + new string('x', 100_000), Doubts = ["a\nb", null!] }]));
        var answer = Assert.Single(book.Current);
        Assert.DoesNotContain('\u001b', answer.Detail);
        Assert.InRange(answer.Detail.Length, 1, 500);
        Assert.DoesNotContain('\n', Assert.Single(answer.Doubts));
    }

    [RootFact]
    public void A_console_in_the_wrong_hands_cannot_free_a_lock_whose_owner_lives_on_this_kernel()
    {
        using var owner = LockMaker.Start("open", "read", "/dev/null");
        var path = _store.StaleLock("alice");
        File.WriteAllText(path, $"{owner.Pid}:mx2");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var survey = new HostSurvey(_store.Settings(new Policy { SettlePeriod = TimeSpan.Zero, GracePeriod = TimeSpan.Zero }), TimeProvider.System);
        VerdictWord Judged() => survey.LookAt(FilePath.FromText(path))!.Verdict.Word;
        Assert.Equal(VerdictWord.Refused, Judged());

        var now = DateTimeOffset.UtcNow;
        survey.HearOtherHosts(new([Word(at: now, pid: owner.Pid) with { BootId = survey.BootId }]));
        Assert.Equal(VerdictWord.Held, Judged());
        owner.Kill();
        Assert.True(SpinWait.SpinUntil(() => Judged() == VerdictWord.Stale, TimeSpan.FromSeconds(15)));
        survey.HearOtherHosts(new([Word(at: DateTimeOffset.UtcNow, pid: owner.Pid) with { BootId = Guid.NewGuid() }]));
        Assert.Equal(VerdictWord.Refused, Judged());
    }

    private static OtherHostWord Word(string state = "absent", DateTimeOffset? at = null, int pid = 4711) =>
        new("mx2", pid, state, "no such process", "mx2", Samples.Boot, at ?? Samples.Now, []);
}
