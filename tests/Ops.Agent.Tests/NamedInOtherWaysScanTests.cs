using System.Globalization;

namespace Ops.Agent.Tests;

/// <summary>Real locks that name a real process in other ways than by a pid alone: held while it lives; afterwards what is offered is done.</summary>
public sealed class NamedInOtherWaysScanTests : IDisposable
{
    private readonly Store _store = new();

    /// <summary>Lock, text, the other name of the same file if there is one, and what is offered once the owner is gone. {0} is the pid, {1} the host, {2} the store.</summary>
    public static TheoryData<string, string, string?, bool> Locks() => new()
    {
        { ".spamassassin/bayes.lock", "{1}.{0}\n", null, true },
        { "locks/test.lock", "{2}/locks/test.lock.{1}.{0}.3", "locks/test.lock.{1}.{0}.3", true },
        { "locks/master-qrunner", "{2}/locks/master-qrunner.{1}.{0}.1", "locks/master-qrunner.{1}.{0}.1", true },
        { "locks/master.lck", "{2}/locks/master.lck|{1}|{0}|1234567890", "locks/master.lck|{1}|{0}|1234567890", true },
        { "dm/send_mail.lock", "", "dm/{1}-7f3a2b10.{0}-482910293", true },
        { ".smd/lock", "{0}\n", null, false },
        { "list/config,lock", "{1} {0} {3} 4711\n", null, false },
        { "profile/lock", "-> 192.0.2.7:+{0}", null, false },
        { "Mail/.#inbox", "-> u@{1}.{0}", null, false },
        { "dm/other.lock", "-> {1}-7f3a2b10.{0}-482910293", null, false },
    };

    [RootTheory]
    [MemberData(nameof(Locks))]
    public async Task A_lock_is_held_while_the_process_that_it_names_lives_and_what_is_offered_afterwards_succeeds(string name, string text, string? other, bool offered)
    {
        using var owner = LockMaker.Start("open", "read", "/dev/null");
        string Fill(string form) =>
            string.Format(CultureInfo.InvariantCulture, form, owner.Pid, Environment.MachineName, _store.Path, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var path = Make(name, Fill(text), other is null ? null : Fill(other));

        var held = Assert.Single(await _store.Scan(), f => f.Path == path);
        Assert.Equal(("held", owner.Pid, true), (held.Verdict, held.Owner!.Pid, held.OwnerAlive));
        Assert.Empty(held.Actions.Intersect(["break", "remove"]));

        owner.Kill();
        var findings = await _store.Scan();
        var gone = Assert.Single(findings, f => f.Path == path);
        Assert.True(gone.Verdict == "stale", gone.Summary);
        Assert.Equal(offered ? ["break"] : [], gone.Actions);
        // The other name of the lock is never offered as long as the lock is there.
        Assert.All(findings.Where(f => f.Path != path), f => Assert.Empty(f.Actions));
        if (!offered)
            return;

        var (code, output, error) = await _store.OpsHere("break", path, "--reason", "test");
        Assert.True(code == ExitCode.Done, output + error);
        Assert.False(File.Exists(path));
        Assert.All((await _store.Scan()).Where(f => other is not null && f.Path == _store.File(Fill(other))), f => Assert.Equal("orphan-linked", f.Verdict));
    }

    [Fact]
    public async Task A_lock_of_an_index_is_held_by_the_process_that_has_its_files_open()
    {
        var path = Make("index/write.lock", "", null);
        var segment = _store.Write("index/_0.cfs", "x", TimeSpan.FromHours(2));
        using (var writer = LockMaker.Start("open", "write", segment))
        {
            var held = Assert.Single(await _store.Scan(), f => f.Path == path);
            Assert.Equal(("held", writer.Pid), (held.Verdict, held.Owner?.Pid));
        }
        // A reader keeps the index in use and owns no lock: ending it would free nothing.
        using (LockMaker.Start("open", "read", segment))
        {
            var read = Assert.Single(await _store.Scan(), f => f.Path == path);
            Assert.Null(read.Owner?.Pid);
            Assert.Empty(read.Actions);
        }
        var free = Assert.Single(await _store.Scan(), f => f.Path == path);
        Assert.Equal("refused", free.Verdict);
        Assert.Empty(free.Actions);
    }

    private string Make(string name, string text, string? other)
    {
        var path = _store.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (text.StartsWith("-> ", StringComparison.Ordinal))
        {
            File.CreateSymbolicLink(path, text[3..]);
            using var touched = System.Diagnostics.Process.Start("touch", ["-h", "-d", "2 hours ago", path]);
            touched.WaitForExit();
            return path;
        }
        _store.Write(name, text, TimeSpan.FromHours(2));
        if (other is not null)
        {
            using var linked = System.Diagnostics.Process.Start("ln", [path, _store.File(other)]);
            linked.WaitForExit();
        }
        return path;
    }

    public void Dispose() => _store.Dispose();
}
