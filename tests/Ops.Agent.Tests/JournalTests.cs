using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent.Tests;

public sealed class JournalTests : IDisposable
{
    private readonly Scratch _directory = new();

    private string JournalFile => Path.Join(_directory.Path, Journal.FileName);

    [Fact]
    public void An_operation_that_was_concluded_is_found_by_any_later_journal()
    {
        var request = Request();
        var journal = Open();
        journal.Intend(Intent(request));
        Assert.Null(journal.FindResult(request.OperationId));
        var concluded = journal.Conclude(request, Result(request));
        Assert.NotNull(concluded.JournalHead);
        Assert.Equal("gone", Open().FindResult(request.OperationId)!.Outcome);
        Assert.Empty(Open().OpenIntents());
        Assert.Equal(concluded.JournalHead, Open().FindResult(request.OperationId)!.JournalHead);
    }

    [Fact]
    public void Another_process_appending_to_the_same_journal_is_seen_at_once()
    {
        var (mine, theirs) = (Open(), Open());
        var (first, second) = (Request(), Request());
        mine.Intend(Intent(first));
        theirs.Intend(Intent(second));
        mine.Conclude(first, Result(first));
        Assert.NotNull(theirs.FindResult(first.OperationId));
        Assert.Equal([second.OperationId], mine.OpenIntents().Select(i => i.Request.OperationId));
        Assert.IsType<AuditVerification.Intact>(Journal.Verify(JournalFile));
    }

    [Fact]
    public void The_same_operation_cannot_be_intended_twice()
    {
        var request = Request();
        Open().Intend(Intent(request));
        Assert.Throws<JournalException>(() => Open().Intend(Intent(request)));
    }

    [Fact]
    public void An_intent_without_outcome_stays_open()
    {
        var request = Request();
        Open().Intend(Intent(request));
        Assert.Equal(request.OperationId, Assert.Single(Open().OpenIntents()).Request.OperationId);
    }

    [Fact]
    public void An_edited_entry_is_found_and_nothing_is_added_to_such_a_journal()
    {
        Open().Intend(Intent(Request()));
        Open().Intend(Intent(Request()));
        File.WriteAllText(JournalFile, File.ReadAllText(JournalFile).Replace("because", "becausE", StringComparison.Ordinal));
        Assert.Equal(1, Assert.IsType<AuditVerification.Broken>(Journal.Verify(JournalFile)).Entry);
        Assert.Throws<JournalException>(() => Open().Intend(Intent(Request())));
    }

    [Fact]
    public void A_cut_off_tail_is_found_by_the_remembered_head_and_recorded()
    {
        Open().Intend(Intent(Request()));
        var short_ = File.ReadAllBytes(JournalFile);
        Open().Intend(Intent(Request()));
        File.WriteAllBytes(JournalFile, short_);
        Assert.Equal(AuditBreak.Truncated, Assert.IsType<AuditVerification.Broken>(Journal.Verify(JournalFile)).Reason);
        Open().Intend(Intent(Request()));
        Assert.Equal(AuditBreak.Truncated, Assert.IsType<AuditVerification.Broken>(Journal.Verify(JournalFile)).Reason);
    }

    [Fact]
    public void A_journal_that_was_deleted_is_noticed_by_its_head()
    {
        Open().Intend(Intent(Request()));
        File.Delete(JournalFile);
        Open().Intend(Intent(Request()));
        Assert.IsType<AuditVerification.Broken>(Journal.Verify(JournalFile));
    }

    [Fact]
    public void Half_a_line_from_a_crash_is_dropped_and_noted()
    {
        Open().Intend(Intent(Request()));
        File.AppendAllText(JournalFile, "{\"version\":1,\"seq");
        var request = Request();
        Open().Intend(Intent(request));
        Assert.Equal(3, Assert.IsType<AuditVerification.Intact>(Journal.Verify(JournalFile)).Count);
        Assert.Contains("torn-line", File.ReadAllText(JournalFile), StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_that_cannot_be_written_says_so_before_anything_is_done()
    {
        var file = Path.Join(_directory.Path, "not-a-directory");
        File.WriteAllText(file, "");
        Assert.Throws<JournalException>(() => new Journal(Path.Join(file, "state"), "mail1", TimeProvider.System).Intend(Intent(Request())));
    }

    [Fact]
    public void Journal_and_directory_are_for_their_owner_alone()
    {
        var journal = new Journal(Path.Join(_directory.Path, "state"), "mail1", TimeProvider.System);
        journal.Intend(Intent(Request()));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(journal.JournalPath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Join(_directory.Path, "state")));
    }

    [Fact]
    public async Task Many_writers_leave_one_intact_chain()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            var journal = Open();
            for (var i = 0; i < 5; i++)
            {
                var request = Request();
                journal.Intend(Intent(request));
                journal.Conclude(request, Result(request));
            }
        })));
        Assert.Equal(80, Assert.IsType<AuditVerification.Intact>(Journal.Verify(JournalFile)).Count);
    }

    public void Dispose() => _directory.Dispose();

    private static ExecuteRequest Request() => new(
        Guid.NewGuid(), "break", "file-1", "/var/mail/alice.lock", null, "sha256:1", "alice", [], "because " + new string('x', 10));

    private static JournalIntent Intent(ExecuteRequest request) => new(request, 42, 7, Samples.Boot, "/var/mail");

    private static OperationResult Result(ExecuteRequest request) => new(
        request.OperationId, request.Action, "gone", null, "Nothing was there.", null, null, null, [], Samples.Now, Samples.Now, null);

    private Journal Open() => new(_directory.Path, "mail1", TimeProvider.System);
}
