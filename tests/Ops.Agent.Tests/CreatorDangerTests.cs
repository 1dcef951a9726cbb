using System.Diagnostics;
using System.Globalization;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>The process that gives a lock its name is often not the one that holds it. With real processes: what an agent that watched allows is never more than what a scan
/// allows that has seen no event. Needs root.</summary>
public sealed class CreatorDangerTests : IDisposable
{
    private const string Creator = "creator-running";
    private readonly Store _store = new();
    private readonly string _path;

    public CreatorDangerTests()
    {
        _store.Write("box", "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n", TimeSpan.FromHours(2));
        _path = _store.File("box.lock");
    }

    [RootTheory]
    [InlineData("a program that ends names its parent, as dotlockfile -p does", "sh -c 'echo $PPID >\"$1\"; :' sh \"$1\"; chmod 644 \"$1\"", "held")]
    [InlineData("a program that ends names itself, as lockfile-create does", "sh -c 'echo $$ >\"$1\"' sh \"$1\"; chmod 644 \"$1\"", null)]
    [InlineData("a program that ends names no process, as lockfile does", "sh -c 'umask 222; printf 0 >\"$1\"' sh \"$1\"", null)]
    [InlineData("a program that ends leaves it empty", "sh -c ': >\"$1\"' sh \"$1\"", "refused")]
    [InlineData("it was made elsewhere and moved there by a program that ends", "echo $$ >\"$1.tmp\"; chmod 644 \"$1.tmp\"; sh -c 'exec mv \"$1.tmp\" \"$1\"' sh \"$1\"", "held")]
    [InlineData("it was linked by a program that ends", "echo $$ >\"$1.tmp\"; chmod 644 \"$1.tmp\"; sh -c 'exec ln \"$1.tmp\" \"$1\"' sh \"$1\"; rm \"$1.tmp\"", "held")]
    [InlineData("it names a process of another host", "sh -c 'echo 4242:elsewhere >\"$1\"' sh \"$1\"; chmod 644 \"$1\"", "refused")]
    [InlineData("it was removed and made again by a program that ends", ": >\"$1\"; rm \"$1\"; sh -c 'echo $PPID >\"$1\"; :' sh \"$1\"; chmod 644 \"$1\"", "held")]
    public async Task A_lock_whose_holder_lives_on_after_its_creator_ended_is_no_easier_to_break(string how, string script, string? verdict)
    {
        using var events = await EventsOnly.StartAsync(_store);
        using var holder = Start("sh", "-c", script + "; echo made; read end", "sh", _path);
        try
        {
            Age();
            var finding = await UntilNoEasierThanAScan(events, f => EvidenceOf(f) is { Answer: "no" });
            Assert.True(verdict is null || finding.Verdict == verdict, $"{how}: {finding.Verdict}: {finding.Summary}");
        }
        finally
        {
            End(holder);
        }
    }

    [RootTheory]
    [InlineData("")]
    [InlineData("--pid --fork")]
    public async Task A_lock_that_a_scan_calls_stale_by_its_age_is_not_broken_while_its_creator_runs(string namespaces)
    {
        using var events = await EventsOnly.StartAsync(_store);
        using var creator = Start(["unshare", .. namespaces.Split(' ', StringSplitOptions.RemoveEmptyEntries), "sh", "-c", "umask 222; printf 0 >\"$1\"; echo made; read end", "sh", _path]);
        try
        {
            Age();
            var finding = await UntilNoEasierThanAScan(events, f => EvidenceOf(f) is { Answer: "yes" });
            Assert.Equal(("refused", 0), (finding.Verdict, finding.Actions.Count));
            var scanned = await Scanned();
            var result = await events.Execute(new ExecuteRequest(Guid.NewGuid(), "break", scanned.Key, _path, null, scanned.Fingerprint, "alice", [], "a test"));
            Assert.True(result.Outcome is "refused" or "changed", result.Outcome + ": " + result.Summary);
            Assert.True(File.Exists(_path));
        }
        finally
        {
            End(creator);
        }
    }

    [RootFact]
    public async Task A_lock_that_a_second_thread_made_has_the_process_as_its_creator()
    {
        using var events = await EventsOnly.StartAsync(_store);
        using var maker = LockMaker.Start("thread", "dotlock", _path, "");
        Age();
        var finding = await UntilNoEasierThanAScan(events, f => EvidenceOf(f) is { Answer: "yes" });
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"pid {maker.Pid} ("), EvidenceOf(finding)!.Detail, StringComparison.Ordinal);
        Assert.Equal(("refused", 0), (finding.Verdict, finding.Actions.Count));
    }

    [RootFact]
    public async Task An_agent_that_starts_again_knows_no_creator_and_judges_as_a_scan_does()
    {
        using var creator = Start("sh", "-c", ": >\"$1.first\"; read go; umask 222; printf 0 >\"$1\"; echo made; read end", "sh", _path);
        try
        {
            using (var first = await EventsOnly.StartAsync(_store))
            {
                creator.StandardInput.WriteLine();
                Assert.Equal("made", creator.StandardOutput.ReadLine());
                await first.Until(_path, f => EvidenceOf(f) is { Answer: "yes" });
            }
            using var second = await EventsOnly.StartAsync(_store);
            Age();
            await UntilNoEasierThanAScan(second, f => EvidenceOf(f) is null);
        }
        finally
        {
            End(creator);
        }
    }

    public void Dispose() => _store.Dispose();

    private static FindingEvidence? EvidenceOf(Finding finding) => finding.Evidence.FirstOrDefault(e => e.Question == Creator);

    /// <summary>Makes the lock two hours old, then closes it after writing nothing: that is an event, and a change of times is none.</summary>
    private void Age()
    {
        File.SetLastWriteTimeUtc(_path, DateTime.UtcNow.AddHours(-2));
        using var end = File.OpenHandle(_path, FileMode.Open, FileAccess.Write);
    }

    /// <summary>The finding once it allows what a scan allows, or less.</summary>
    private async Task<Finding> UntilNoEasierThanAScan(EventsOnly events, Func<Finding, bool> condition)
    {
        var finding = await events.Until(_path, condition);
        var scanned = await Scanned();
        await Wait.Until(() => events.At(_path) is { } now && (now.Verdict == scanned.Verdict || now.Verdict == "refused"));
        finding = events.At(_path)!;
        Assert.All(events.HistoryOf(_path), f => Assert.True(f.Actions.All(scanned.Actions.Contains), $"{f.Summary} / {scanned.Summary}"));
        Assert.Equal(scanned.Owner?.Pid, finding.Owner?.Pid);
        return finding;
    }

    private async Task<Finding> Scanned() => Assert.Single(await _store.Scan(), f => f.Path == _path && f.Relation is null && f.Lock is null);

    /// <summary>Starts a program and waits until it says "made"; one that waits for a line first says so later.</summary>
    private static Process Start(params string[] program)
    {
        var process = Process.Start(new ProcessStartInfo(program[0], program[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        if (!program.Any(p => p.Contains("read go", StringComparison.Ordinal)))
            Assert.Equal("made", process.StandardOutput.ReadLine());
        return process;
    }

    private static void End(Process process)
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }
}
