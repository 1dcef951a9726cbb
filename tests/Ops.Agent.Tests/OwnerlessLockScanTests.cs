using System.Diagnostics;
using System.Globalization;
using Mono.Unix.Native;

namespace Ops.Agent.Tests;

/// <summary>Real locks that name nobody, with their living scripts, at ages that prove nothing; real files that a living process writes.</summary>
public sealed class OwnerlessLockScanTests : IDisposable
{
    private readonly Store _store = new();

    public static TheoryData<string, string> Scripts => new()
    {
        { "0 in mode 0444, as lockfile(1) does", "umask 0222; printf 0 >\"$1.lock\"; echo made; sleep 86400 & wait" },
        { "0 and a line feed, as dotlockfile does without -p", "umask 022; echo 0 >\"$1.lock\"; echo made; sleep 86400 & wait" },
        { "empty, by a redirection with noclobber", "umask 077; set -C; : >\"$1.lock\"; echo made; sleep 86400 & wait" },
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task A_lock_of_a_living_script_is_refused_at_every_age(string how, string text)
    {
        var mailbox = _store.Write("box", "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n", TimeSpan.FromHours(2));
        using var script = Start("sh", "-c", text, "sh", mailbox);
        try
        {
            await RefusedAtEveryAge(mailbox, how);
        }
        finally
        {
            End(script);
        }
    }

    [Fact]
    public async Task A_lock_whose_script_is_in_a_file_and_works_elsewhere_is_refused_at_every_age()
    {
        var mailbox = _store.Write("box", "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n", TimeSpan.FromHours(2));
        var file = System.IO.Path.Join(System.IO.Path.GetDirectoryName(_store.Path)!, "nightly");
        await File.WriteAllTextAsync(file, $"umask 0222\nprintf 0 >{mailbox}.lock\ncd /\necho made\nsleep 86400 &\nwait\n");
        using var script = Start("sh", file);
        try
        {
            await RefusedAtEveryAge(mailbox, file);
        }
        finally
        {
            End(script);
        }
    }

    [Fact]
    public async Task A_lock_without_an_owner_is_stale_when_no_process_of_its_user_is_left()
    {
        const uint nobodyElse = 61234;
        var mailbox = _store.Write("box", "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n", TimeSpan.FromHours(2));
        var path = _store.Write("box.lock", "0", TimeSpan.FromMinutes(31));
        Own(nobodyElse, mailbox, path, _store.Path);
        var found = Assert.Single(await _store.Scan(), f => f.Path == path);
        Assert.Equal(("stale", "break"), (found.Verdict, Assert.Single(found.Actions)));
        File.WriteAllText(mailbox, "a table of figures, and no mail");
        Assert.Equal("refused", Assert.Single(await _store.Scan(), f => f.Path == path).Verdict);
    }

    [Fact]
    public async Task A_file_in_a_maildirs_tmp_is_held_by_the_living_process_that_writes_it()
    {
        foreach (var name in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(_store.File($"md/{name}"));
        var dead = Store.DeadPid();
        var path = _store.Write(string.Create(CultureInfo.InvariantCulture, $"md/tmp/{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.M1P{dead}.{Environment.MachineName}"), "half a message", TimeSpan.FromDays(3));
        using (var writer = LockMaker.Start("open", "write", path))
        {
            var held = Assert.Single(await _store.Scan(), f => f.Path == path);
            Assert.Equal(("held", writer.Pid, true), (held.Verdict, held.Owner!.Pid, held.OwnerAlive));
            Assert.Contains(held.Evidence, e => e.Question == "owner-named" && e.Detail.Contains($"{dead}", StringComparison.Ordinal));
        }
        using (LockMaker.Start("open", "read", path))
            Assert.Equal("refused", Assert.Single(await _store.Scan(), f => f.Path == path).Verdict);
    }

    public void Dispose() => _store.Dispose();

    private async Task RefusedAtEveryAge(string mailbox, string how)
    {
        foreach (var age in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromMinutes(31), TimeSpan.FromDays(3)])
        {
            File.SetLastWriteTimeUtc(mailbox + ".lock", DateTime.UtcNow - age);
            var found = Assert.Single(await _store.Scan(), f => f.Path == mailbox + ".lock");
            Assert.True(found.Verdict == "refused" && found.Actions.Count == 0, $"{how}, {age}: {found.Verdict}, {found.Summary}");
        }
    }

    private static Process Start(params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = "/" };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        Assert.Equal("made", process.StandardOutput.ReadLine());
        return process;
    }

    private static void End(Process script)
    {
        script.Kill(entireProcessTree: true);
        script.WaitForExit();
    }

    private static void Own(uint user, params string[] paths) => Assert.All(paths, p => Assert.Equal(0, Syscall.chown(p, user, user)));
}
