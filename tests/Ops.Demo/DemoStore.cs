using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ops.Testing;

namespace Ops.Demo;

/// <summary>A mail store in which something of everything has happened, with the living processes that belong to it.</summary>
/// <param name="root">Directory of the store, empty.</param>
/// <param name="outside">Directory next to it for policy, journal and programs.</param>
internal sealed class DemoStore(string root, string outside) : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1), Hour = TimeSpan.FromHours(1), Day = TimeSpan.FromDays(1);
    private readonly List<LockMaker> _processes = [];

    public string Root => root;

    /// <summary>File of the policy: this store and nothing else, and ages by mtime, since these files are as old as they pretend by that clock only.</summary>
    public string Policy { get; } = Path.Join(outside, "policy.json");

    public void Fill()
    {
        File.WriteAllText(Policy, JsonSerializer.Serialize(new { roots = new[] { root }, ageBy = "mtime", gracePeriod = "00:00:01", stateDirectory = Path.Join(outside, "state") }));
        Held();
        Stale();
        Leftovers();
        GhostWrite();
        Deadlock();
        // What cannot be judged from here, and what must never be removed.
        Mailbox("judith");
        Write("judith.lock", string.Create(CultureInfo.InvariantCulture, $"{DeadPid()}:mail7"), 2 * Hour);
    }

    public void Dispose() => _processes.ForEach(p => p.Dispose());

    /// <summary>A delivery holds a mailbox, two sessions wait for it; another mailbox is read by two; a dot lock has a living owner.</summary>
    private void Held()
    {
        var sales = Mailbox("sales");
        Run("deliver", "flock", "write", sales);
        Run("imapd", "--wait", "flock", "write", sales);
        Run("pop3d", "--wait", "flock", "write", sales);
        var support = Mailbox("support");
        Run("imapd", "posix", "read", support);
        Run("imapd", "posix", "read", support);
        Run("procmail", "dotlock", Mailbox("bob") + ".lock", "{pid}\n");
    }

    /// <summary>Programs that crashed left their locks; one mailbox is wanted by a process that polls.</summary>
    private void Stale()
    {
        Dead("alice", 47 * Minute);
        Dead("carol", 3 * Hour);
        Dead("dora", 26 * Hour);
        Run("dotlockfile", "--wait", "poll", Path.Join(root, "alice.lock"));
    }

    /// <summary>Files that no program will finish: an aborted delivery, and a staging file that is a user's message as well. And a message that lost its end, for the audit.</summary>
    private void Leftovers()
    {
        foreach (var directory in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(Path.Join(root, "erik/Maildir", directory));
        var then = DateTimeOffset.UtcNow.AddDays(-3).ToUnixTimeSeconds();
        Write(string.Create(CultureInfo.InvariantCulture, $"erik/Maildir/tmp/{then}.{DeadPid()}_0.{Environment.MachineName}"), "Subject: half a mess", 3 * Day);
        Write(string.Create(CultureInfo.InvariantCulture, $"erik/Maildir/cur/{then}.M20P1.{Environment.MachineName},S=2418:2,S"), "Subject: the minutes of the meeting\n\nPresent were", 3 * Day);
        var staged = Write(string.Create(CultureInfo.InvariantCulture, $"cyrus/stage./{DeadPid()}-{then}-1"), "Subject: an invoice\r\n\r\nPlease find it attached.\r\n", 3 * Day);
        Directory.CreateDirectory(Path.Join(root, "cyrus/user/frida"));
        Link(staged, Path.Join(root, "cyrus/user/frida/12."));
        Write(string.Create(CultureInfo.InvariantCulture, $"cyrus/stage./{DeadPid()}-{then}-2"), "Subject: never deli", 3 * Day);
    }

    /// <summary>A session has the mailbox locked to write, and a tool puts another file at its name.</summary>
    private void GhostWrite()
    {
        var mailbox = Mailbox("gustav");
        Run("imapd", "posix", "write", mailbox);
        File.Move(Mailbox("gustav.new"), mailbox, overwrite: true);
    }

    /// <summary>One has the dot lock and wants the kernel lock, the other the reverse.</summary>
    private void Deadlock()
    {
        var mailbox = Mailbox("hanna");
        var go = Path.Join(outside, "go");
        Run("maildrop", "--wait", "dotlock", mailbox + ".lock", "{pid}\n", "--", "await", go, "--", "posix", "write", mailbox);
        var second = Run("elm", "--wait", "posix", "write", mailbox, "--", "await", go, "--", "poll", mailbox + ".lock");
        // Each must have its first lock before either tries for the other's.
        Await(() => File.Exists(mailbox + ".lock") && File.ReadAllText(mailbox + ".lock").EndsWith('\n'));
        Await(() => File.ReadAllText("/proc/locks").Contains($" {second.Pid} ", StringComparison.Ordinal));
        File.WriteAllText(go, "");
    }

    private static void Await(Func<bool> condition)
    {
        if (!SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)))
            throw new TimeoutException("a process of the demo did not get its lock");
    }

    private void Dead(string mailbox, TimeSpan age)
    {
        Mailbox(mailbox);
        Write(mailbox + ".lock", string.Create(CultureInfo.InvariantCulture, $"{DeadPid()}\n"), age);
    }

    private string Mailbox(string name) => Write(name, "From alice@example.org Thu Jan  1 00:00:00 1970\nSubject: first\n\nHello.\n\n", 2 * Day);

    private string Write(string name, string text, TimeSpan age)
    {
        var path = Path.Join(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - age);
        return path;
    }

    private LockMaker Run(string name, params string[] locks)
    {
        var process = LockMaker.StartAs(name, outside, locks);
        _processes.Add(process);
        return process;
    }

    private static int DeadPid() => MailStore.DeadPid();

    private static void Link(string existing, string name)
    {
        using var ln = Process.Start("ln", [existing, name]);
        ln.WaitForExit();
        if (ln.ExitCode != 0)
            throw new InvalidOperationException($"{name} could not be linked");
    }
}
