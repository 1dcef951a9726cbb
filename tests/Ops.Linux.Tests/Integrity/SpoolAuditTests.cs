using System.Diagnostics;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Files of mbox, MMDF and Babyl in a store, with real writers at work.</summary>
public sealed class SpoolAuditTests : IDisposable
{
    private const string From = "From alice@example.org Mon Nov 30 19:45:23 2026\n";
    private const string Whole = From + "Subject: a\n\nb\n\n";
    private static readonly ReadChoice Full = new(Full: true, Share: 0, Seed: 1);
    private static readonly string Nuls = new('\0', 4096);
    private readonly AuditedStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void Whole_files_are_no_difference_and_other_files_are_not_looked_at()
    {
        _store.Write("home/inbox", Whole + Whole);
        _store.Write("home/mmdf", "\u0001\u0001\u0001\u0001\nSubject: a\n\n\u0001\u0001\u0001\u0001\n");
        _store.Write("home/RMAIL", "BABYL OPTIONS:\n\u001f\u000c\n1,,\n\n*** EOOH ***\n\n\u001f");
        _store.Write("home/notes", "From here on it is text");
        _store.Write("home/zeros", Nuls);
        _store.Write("home/.procmailrc", "MAILDIR=mail");
        // One message that was saved by a program that does not end the last line.
        _store.Write("home/saved", From + "Subject: a\n\nb");

        var report = Audit(choice: Full);

        Assert.Empty(report.Damages);
        Assert.Empty(report.NotSeen);
        Assert.Equal((4L, 4L, 4L, 5L, default), (report.Counts.Mailboxes, report.Counts.Spools, report.Counts.SpoolsRead, report.Counts.SpoolMessages, report.Counts.SpoolRemarks));
    }

    [Fact]
    public void Damage_is_found_by_reading_and_a_cut_end_without()
    {
        _store.Write("mail/alice", Whole + From + "\n" + Nuls + "\n");
        _store.Write("mail/bob", Whole + From + "Subject: c\n\ncut he");
        _store.Write("mail/carol", "\u0001\u0001\u0001\u0001\nSubject: a\n\n");

        Assert.Equal(["framing mail/bob", "framing mail/carol"], Damages(AuditedStore.Nothing));
        var report = Audit(choice: Full);

        Assert.Equal([SpoolFaultKind.NulRun, SpoolFaultKind.Cut, SpoolFaultKind.Unclosed], report.Damages.Select(d => d.Suspect.Framing!.First.Kind));
        Assert.Equal(["mbox", "mbox", "mmdf"], report.Damages.Select(d => d.System));
        Assert.DoesNotContain(report.Damages.SelectMany(DamageWords.Evidence), e => e.Contains("cut he", StringComparison.Ordinal));
    }

    [Fact]
    public void A_spool_file_that_begins_with_a_lost_write_is_found_and_one_without_any_message_is_not()
    {
        _store.Write("mail/alice", Nuls + "\n\n" + Whole);
        _store.Write("mail/mbx", "*mbx*\r\nFrom");
        _store.Write("mail/README", "text\n");

        var report = Audit("mail", AuditedStore.Nothing);

        Assert.Equal(_store.File("mail/alice"), Assert.Single(report.Damages).Path.Text);
        Assert.Empty(report.NotSeen);
    }

