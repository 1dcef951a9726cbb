using System.Globalization;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using Mono.Unix.Native;
using Ops.Contracts;
using Ops.Linux;

namespace Ops.Agent.Tests;

/// <summary>Whatever a console that is in the wrong hands sends: it is refused and written down, and nothing changes on disk.</summary>
public sealed class HijackedConsoleTests : IDisposable
{
    private const string LoneSurrogate = "a\uD800b";
    private readonly Store _store = new();
    private readonly LockMaker _holder;
    private readonly string _stale;
    private readonly string _outside;

    public HijackedConsoleTests()
    {
        _stale = _store.StaleLock("alice");
        _outside = Path.Join(Path.GetDirectoryName(_store.Path), "outside.lock");
        File.WriteAllText(_outside, File.ReadAllText(_stale));
        File.SetLastWriteTimeUtc(_outside, DateTime.UtcNow.AddHours(-2));
        Directory.CreateSymbolicLink(_store.File("way-out"), Path.GetDirectoryName(_store.Path)!);
        File.CreateSymbolicLink(_store.File("linked.lock"), _outside);
        Directory.CreateDirectory(_store.File("folder.lock"));
        Assert.Equal(0, Syscall.mkfifo(_store.File("pipe.lock"), FilePermissions.S_IRUSR | FilePermissions.S_IWUSR));
        _holder = LockMaker.Start("posix", "write", _store.Write("bob", "From x\n\n"));
    }

    public static TheoryData<string> Attacks => new(Known.Keys);

