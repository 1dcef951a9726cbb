using System.Diagnostics;
using System.Globalization;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>What the agent knows from events alone, with real files and processes. Needs root: only then does the kernel report changes.</summary>
public sealed class EventTests : IDisposable
{
    private const string Creator = "creator-running";
    private readonly Store _store = new();

    [RootFact]
    public async Task A_lock_is_a_finding_as_soon_as_it_is_made_and_none_as_soon_as_it_is_removed()
    {
        using var events = await EventsOnly.StartAsync(_store);
        var path = _store.Write("box.lock");
        await events.Until(path);
        File.Delete(path);
        await events.UntilGone(path);
    }

    [RootFact]
    public async Task A_lock_that_was_renamed_is_a_finding_under_its_new_name_only()
    {
        using var events = await EventsOnly.StartAsync(_store);
        var (before, after) = (_store.Write("a.lock"), _store.File("b.lock"));
        await events.Until(before);
        File.Move(before, after);
        await events.Until(after);
        await events.UntilGone(before);
    }

    [RootFact]
    public async Task The_creator_of_an_anonymous_lock_is_evidence_after_its_death_and_allows_nothing()
    {
        using var events = await EventsOnly.StartAsync(_store);
        var path = _store.File("box.lock");
        using var maker = Start("sh", ": >\"$1\"; echo made; read end", path);
        var alive = await events.Until(path, f => EvidenceOf(f) is { Answer: "yes" });
        Assert.Equal(("refused", 0), (alive.Verdict, alive.Actions.Count));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"pid {maker.Id} (sh"), alive.Summary, StringComparison.Ordinal);
        End(maker);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
        File.AppendAllText(path, ""); // a close after writing is an event
        var gone = await events.Until(path, f => EvidenceOf(f) is { Answer: "no" });
        Assert.Equal(("refused", 0), (gone.Verdict, gone.Actions.Count));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"pid {maker.Id} (sh"), EvidenceOf(gone)!.Detail, StringComparison.Ordinal);
        Assert.Contains(events.Explain(path, static _ => null).Lines, l => l.Contains(string.Create(CultureInfo.InvariantCulture, $"Pid {maker.Id} (sh"), StringComparison.Ordinal));
    }

    [RootFact]
    public async Task A_lock_that_a_child_of_its_dead_creator_has_open_offers_nothing()
    {
        using var events = await EventsOnly.StartAsync(_store);
        var path = _store.File("box.lock");
        using var maker = Start("sh", "exec 9>\"$1\"; sleep 300 & echo made; echo $!; exec 9>&-; read end", path);
        var child = int.Parse(maker.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        try
        {
            End(maker, tree: false);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
            File.AppendAllText(path, "");
            var finding = await events.Until(path, f => EvidenceOf(f) is { Answer: "no" });
            Assert.Empty(finding.Actions);
            Assert.Contains(finding.Evidence, e => e.Question == "file-open" && e.Detail.Contains(child.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }
        finally
        {
            Process.GetProcessById(child).Kill();
        }
    }

    [RootTheory]
    [InlineData("by a rename", "mv")]
    [InlineData("by a link to a file of another process", "ln")]
    public async Task The_creator_is_the_process_that_gave_the_file_its_name(string how, string program)
    {
        using var events = await EventsOnly.StartAsync(_store);
        var path = _store.File("box.lock");
        using (var first = Start("sh", ": >\"$1.tmp\"; echo made", path))
            await first.WaitForExitAsync();
        using var giver = Process.Start(program, [path + ".tmp", path]);
        await giver.WaitForExitAsync();
        var finding = await events.Until(path, f => EvidenceOf(f) is not null);
        // It ends at once: its number is seen each time, its name only if it was read in time.
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"pid {giver.Id} "), EvidenceOf(finding)!.Detail, StringComparison.Ordinal);
        Assert.True(finding.Verdict == "refused" && finding.Actions.Count == 0, how);
    }

    [RootFact]
    public async Task A_creator_in_another_pid_namespace_is_known_by_its_number_here()
    {
        using var events = await EventsOnly.StartAsync(_store);
        var path = _store.File("box.lock");
        using var outside = Start("unshare", "", "--pid", "--fork", "sh", "-c", ": >\"$1\"; echo made; read end", "sh", path);
        var finding = await events.Until(path, f => EvidenceOf(f) is { Answer: "yes" });
        Assert.DoesNotContain("pid 1 ", finding.Summary, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"started by pid {outside.Id} (unshare)"), EvidenceOf(finding)!.Detail, StringComparison.Ordinal);
        Assert.Empty(finding.Actions);
        End(outside);
    }

    [RootFact]
    public async Task A_lock_of_a_holder_that_is_killed_is_stale_when_its_grace_period_is_over()
    {
        using var events = await EventsOnly.StartAsync(_store);
        using var holder = LockMaker.Start("open", "read", "/dev/null");
        _store.Write("box", "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n", TimeSpan.FromHours(2));
        var path = _store.StaleLock("box", holder.Pid);
        await events.Until(path, f => f.Verdict == "held");
        holder.Kill();
        Assert.Contains("break", (await events.Until(path, f => f.Verdict == "stale")).Actions);
    }

    [RootFact]
    public async Task A_grace_period_that_ends_is_followed_by_a_look_though_nothing_changes()
    {
        using var events = await EventsOnly.StartAsync(_store, TimeSpan.FromSeconds(2));
        _store.Write("box", "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n", TimeSpan.FromHours(2));
        var path = _store.Write("box.lock", string.Create(CultureInfo.InvariantCulture, $"{Store.DeadPid()}\n"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await events.Until(path, f => f.Verdict == "stale");
        Assert.Contains(events.HistoryOf(path), f => f.Verdict == "refused");
    }

    [RootFact]
    public async Task A_store_that_is_filled_while_it_is_watched_ends_in_the_verdicts_of_a_scan()
    {
        using var events = await EventsOnly.StartAsync(_store);
        var holder = LockMaker.Start("open", "read", "/dev/null");
        _store.StaleLock("held", holder.Pid);
        _store.StaleLock("stale");
        _store.Write("anonymous.lock", "", TimeSpan.FromHours(2));
        _store.Write("odd.lock", "no lock that is known", TimeSpan.FromHours(2));
        File.CreateSymbolicLink(_store.File("link.lock"), "/etc/passwd");
        foreach (var name in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(_store.File($"md/{name}"));
        _store.Write(string.Create(CultureInfo.InvariantCulture, $"md/tmp/1700000000.M1P{Store.DeadPid()}.{Environment.MachineName}"), "half a message", TimeSpan.FromDays(3));
        _store.Write("md/dovecot-uidlist.lock", "", TimeSpan.FromHours(2));
        _store.Write("gone.lock");
        File.Delete(_store.File("gone.lock"));
        Directory.CreateDirectory(_store.File("before"));
        _store.Write("before/moved.lock", "", TimeSpan.FromHours(2));
        File.Move(_store.File("before/moved.lock"), _store.File("after.lock"));

        // Times that are set back are no event: these two are looked at again because they are closed after writing.
        foreach (var aged in (string[])["anonymous.lock", "md/dovecot-uidlist.lock"])
            File.OpenHandle(_store.File(aged), FileMode.Open, FileAccess.Write).Dispose();

        var scanned = (await _store.Scan()).Where(f => f.Lock is null && f.Relation is null).ToDictionary(f => f.Path, f => f.Verdict);
        Assert.True(scanned.Count >= 7, string.Join(", ", scanned.Keys));
        Dictionary<string, string> Watched() => events.Findings.Where(f => f.Lock is null && f.Relation is null).ToDictionary(f => f.Path, f => f.Verdict);
        try
        {
            await Wait.Until(() => scanned.OrderBy(f => f.Key).SequenceEqual(Watched().OrderBy(f => f.Key)));
        }
        finally
        {
            Assert.Equal(scanned.OrderBy(f => f.Key), Watched().OrderBy(f => f.Key));
            holder.Dispose();
        }
    }

    [RootFact]
    public async Task A_lock_is_found_while_another_directory_is_flooded_with_names()
    {
        var flooded = Directory.CreateDirectory(_store.File("flooded")).FullName;
        using var events = await EventsOnly.StartAsync(_store);
        using var stop = new CancellationTokenSource();
        var flood = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var name = Path.Join(flooded, string.Create(CultureInfo.InvariantCulture, $"{i % 50_000}.lock"));
                File.Create(name).Dispose();
                File.Delete(name);
            }
        });
        try
        {
            await Task.Delay(500);
            await events.Until(_store.Write("quiet.lock"));
        }
        finally
        {
            await stop.CancelAsync();
            await flood;
        }
    }

    public void Dispose() => _store.Dispose();

    private static FindingEvidence? EvidenceOf(Finding finding) => finding.Evidence.FirstOrDefault(e => e.Question == Creator);

    /// <summary>Starts a shell, or a program with all its arguments, and waits until it says "made".</summary>
    private static Process Start(string program, string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, script.Length > 0 ? ["-c", script, "sh", .. arguments] : arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        var process = Process.Start(start)!;
        Assert.Equal("made", process.StandardOutput.ReadLine());
        return process;
    }

    private static void End(Process process, bool tree = true)
    {
        process.Kill(tree);
        process.WaitForExit();
    }
}
