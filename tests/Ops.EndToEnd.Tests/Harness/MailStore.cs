using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Ops.Testing;

/// <summary>A small mail store, a policy that allows an agent to work there and nowhere else, and what mail programs leave behind in it.</summary>
public sealed class MailStore : IDisposable
{
    private readonly Scratch _scratch = new();

    /// <param name="name">Last part of its path, to tell two stores apart on a page.</param>
    public MailStore(string name = "store", params string[] mailboxes)
    {
        Root = _scratch.Sub(name);
        foreach (var mailbox in mailboxes)
        {
            AddMailbox(mailbox);
        }

        Policy = WritePolicy("state");
    }

    public string Root { get; }

    /// <summary>File of the agent's policy. Short periods: a test waits for them.</summary>
    public string Policy { get; }

    public string State => Path.Join(_scratch.Path, "state");

    public string Quarantine => Path.Join(Root, ".ops-quarantine");

    public string PathOf(string name) => Path.Join(Root, name);

    /// <summary>A policy for a further agent of the same store, with a journal of its own.</summary>
    public string WritePolicy(string state, string settlePeriod = "00:00:00.2") => _scratch.Write($"{state}.policy.json", JsonSerializer.Serialize(new
    {
        roots = new[] { Root },
        gracePeriod = "00:00:01",
        settlePeriod,
        stateDirectory = Path.Join(_scratch.Path, state),
    }));

    /// <summary>An mbox with one message.</summary>
    public string AddMailbox(string name)
    {
        File.WriteAllText(PathOf(name), "From alice@example.org Thu Jan  1 00:00:00 1970\nSubject: first\n\nHello.\n\n");
        return PathOf(name);
    }

    /// <summary>A dot lock of a program that crashed: its pid is nobody's any more.</summary>
    public string AddStaleLock(string mailbox)
    {
        var path = PathOf(mailbox) + ".lock";
        WriteNew(path, string.Create(CultureInfo.InvariantCulture, $"{DeadPid()}\n"));
        return path;
    }

    /// <summary>A dot lock that names this living process.</summary>
    public string AddHeldLock(string mailbox)
    {
        var path = PathOf(mailbox) + ".lock";
        WriteNew(path, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
        return path;
    }

    /// <summary>What a Cyrus process that crashed leaves: a staging file that nobody will finish.</summary>
    public string AddOrphan()
    {
        var directory = Directory.CreateDirectory(PathOf("stage.")).FullName;
        var path = Path.Join(directory, string.Create(CultureInfo.InvariantCulture, $"{DeadPid()}-{DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60}-1"));
        WriteNew(path, "Subject: half a message\r\n");
        return path;
    }

    /// <summary>A pid that was a process a moment ago.</summary>
    public static int DeadPid()
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/true") { UseShellExecute = false })!;
        process.WaitForExit();
        return process.Id;
    }

    public string Sub(string name) => _scratch.Sub(name);

    public string OutsideFile(string name, string content) => _scratch.Write(name, content);

    public void Dispose() => _scratch.Dispose();

    private static void WriteNew(string path, string content)
    {
        using var file = new FileStream(path, FileMode.CreateNew);
        file.Write(System.Text.Encoding.ASCII.GetBytes(content));
    }
}