    [Fact]
    public void A_file_with_a_lock_file_next_to_it_is_in_use_and_not_judged()
    {
        _store.Write("home/inbox", Whole + From + "\ncut he");
        _store.Write("home/inbox.lock", "0");

        var report = Audit(choice: Full);

        Assert.Empty(report.Damages);
        Assert.Contains("in use, not judged: there is a lock file", Assert.Single(report.NotSeen), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flock")]
    [InlineData("lockf")]
    public void A_file_that_a_process_has_locked_is_in_use_until_it_ends(string call)
    {
        var inbox = _store.Write("home/inbox", Whole + From + "\ncut he");
        using (var holder = Python($"import fcntl,sys\nf=open({Quoted(inbox)},'r+b')\nfcntl.{call}(f,fcntl.LOCK_EX)\nprint('held',flush=True)\nsys.stdin.read()"))
        {
            Assert.Equal("held", holder.StandardOutput.ReadLine());

            var report = Audit(choice: Full);

            Assert.Empty(report.Damages);
            Assert.Contains("a process has it locked", Assert.Single(report.NotSeen), StringComparison.Ordinal);
            holder.StandardInput.Close();
            holder.WaitForExit();
        }
        Assert.Equal(["framing home/inbox"], Damages(Full));
    }

    [Fact]
    public void A_program_that_appends_in_parts_without_a_lock_is_never_reported_and_damage_next_to_it_is()
    {
        var inbox = _store.Write("home/inbox", Whole);
        _store.Write("home/old", Whole + Nuls + "\n\n" + Whole);
        // Each write ends within a line, or leaves a hole that is filled later: what an audit could take for damage.
        using var writer = Python($"import os,sys,time\nf=os.open({Quoted(inbox)},os.O_WRONLY)\nprint('on',flush=True)\nfor i in range(10**9):\n n=os.fstat(f).st_size\n os.ftruncate(f,n+600)\n time.sleep(.02)\n m=(b{Quoted(From)}+b'\\n').ljust(598,b'x')+b'\\n\\n'\n os.pwrite(f,m,n)\n os.pwrite(f,b'From a',n+600)\n time.sleep(.02)\n os.ftruncate(f,n+600)");
        try
        {
            Assert.Equal("on", writer.StandardOutput.ReadLine());
            for (var round = 0; round < 20; round++)
                Assert.Equal(["framing home/old"], Damages(Full, TimeProvider.System));
        }
        finally
        {
            writer.Kill();
            writer.WaitForExit();
        }
    }

    [Fact]
    public void An_end_that_was_written_a_moment_ago_is_not_judged_and_a_fault_before_the_end_is()
    {
        _store.Write("home/inbox", Whole + From + "\nstill being wri");
        _store.Write("home/old", Whole + Nuls + "\n\n" + Whole);
        _store.Write("home/Mail/17", Whole + "one message of MH without an end of its line");

        var report = Audit(clock: TimeProvider.System);

        Assert.Equal(_store.File("home/old"), Assert.Single(report.Damages).Path.Text);
        Assert.Contains("less than 10 minutes ago", Assert.Single(report.NotSeen), StringComparison.Ordinal);
    }

    [Fact]
    public void A_symbolic_link_is_not_followed_and_the_access_time_stays()
    {
        var outside = _store.Write("outside/inbox", Whole + From + "\ncut he");
        Directory.CreateDirectory(_store.File("mail"));
        File.CreateSymbolicLink(_store.File("mail/alice"), outside);

        Assert.Empty(Audit("mail", AuditedStore.Nothing).Damages);
        var before = File.GetLastAccessTimeUtc(outside);
        Assert.Single(Damages(Full));
        Assert.Equal(before, File.GetLastAccessTimeUtc(outside));
    }

    // An hour later, so that the ends are old enough to be judged.
    private StoreReport Audit(string root = "", ReadChoice? choice = null, TimeProvider? clock = null) =>
        new StoreAudit(new AuditOptions(choice ?? Full, null, null) { SecondLookAfter = TimeSpan.FromMilliseconds(100) }, clock ?? new Later()).Run([FilePath.FromText(root.Length == 0 ? _store.Path : _store.File(root))]);

    private IReadOnlyList<string> Damages(ReadChoice choice, TimeProvider? clock = null) =>
        [.. Audit(choice: choice, clock: clock).Damages.Select(d => $"{DamageWords.Of(d.Suspect.Kind)} {d.Path.Text[(_store.Path.Length + 1)..]}").Order(StringComparer.Ordinal)];

    private static string Quoted(string text) => "'" + text.Replace("\n", "\\n", StringComparison.Ordinal) + "'";

    private static Process Python(string program) =>
        Process.Start(new ProcessStartInfo("python3", ["-c", program]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }
}
