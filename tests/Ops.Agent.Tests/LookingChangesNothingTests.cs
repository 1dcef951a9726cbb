using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>
/// All sorts of things in a store are scanned, explained and previewed by the real code. No time of any of them moves, and the kernel says that nothing was opened but
/// directories and small regular files.
/// </summary>
/// <remarks>One exception: Linux moves the access time of a symbolic link whenever its text is read, and offers no way to read it without.</remarks>
public sealed class LookingChangesNothingTests : IDisposable
{
    private static readonly TimeSpan Old = TimeSpan.FromDays(3);
    private readonly Scratch _outside = new();
    private readonly Store _store = new();
    private readonly List<IDisposable> _open = [];
    private readonly List<string> _special = [];
    private readonly List<string> _bodies = [];

    [Fact]
    public async Task Scans_explanations_and_previews_move_no_time_and_open_nothing_that_is_not_a_small_regular_file()
    {
        Fill();
        var links = _special.Where(p => new FileInfo(p).LinkTarget is not null).ToHashSet();
        var directories = Directory.EnumerateDirectories(_store.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true })
            .Where(d => !links.Contains(d)).Append(_store.Path).Append(_outside.Path).ToList();
        List<string> everything = [.. directories.SelectMany(d => Directory.EnumerateFileSystemEntries(d)).Concat(directories).Distinct().Order(StringComparer.Ordinal)];
        var kinds = (await StatusOf("%F", everything)).Values.Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(
            Environment.IsPrivilegedProcess
                ? ["character special file", "directory", "fifo", "regular empty file", "regular file", "socket", "symbolic link"]
                : ["directory", "fifo", "regular empty file", "regular file", "socket", "symbolic link"],
            kinds);
        // Older than a day and than the last change: then a reader moves the access time, whatever the mount's rule (relatime) makes of it.
        await Run("touch", ["-a", "-h", "-d", "5 days ago", "--", .. everything]);
        var before = await StatusOf("%x | %y | %z | %s | %h | %a | %U", everything);

        IReadOnlyList<FileEvent> events;
        using (var watch = new FileEvents(directories))
        {
            await Look(everything);
            events = watch.Drain();
        }

        var after = await StatusOf("%x | %y | %z | %s | %h | %a | %U", everything);
        Assert.Equal(before.Where(s => !links.Contains(s.Key)).Select(Line), after.Where(s => !links.Contains(s.Key)).Select(Line));
        Assert.Equal(before.Where(s => links.Contains(s.Key)).Select(WithoutAccess), after.Where(s => links.Contains(s.Key)).Select(WithoutAccess));

