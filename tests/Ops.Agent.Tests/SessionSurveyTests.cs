using System.Diagnostics;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent.Tests;

/// <summary>The session behind a real process, as Cyrus says it; a program of that name stands in for Cyrus's own.</summary>
public sealed class SessionSurveyTests : IDisposable
{
    private readonly Store _store = new();
    private readonly string _proc;
    private readonly Process _imapd;

    public SessionSurveyTests()
    {
        _proc = Directory.CreateDirectory(_store.File("proc")).FullName;
        File.SetUnixFileMode(_proc, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _store.Write("imapd.conf", $"configdirectory: /none\nproc_path: {_proc}\n");
        File.Copy("/usr/bin/sleep", _store.File("imapd"));
        _imapd = Process.Start(_store.File("imapd"), ["1000"]);
    }

    public void Dispose()
    {
        if (!_imapd.HasExited)
            _imapd.Kill();
        _imapd.WaitForExit();
        _imapd.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task A_holder_is_named_by_the_session_that_its_file_says()
    {
        var held = await Held();
        Says("imap\tlocalhost [192.0.2.7]\talice\tuser.alice\tStore\n");

        var look = Ask(On, held)!;

        var session = Assert.Single(look.Sessions).Value;
        Assert.Equal(new("cyrus", "alice", "192.0.2.7", "imap", "user.alice", FileOf, look.At), session);
        var tied = look.Tie(held);
        Assert.Equal(session, tied.Process!.Session);
        Assert.Equal(("session-of", "yes", $"pid {_imapd.Id} serves alice from 192.0.2.7 by imap, mailbox user.alice"), (tied.Evidence[^1].Question, tied.Evidence[^1].Answer, tied.Evidence[^1].Detail));
        Assert.Equivalent(held, SessionLook.Untie(tied));
    }

    [Fact]
    public async Task A_file_of_an_earlier_process_of_that_number_names_no_one()
    {
        var held = await Held();
        Says("imap\tlocalhost [192.0.2.7]\talice\tuser.alice\tStore\n");
        File.SetLastWriteTimeUtc(FileOf, DateTime.UtcNow - TimeSpan.FromHours(1));

        Assert.Empty(Ask(On, held)!.Sessions);
    }

    [Fact]
    public async Task A_session_that_is_over_names_no_one()
    {
        var held = await Held();
        Says("imap\tlocalhost [192.0.2.7]\talice\tuser.alice\tStore\n");
        File.Delete(FileOf);
        Assert.Empty(Ask(On, held)!.Sessions);

        Says("imap\tlocalhost [192.0.2.7]\talice\tuser.alice\tStore\n");
        _imapd.Kill();
        _imapd.WaitForExit();
        Assert.Null(Ask(On, held));
    }

    [Fact]
    public async Task A_file_that_others_changed_names_no_one()
    {
        var held = await Held();
        Says("imap\tlocalhost [192.0.2.7]\talice\tuser.alice\tStore\n");
        File.SetUnixFileMode(_proc, (UnixFileMode)0x1FF);

        Assert.Empty(Ask(On, held)!.Sessions);
    }

    [Fact]
    public async Task Without_the_policy_nothing_is_asked() => Assert.Null(Ask(On with { ImapSessions = false }, await Held()));

    [Fact]
    public async Task Without_Cyrus_nothing_is_said() => Assert.Empty(Ask(On with { CyrusConfig = _store.File("none") }, await Held())!.Sessions);

    [Fact]
    public void Processes_of_other_programs_are_not_asked_about() => Assert.Null(Ask(On, Samples.Finding("a")));

    private string FileOf => Path.Join(_proc, _imapd.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private Policy On => new() { ImapSessions = true, CyrusConfig = _store.File("imapd.conf"), Doveadm = _store.File("no-doveadm") };

    private void Says(string text) => File.WriteAllText(FileOf, text);

    private SessionLook? Ask(Policy policy, Finding finding) =>
        new SessionSurvey(_store.Settings(policy), new ProcReader(), TimeProvider.System).Ask([finding], TimeProvider.System.GetUtcNow().AddSeconds(1), CancellationToken.None);

    private async Task<Finding> Held()
    {
        var processes = new ProcReader();
        // Between fork and exec it is still this program.
        await Testing.Wait.Until(() => SessionRule.MayBeCyrus(processes.ReadProcess(_imapd.Id)?.Executable));
        return new FindingFactory("mail1", new Policy().Judging, static uid => $"{uid}").OfArtefact(
            Samples.Artefact(Samples.File("/var/mail/alice.lock")), Samples.Verdict(VerdictWord.Held, owner: new Owner(_imapd.Id, null, processes.ReadProcess(_imapd.Id), Answer.Yes)), Samples.Now);
    }
}