    private static Dictionary<string, Func<HijackedConsoleTests, ExecuteRequest>> Known { get; } = new(StringComparer.Ordinal)
    {
        ["no id"] = t => t.Break() with { OperationId = Guid.Empty },
        ["unknown verb"] = t => t.Break() with { Action = "format" },
        ["empty verb"] = t => t.Break() with { Action = "" },
        ["verb with a line break"] = t => t.Break() with { Action = "break\n" },
        ["verb in capitals"] = t => t.Break() with { Action = "BREAK" },
        ["another verb on a stale lock"] = t => t.Break() with { Action = "remove" },
        ["climbing out"] = t => t.Break() with { Path = t._store.Path + "/../outside.lock" },
        ["climbing out and in again"] = t => t.Break() with { Path = t._store.Path + "/../mail/alice.lock" },
        ["a dot in the path"] = t => t.Break() with { Path = t._store.Path + "/./alice.lock" },
        ["a NUL in the path"] = t => t.Break() with { Path = t._stale + "\0.txt" },
        ["a lone surrogate in the path"] = t => t.Break() with { Path = t._store.File(LoneSurrogate) },
        ["outside the roots"] = t => t.Break() with { Path = t._outside },
        ["through a linked directory"] = t => t.Break() with { Path = t._store.File("way-out/outside.lock") },
        ["a link"] = t => t.Break() with { Path = t._store.File("linked.lock") },
        ["a directory"] = t => t.Break() with { Path = t._store.File("folder.lock") },
        ["a FIFO"] = t => t.Break() with { Path = t._store.File("pipe.lock") },
        ["the mailbox itself"] = t => t.Break() with { Path = t._store.File("alice") },
        ["removing the mailbox"] = t => t.Break() with { Action = "remove", Path = t._store.File("alice") },
        ["the root itself"] = t => t.Break() with { Path = t._store.Path },
        ["a relative path"] = t => t.Break() with { Path = "alice.lock" },
        ["no path"] = t => t.Break() with { Path = "" },
        ["null path"] = t => t.Break() with { Path = null! },
        ["a path that is too long"] = t => t.Break() with { Path = t._store.Path + "/" + new string('x', 100_000) },
        ["bytes that are not base64"] = t => t.Break() with { PathBytes = "%%%" },
        ["bytes of another file than the text"] = t => t.Break() with { Path = t._store.File("alice"), PathBytes = Convert.ToBase64String(Encoding.UTF8.GetBytes(t._stale)) },
        ["bytes that climb out"] = t => t.Break() with { Path = t._store.Path + "/../outside.lock", PathBytes = Convert.ToBase64String(Encoding.UTF8.GetBytes(t._store.Path + "/../outside.lock")) },
        ["bytes with a NUL"] = t => t.Break() with { Path = t._stale + "\0", PathBytes = Convert.ToBase64String(Encoding.UTF8.GetBytes(t._stale + "\0")) },
        ["a wrong fingerprint"] = t => t.Break() with { Fingerprint = "sha256:" + new string('0', 64) },
        ["an empty fingerprint"] = t => t.Break() with { Fingerprint = "" },
        ["nobody as actor"] = t => t.Break() with { Actor = " " },
        ["null actor"] = t => t.Break() with { Actor = null! },
        ["a terminal escape as actor"] = t => t.Break() with { Actor = "alice\u001b[2J" },
        ["a huge actor"] = t => t.Break() with { Actor = new string('a', 1_000_000) },
        ["a lone surrogate as actor"] = t => t.Break() with { Actor = LoneSurrogate },
        ["no reason"] = t => t.Break() with { Reason = "" },
        ["a huge reason"] = t => t.Break() with { Reason = new string('r', 10_000_000) },
        ["a NUL in the reason"] = t => t.Break() with { Reason = "because\0" },
        ["null approvers"] = t => t.Break() with { Approvers = null! },
        ["a null approver"] = t => t.Break() with { Approvers = [null!] },
        ["thousands of approvers"] = t => t.Break() with { Approvers = [.. Enumerable.Range(0, 10_000).Select(i => i.ToString(CultureInfo.InvariantCulture))] },
        ["the actor as approver"] = t => t.Break() with { Approvers = ["Mallory"] },
        ["one approver twice"] = t => t.Break() with { Approvers = ["bob", "BOB"] },
        ["a head that is no hash"] = t => t.Break() with { ConsoleHead = "<script>" },
        ["a huge finding key"] = t => t.Break() with { FindingKey = new string('k', 100_000) },
        ["undo of nothing"] = t => t.Break() with { Action = "undo" },
        ["undo of a foreign operation"] = t => t.Break() with { Action = "undo", UndoOf = Guid.NewGuid() },
        ["undo of an empty id"] = t => t.Break() with { Action = "undo", UndoOf = Guid.Empty },
        ["purge of nothing"] = t => t.Break() with { Action = "purge" },
        ["purge of a foreign operation"] = t => t.Break() with { Action = "purge", UndoOf = Guid.NewGuid() },
        ["killing process 1"] = t => t.Kill(1),
        ["killing the agent"] = t => t.Kill(Environment.ProcessId),
        ["killing a holder of another lock"] = t => t.Kill(t._holder.Pid) with { Path = t._stale },
        ["killing without a process"] = t => t.Kill(t._holder.Pid) with { Process = null },
        ["killing a recycled pid"] = t => t.Kill(t._holder.Pid) is var kill ? kill with { Process = kill.Process! with { StartTicks = 1 } } : throw new InvalidOperationException(),
        ["killing a process of another boot"] = t => t.Kill(t._holder.Pid) is var kill ? kill with { Process = kill.Process! with { BootId = Guid.NewGuid() } } : throw new InvalidOperationException(),
        ["killing a process group"] = t => t.Kill(t._holder.Pid) with { Process = new ProcessRef(-1, 1, Guid.Empty) },
        ["killing with an old fingerprint"] = t => t.Kill(t._holder.Pid) with { Fingerprint = "sha256:1" },
        ["killing with a finding of another lock"] = t => t.Kill(t._holder.Pid) with { FindingKey = "lock-0123456789abcdef01234567" },
        ["asking a process that is no session"] = t => t.Kill(t._holder.Pid) with { Action = "ask" },
        ["rescue of a file that has its name"] = t => t.Kill(t._holder.Pid) with { Action = "rescue" },
        ["rescue from a negative descriptor"] = t => t.Kill(t._holder.Pid) with { Action = "rescue", Descriptor = -1 },
        ["rescue of the agent's own memory"] = t => t.Kill(Environment.ProcessId) with { Action = "rescue", Descriptor = 0 },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public void A_request_that_makes_no_sense_or_is_not_allowed_is_refused_written_down_and_changes_nothing(string attack)
    {
        var handler = Handler();
        var request = Known[attack](this);
        handler.Execute(Break() with { Action = "break", Path = _outside }, _ => { }); // makes journal and state directory
        var before = Tree();
        var entries = File.ReadAllLines(_store.JournalFile).Length;

        var result = handler.Execute(request, _ => { });

        Assert.Contains(result.Outcome, (string[])["refused", "changed", "gone"]);
        Assert.NotNull(result.Refusal);
        Assert.Equal(before, Tree());
        Assert.True(File.ReadAllLines(_store.JournalFile).Length > entries);
        Assert.IsType<Locks.AuditVerification.Intact>(Journal.Verify(_store.JournalFile));
        Assert.True(new FileInfo(_store.JournalFile).Length < 200_000);
        Assert.True(new ProcReader().ReadProcess(_holder.Pid) is { IsAlive: true });
        // And the journal can still be read by the next agent.
        Assert.Null(Handler().CircuitOpen);
    }

    [Theory]
    [InlineData("/../outside.lock")]
    [InlineData("/way-out/../../outside.lock")]
    [InlineData("/\0")]
    public void A_preview_looks_nowhere_else_either(string path)
    {
        var preview = Handler().Preview(new PreviewRequest("break", "", _store.Path + path, null));
        Assert.Equal("malformed", preview.Refusal!.Reason);
        Assert.Null(preview.Finding);
    }

    [Fact]
    public void An_explanation_of_files_elsewhere_reveals_nothing()
    {
        var survey = new HostSurvey(_store.Settings(), TimeProvider.System);
        Assert.Contains(survey.Explain(_stale, _ => null).Findings, f => f.Path == _stale);
        Assert.Empty(survey.Explain(_outside, _ => null).Findings);
        Assert.Empty(survey.Explain(_store.Path + "/../outside.lock", _ => null).Findings);
        Assert.NotEmpty(survey.Explain(ExplainSubject.Of(_outside), _ => null, anywhere: true).Findings);
    }

    [Fact]
    public void An_id_that_was_used_for_something_else_is_refused_and_its_result_stays()
    {
        var handler = Handler();
        var first = Break() with { Path = _outside };
        var result = handler.Execute(first, _ => { });
        Assert.Equal("policy", result.Refusal!.Reason);
        var before = Tree();
        foreach (var other in new[]
        {
            first with { Path = _stale }, first with { Action = "remove" }, first with { Actor = "alice" }, first with { Reason = "other" }, first with { UndoOf = Guid.NewGuid() },
            first with { Approvers = ["bob"] }, first with { BreakGlass = "now" }, first with { Process = new ProcessRef(2, 2, Guid.Empty) }, first with { Descriptor = 3 },
        })
        {
            Assert.Equal("malformed", handler.Execute(other, _ => Assert.Fail("nothing may be done")).Refusal!.Reason);
        }

        Assert.Equal(before, Tree());
        // Replayed as it was, or by a console that only wants to know how it ended.
        Assert.Equivalent(result, handler.Execute(first, _ => { }), strict: true);
        Assert.Equivalent(result, handler.Execute(first with { Fingerprint = "sha256:no-longer-wanted", ConsoleHead = new string('a', 64) }, _ => { }), strict: true);
    }

    [Fact]
    public void What_the_policy_forbids_is_refused_whatever_the_console_says()
    {
        Handler().Execute(Break() with { Path = _outside }, _ => { }); // makes journal and state directory
        var before = Tree();
        Dictionary<string, (Policy Policy, ExecuteRequest Request)> cases = new()
        {
            ["policy"] = (new Policy { Verbs = ["undo"] }, Break()),
            ["shadow"] = (new Policy { Shadow = true }, Break()),
            ["needs-approval"] = (new Policy { Approvers = new Dictionary<string, int> { ["break"] = 2 } }, Break() with { Approvers = ["bob"] }),
        };
        foreach (var (reason, (policy, request)) in cases)
            Assert.Equal(reason, _store.Handler(_store.Settings(policy)).Execute(request, _ => { }).Refusal!.Reason);
        var noGlass = new Policy { BreakGlass = false, Approvers = new Dictionary<string, int> { ["break"] = 1 } };
        Assert.Equal("policy", _store.Handler(_store.Settings(noGlass)).Execute(Break() with { BreakGlass = "now" }, _ => { }).Refusal!.Reason);
        var kinds = new Policy { Kinds = ["pid-file"] };
        Assert.Equal("policy", _store.Handler(_store.Settings(kinds)).Execute(Break(), _ => { }).Refusal!.Reason);
        Assert.Equal(before, Tree());
    }

    [RootFact]
    public void Break_glass_lifts_the_approvers_loudly_and_nothing_else()
    {
        var policy = new Policy { SettlePeriod = TimeSpan.Zero, Approvers = new Dictionary<string, int> { ["break"] = 2 } };
        var handler = _store.Handler(_store.Settings(policy));
        var held = handler.Execute(Break() with { Path = _store.Write("bob.lock", $"{_holder.Pid}\n", TimeSpan.FromHours(2)), BreakGlass = "I want it" }, _ => { });
        Assert.Equal("refused", held.Outcome);
        var done = handler.Execute(Break() with { BreakGlass = "the approvers are asleep" }, _ => { });
        Assert.Equal("done", done.Outcome);
        Assert.StartsWith("Break-glass", done.Summary, StringComparison.Ordinal);
        Assert.Equal(2, File.ReadAllLines(_store.JournalFile).Count(l => l.Contains("\"action\":\"break-glass\"", StringComparison.Ordinal)));
        Assert.IsType<Locks.AuditVerification.Intact>(Journal.Verify(_store.JournalFile));
    }

    [RootFact]
    public void More_acts_in_a_minute_than_allowed_stop_everything_also_for_the_next_agent()
    {
        var settings = _store.Settings(new Policy { SettlePeriod = TimeSpan.Zero, MaxActsPerMinute = 2 });
        var outcomes = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var path = _store.StaleLock($"user{i}", int.Parse(File.ReadAllText(_stale), CultureInfo.InvariantCulture));
            var result = _store.Handler(settings).Execute(Break() with { Path = path }, _ => { });
            outcomes.Add(result.Refusal?.Reason ?? result.Outcome);
        }
        Assert.Equal(["done", "done", "too-many", "circuit-open"], outcomes);
        Assert.Contains("Acts are paused", _store.Handler(settings).CircuitOpen, StringComparison.Ordinal);
        Assert.True(File.Exists(_store.File("user3.lock")));
    }