        Assert.DoesNotContain(events, e => (e.What & ~(FileEvents.Read | FileEvents.Opened)) != 0);
        Assert.DoesNotContain(events, e => _special.Contains(e.Path));
        Assert.DoesNotContain(events, e => _bodies.Contains(e.Path));
        Assert.DoesNotContain(events, e => e.Path.StartsWith(_outside.Path, StringComparison.Ordinal));
        // The watch works: what has to be read was.
        Assert.Contains(events, e => e.Path == _store.File("alice.lock") && (e.What & FileEvents.Opened) != 0);
        Assert.Contains(events, e => e.Path == _store.File("big.lock") && (e.What & FileEvents.Opened) != 0);
        await AssertThatReadingWouldShow();
    }

    public void Dispose()
    {
        _open.ForEach(o => o.Dispose());
        _store.Dispose();
        _outside.Dispose();
    }

    /// <summary>Everything that looks and does not act.</summary>
    private async Task Look(IReadOnlyList<string> everything)
    {
        var settings = _store.Settings();
        var survey = new HostSurvey(settings, TimeProvider.System);
        var handler = new OperationHandler(settings, survey, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var found = survey.LookAtStores(CancellationToken.None).Findings;
        var verdicts = found.Select(f => f.Verdict).ToHashSet();
        Assert.Superset(Environment.IsPrivilegedProcess ? ["held", "stale", "orphan", "orphan-linked", "refused", "not-a-lock"] : new HashSet<string> { "held", "refused" }, verdicts);
        survey.LookAtLocks(CancellationToken.None);
        foreach (var finding in found)
        {
            foreach (var action in (string[])["break", "remove", "rescue"])
                handler.Preview(new PreviewRequest(action, finding.Key, finding.Path, finding.PathBytes));
        }

        await _store.Scan();
        foreach (var path in (string[])[.. _special, .. _bodies, .. everything.Where(p => p.EndsWith(".lock", StringComparison.Ordinal) && !p.StartsWith(_outside.Path, StringComparison.Ordinal)).Except(_special)])
        {
            await _store.OpsHere("explain", path);
            await _store.OpsHere("break", path, "--dry-run");
            await _store.OpsHere("remove", path, "--dry-run");
        }
    }

    private void Fill()
    {
        // Mailboxes, with all that may lie beside one.
        _store.StaleLock("alice");
        // Of a mailbox that somebody has locked the first bytes are read: they say which format it has.
        var bob = Body("bob", 200 * 1024, mayBeOpened: true);
        _open.Add(LockMaker.Start("posix", "write", bob));
        _store.Write("bob.lock", string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"), Old);
        _store.Write("carol.lock", $"4190001:{Environment.MachineName}", Old);
        _store.Write($"dora.lock.{Environment.MachineName}.{DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 99:x8}.{4190002:x8}", "", Old);
        _store.Write("elm.lock", new string('7', 300), Old);
        _store.Write(".temp.4190003.1.mail", "", Old);
        _store.Write("INBOX/dovecot-uidlist.lock", $"4190004:{Environment.MachineName}", Old);
        Body("big.lock", 1024 * 1024, mayBeOpened: true);
        _store.Write("LCK..ttyS0", "   4190005\n", Old);
        _store.Write("procmail/_abc1.host", "0", Old);

        // Staging: Cyrus, maildirs, an appliance cache.
        Body("spool/stage./4190006-1700000000-0", 200 * 1024);
        var linked = Body("spool/stage./4190007-1700000000-1", 100 * 1024);
        Run("ln", [linked, _store.File("spool/12.")]).Wait();
        _bodies.Add(_store.File("spool/12."));
        _store.Write("spool/stage./4190008-1700000000-2", "", Old);
        _store.Write("spool/sync./4190009/0123456789abcdef0123456789abcdef01234567", "", Old);
        Directory.CreateDirectory(_store.File("spool/sync./4190010"));
        _store.Write("lock/a/user/alice.lock", "", Old);
        _store.Write("proc/4190011", "tcp\tlocalhost\talice\tINBOX", Old);
        Body("Maildir/tmp/1700000000.M1P4190012.host", 100 * 1024);
        Body("Maildir/cur/1700000001.M1P4190012.host:2,S", 100 * 1024);
        _store.Write("Maildir/new/1700000002.M1P4190012.host", "From me", Old);
        var cache = Directory.CreateDirectory(_store.File(".guestfs-0")).FullName;
        Special(File.CreateSymbolicLink(Path.Join(cache, "kernel.4190013"), "/boot/vmlinuz").FullName);
        _store.Write(".guestfs-0/initrd.4190013", "x", Old);

        // What must not be touched at all.
        _outside.Write("secret.lock", "4190014\n", Old);
        foreach (var name in (string[])["fifo.lock", "spool/stage./4190015-1700000000-3", "Maildir/tmp/1700000003.M1P4190015.host"])
        {
            Run("mkfifo", [_store.File(name)]).Wait();
            Special(_store.File(name));
        }

        if (Environment.IsPrivilegedProcess)
        {
            Run("mknod", [_store.File("device.lock"), "c", "1", "3"]).Wait();
            Special(_store.File("device.lock"));
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _open.Add(socket);
        Directory.CreateDirectory(_store.File("idle"));
        socket.Bind(new UnixDomainSocketEndPoint(_store.File("idle/idle.4190016")));
        Special(_store.File("idle/idle.4190016"));
        var second = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _open.Add(second);
        second.Bind(new UnixDomainSocketEndPoint(_store.File("socket.lock")));
        Special(_store.File("socket.lock"));
        foreach (var (name, target) in ((string, string)[])[
            ("inside.lock", "alice"), ("outside.lock", _outside.File("secret.lock")), ("dangling.lock", "nowhere"), ("loop.lock", "loop.lock"), ("away", _outside.Path), ("again", "INBOX")])
        {
            Special(File.CreateSymbolicLink(_store.File(name), target).FullName);
        }

        Directory.CreateDirectory(_store.File("directory.lock"));
        var closed = _store.Write("closed.lock", "4190017\n", Old);
        File.SetUnixFileMode(closed, UnixFileMode.None);
        _store.Write("shut/inner.lock", "4190018\n", Old);
    }

    /// <summary>A file that holds mail: longer than anything that is ever read of one.</summary>
    private string Body(string name, int bytes, bool mayBeOpened = false)
    {
        var path = _store.Write(name, "From me@example.org\n" + new string('x', bytes), Old);
        if (!mayBeOpened)
            _bodies.Add(path);
        return path;
    }

    private void Special(string path) => _special.Add(path);

    /// <summary>Otherwise equal times would prove nothing: on a mount without access times they are always equal.</summary>
    private async Task AssertThatReadingWouldShow()
    {
        string[] control = [_store.File("alice.lock"), _store.File("Maildir"), _store.File("dangling.lock")];
        var before = await StatusOf("%x", control);
        using var watch = new FileEvents([_store.Path]);
        await File.ReadAllTextAsync(control[0]);
        _ = Directory.GetFileSystemEntries(control[1]);
        _ = new FileInfo(control[2]).LinkTarget;
        var after = await StatusOf("%x", control);
        Assert.NotEqual(before[control[0]], after[control[0]]);
        Assert.NotEqual(before[control[1]], after[control[1]]);
        Assert.Contains(watch.Drain(), e => e.Path == control[0] && (e.What & FileEvents.Read) != 0);
    }

    private static string Line(KeyValuePair<string, string> status) => $"{status.Key}: {status.Value}";

    private static string WithoutAccess(KeyValuePair<string, string> status) => $"{status.Key}: {status.Value[(status.Value.IndexOf('|', StringComparison.Ordinal) + 1)..]}";

    /// <summary>By lstat(2), which moves nothing.</summary>
    private static async Task<SortedDictionary<string, string>> StatusOf(string format, IReadOnlyList<string> paths)
    {
        var lines = (await Run("stat", ["--printf", format + "\\n", "--", .. paths])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(paths.Count, lines.Length);
        return new(paths.Zip(lines).ToDictionary(p => p.First, p => p.Second), StringComparer.Ordinal);
    }

    private static async Task<string> Run(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {await error}");
        return output;
    }
}
