using System.Text.Json;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>The command line on real files and real processes. What needs proof about all processes is refused without privileges, and so is it here.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly Store _store = new();

    private static bool CanProve => Environment.IsPrivilegedProcess;

    [Fact]
    public async Task Scan_prints_one_finding_a_line_as_JSON_without_a_byte_order_mark()
    {
        var path = _store.StaleLock("alice");
        var (code, output, _) = await _store.OpsHere("scan", "--json");
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal('{', output[0]);
        var finding = Assert.Single(await _store.Scan(), f => f.Path == path);
        Assert.Equal(CanProve ? "stale" : "refused", finding.Verdict);
        Assert.Equal(_store.File("alice"), finding.Mailbox);
        Assert.Equal(CanProve ? ["break"] : [], finding.Actions);
    }

    [Fact]
    public async Task Scan_for_a_pipe_is_separated_by_tabs_and_escapes_control_characters()
    {
        _store.Write("evil\e[2J\tname.lock", "", TimeSpan.FromHours(2));
        var (_, output, _) = await _store.OpsHere("scan");
        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(7, line.Split('\t').Length);
        Assert.DoesNotContain('\e', line);
        Assert.EndsWith("evil\\x1b[2J\\tname.lock", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_for_a_terminal_fits_keeps_the_last_name_and_ends_with_the_summary()
    {
        var name = new string('x', 30) + ".lock";
        _store.Write(new string('d', 100) + "/" + name, "", TimeSpan.FromHours(2));
        var lines = await OnTerminal(80, "scan", "--root", _store.Path);
        Assert.StartsWith("VERDICT", lines[0], StringComparison.Ordinal);
        Assert.All(lines, l => Assert.True(l.Length < 80, l));
        Assert.EndsWith("…/" + name, lines[1], StringComparison.Ordinal);
        Assert.StartsWith("1 finding: 1 ", lines[^1], StringComparison.Ordinal);

        var wide = await OnTerminal(80, "scan", "--root", _store.Path, "--wide");
        Assert.EndsWith($"  {_store.Path}/{new string('d', 100)}/{name}", wide[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_gets_the_names_of_the_columns_only_when_asked()
    {
        _store.StaleLock("alice");
        Assert.DoesNotContain("VERDICT", (await _store.OpsHere("scan")).Output, StringComparison.Ordinal);
        Assert.StartsWith("VERDICT\tKIND\tSYSTEM\tAGE\tOWNER\tCAN\tPATH\n", (await _store.OpsHere("scan", "--header")).Output, StringComparison.Ordinal);
        Assert.StartsWith("VERDICT\tCLASS\tMODE\tRANGE\tPID\tCOMMAND\tUSER\tAGE\tBLOCKED BY\tPATH\n", (await Store.Ops("locks", "--header")).Output, StringComparison.Ordinal);
        Assert.StartsWith("SYSTEM\tKIND\tFILE\t", (await Store.Ops("conventions", "--header")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Locks_on_a_terminal_show_a_waiter_under_its_blocker_with_its_age()
    {
        var mailbox = _store.Write("alice", "From x\n");
        using var holder = LockMaker.Start("flock", "write", mailbox);
        using var waiter = LockMaker.Start("--wait", "flock", "write", mailbox);
        List<string> mine = [];
        // The waiter says that it is about to wait, not that it does.
        for (var look = 0; look < 100 && mine.Count < 2; look++)
            mine = [.. (await OnTerminal(200, "locks")).Where(l => l.EndsWith(mailbox, StringComparison.Ordinal))];
        Assert.Matches($@"^held  +flock +write +whole file +{holder.Pid} +\S.* \d.* s  ", mine[0]);
        Assert.Matches($@"^└ waiting +flock +write +whole file +{waiter.Pid} +\S.* \d.* s +{holder.Pid}  ", mine[1]);
    }

    [Fact]
    public async Task A_lock_on_a_removed_file_is_marked()
    {
        var path = _store.Write("gone.lock");
        using var holder = LockMaker.Start("flock", "write", path);
        File.Delete(path);
        Assert.Contains(await OnTerminal(200, "locks"), l => l.EndsWith(path + " (deleted)", StringComparison.Ordinal));
        Assert.Contains((await Store.Ops("locks")).Output.Split('\n'), l => l.EndsWith($"\t{path} (deleted)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_living_holder_is_held_and_a_waiter_waits_for_it()
    {
        var mailbox = _store.Write("alice", "From x\n");
        using var holder = LockMaker.Start("posix", "write", mailbox);
        using var waiter = LockMaker.Start("--wait", "posix", "write", mailbox);
        List<Finding> findings = [];
        // The waiter says that it is about to wait, not that it does.
        for (var look = 0; look < 100 && findings.Count < 2; look++)
            findings = [.. (await _store.Scan()).Where(f => f.Kind == "kernel-lock")];

        Assert.Equal(("held", holder.Pid), (findings[0].Verdict, findings[0].Owner!.Pid!.Value));
        Assert.Equal(("waiting", waiter.Pid), (findings[1].Verdict, findings[1].Process!.Pid));
        Assert.Equal([holder.Pid], findings[1].Lock!.BlockedBy);
        Assert.Equal(Environment.UserName, findings[0].User);

        var (code, output, _) = await Store.Ops("locks", "--json");
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains(output.Split('\n'), l => l.Contains(mailbox, StringComparison.Ordinal) && l.Contains("\"waiting\"", StringComparison.Ordinal));

        var (_, words, _) = await _store.OpsHere("explain", mailbox);
        Assert.Contains($"Pid {holder.Pid} (", words, StringComparison.Ordinal);
        Assert.Contains($"behind pid {holder.Pid}", words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_of_a_living_process_is_not_broken()
    {
        var mailbox = _store.Write("alice", "From x\n");
        using var holder = LockMaker.Start("dotlock", mailbox + ".lock", "{pid}\n");
        var (code, output, _) = await _store.OpsHere("break", mailbox + ".lock", "--reason", "test");
        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("refused:", output, StringComparison.Ordinal);
        Assert.True(File.Exists(mailbox + ".lock"));
    }

    [RootFact]
    public async Task A_stale_lock_is_broken_once_and_is_gone_the_second_time()
    {
        var path = _store.StaleLock("alice");
        var (code, output, _) = await _store.OpsHere("break", path, "--reason", "test", "--json");
        Assert.Equal(CanProve ? ExitCode.Done : ExitCode.Refused, code);
        var result = JsonSerializer.Deserialize(output, OpsJson.Default.OperationResult)!;
        Assert.Equal(!CanProve, File.Exists(path));
        Assert.True(File.Exists(_store.File("alice")));
        Assert.Equal(CanProve ? "done" : "refused", result.Outcome);
        Assert.Equal(CanProve, File.Exists(result.QuarantinePath));
        Assert.Equal(CanProve, result.Removed?.Content is not null);
        Assert.Equal(ExitCode.Gone, (await _store.OpsHere("break", path, "--reason", "test")).Code);

        var undone = await Store.Ops("undo", result.OperationId.ToString(), "--root", _store.Path, "--state", _store.State);
        Assert.Equal(ExitCode.Done, undone.Code);
        Assert.True(File.Exists(path));
        Assert.Equal(ExitCode.Changed, (await Store.Ops("undo", result.OperationId.ToString(), "--root", _store.Path, "--state", _store.State)).Code);
    }

    [Fact]
    public async Task A_leftover_is_removed_to_quarantine()
    {
        Directory.CreateDirectory(_store.File("md/cur"));
        Directory.CreateDirectory(_store.File("md/new"));
        var path = _store.Write($"md/tmp/1795256544.{Store.DeadPid()}_0.{Environment.MachineName}", "half", TimeSpan.FromDays(3));
        var (code, _, _) = await _store.OpsHere("remove", path, "--reason", "test");
        Assert.Equal(CanProve ? ExitCode.Done : ExitCode.Refused, code);
        Assert.Equal(!CanProve, File.Exists(path));
    }

    [Fact]
    public async Task Another_fingerprint_means_changed_and_nothing_is_done()
    {
        var path = _store.StaleLock("alice");
        var (code, _, _) = await _store.OpsHere("break", path, "--reason", "test", "--fingerprint", "sha256:00");
        Assert.Equal(CanProve ? ExitCode.Changed : ExitCode.Refused, code);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_dry_run_says_what_it_would_do_and_touches_neither_store_nor_journal()
    {
        var path = _store.StaleLock("alice");
        var (code, output, _) = await _store.OpsHere("break", path, "--dry-run");
        Assert.Equal(CanProve ? ExitCode.Done : ExitCode.Refused, code);
        Assert.Contains("owner-running: no", output, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
        Assert.False(Directory.Exists(_store.State));
    }

    [Fact]
    public async Task What_is_outside_the_roots_is_not_touched()
    {
        var path = _store.StaleLock("alice");
        Directory.CreateDirectory(_store.File("other"));
        var (code, output, _) = await Store.Ops("break", path, "--reason", "test", "--root", _store.File("other"), "--state", _store.State);
        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("outside", output, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_symbolic_link_to_a_lock_is_refused_and_its_target_stays()
    {
        var path = _store.StaleLock("alice");
        File.CreateSymbolicLink(_store.File("bob.lock"), path);
        _store.Write("bob");
        Assert.Equal(ExitCode.Refused, (await _store.OpsHere("break", _store.File("bob.lock"), "--reason", "test")).Code);
        Assert.True(File.Exists(path));
        Directory.CreateSymbolicLink(_store.File("alias"), _store.Path);
        Assert.Equal(ExitCode.Refused, (await _store.OpsHere("break", _store.File("alias/alice.lock"), "--reason", "test")).Code);
        Assert.Equal("refused", (await _store.Scan()).Single(f => f.Path == _store.File("alias/alice.lock")).Verdict);
        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData("break")]
    [InlineData("break", "/var/mail/x.lock")]
    [InlineData("break", "--path-bytes", "%%", "--reason", "x")]
    [InlineData("explain")]
    [InlineData("scan", "--age-by", "atime")]
    [InlineData("undo", "not-an-id")]
    [InlineData("agent")]
    [InlineData("agent", "--console", "http://console.example.org/", "--token", "t")]
    [InlineData("agent", "--console", "http://127.0.0.1:1/", "--token", "t", "--log-format", "xml")]
    [InlineData("nonsense")]
    public async Task A_command_line_that_makes_no_sense_is_a_usage_error(params string[] arguments) =>
        Assert.Equal(ExitCode.Usage, (await Store.Ops(arguments)).Code);

    [Fact]
    public async Task A_policy_that_cannot_be_followed_stops_everything() =>
        Assert.Equal(ExitCode.Configuration, (await Store.Ops("scan", "--policy", _store.QuickPolicy(", \"verbs\": [\"format\"]"))).Code);

    [Fact]
    public async Task The_audit_is_intact_after_acts_and_broken_after_an_edit()
    {
        await _store.OpsHere("break", _store.StaleLock("alice"), "--reason", "first");
        var (code, output, _) = await Store.Ops("verify-audit", "--state", _store.State);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("intact: 2 entries", output, StringComparison.Ordinal);
        File.WriteAllText(_store.JournalFile, File.ReadAllText(_store.JournalFile).Replace("first", "other", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Broken, (await Store.Ops("verify-audit", _store.JournalFile)).Code);
        Assert.Equal(ExitCode.Failed, (await Store.Ops("verify-audit", _store.File("none"))).Code);
    }

    [Fact]
    public async Task An_audit_that_is_intact_with_remarks_ends_with_an_exit_code_of_its_own()
    {
        await _store.OpsHere("break", _store.StaleLock("alice"), "--reason", "first");
        var copy = _store.Write("copy.jsonl", File.ReadAllText(_store.JournalFile));
        var (code, output, _) = await Store.Ops("verify-audit", copy);
        Assert.Equal(6, code);
        Assert.Contains("cannot prove the end", output, StringComparison.Ordinal);
        // Two journals cannot be compared: that is no agreement.
        Assert.Equal(6, (await Store.Ops("verify-audit", _store.JournalFile, "--against", copy)).Code);
        File.WriteAllText(copy, File.ReadAllText(copy).Replace("first", "other", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Broken, (await Store.Ops("verify-audit", _store.JournalFile, "--against", copy)).Code);

        File.WriteAllText(Path.ChangeExtension(_store.JournalFile, ".head"), "nonsense");
        (code, output, _) = await Store.Ops("verify-audit", "--state", _store.State);
        Assert.Equal(ExitCode.Remarks, code);
        Assert.Contains("does not hold a head", output, StringComparison.Ordinal);
    }

    public void Dispose() => _store.Dispose();

    private static async Task<string[]> OnTerminal(int width, params string[] arguments)
    {
        var output = new StringWriter();
        await CommandLine.RunAsync(arguments, new Terminal(output, TextWriter.Null, width, false));
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