    public void Dispose()
    {
        _holder.Dispose();
        _store.Dispose();
    }

    private OperationHandler Handler() => _store.Handler(_store.Settings(new Policy
    {
        Verbs = ["break", "remove", "undo", "purge", "ask", "term", "kill", "rescue"],
        SettlePeriod = TimeSpan.Zero,
        EndWait = TimeSpan.FromSeconds(1),
    }));

    private ExecuteRequest Break() => new(Guid.NewGuid(), "break", "", _stale, null, null, "mallory", [], "because I say so");

    private ExecuteRequest Kill(int pid)
    {
        var identity = new ProcReader().ReadProcess(pid)!.Identity;
        return Break() with { Action = "kill", Path = _store.File("bob"), Process = new ProcessRef(pid, identity.StartTicks, identity.BootId) };
    }

    /// <summary>Everything below the store and beside it but the agent's own state: name, inode, times, mode, content.</summary>
    private List<string> Tree()
    {
        var top = Path.GetDirectoryName(_store.Path)!;
        var found = new List<string>();
        var entries = new FileSystemEnumerable<string>(top, (ref FileSystemEntry e) => e.ToFullPath(), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        {
            ShouldRecursePredicate = (ref FileSystemEntry e) => !e.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        foreach (var path in entries.Append(top).Where(p => !p.StartsWith(_store.State, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            Assert.Equal(0, Syscall.lstat(path, out var s));
            var isFile = (s.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFREG;
            found.Add(string.Create(CultureInfo.InvariantCulture,
                $"{path} {s.st_ino} {s.st_mode} {s.st_nlink} {s.st_size} {s.st_mtime}.{s.st_mtime_nsec} {s.st_ctime}.{s.st_ctime_nsec} {(isFile ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))) : "")}"));
        }
        return found;
    }
}
