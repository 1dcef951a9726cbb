using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>A scratch mail store on this very host, with a journal of its own, and the command line to look at it.</summary>
internal sealed class Store : IDisposable
{
    private readonly Scratch _directory = new();

    /// <param name="parent">A directory on another file system to lie in; null for the one of temporary files.</param>
    public Store(string? parent = null)
    {
        Path = parent is null ? _directory.File("mail") : System.IO.Path.Join(parent, $"mail-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string State => _directory.File("state");

    public string JournalFile => System.IO.Path.Join(State, Journal.FileName);

    /// <summary>A pid that surely belongs to nobody: of a process that was started and has ended.</summary>
    public static int DeadPid()
    {
        using var maker = LockMaker.Start("open", "read", "/dev/null");
        maker.Kill();
        return maker.Pid;
    }

    public string File(string name) => System.IO.Path.Join(Path, name);

    /// <summary>Names directly in the store, sorted; without our quarantine.</summary>
    public IReadOnlyList<string> Names() =>
        [.. Directory.EnumerateFileSystemEntries(Path).Select(p => System.IO.Path.GetFileName(p)!).Where(n => n != ".ops-quarantine").Order(StringComparer.Ordinal)];

    public string Write(string name, string text = "", TimeSpan? age = null) => _directory.Write(File(name), text, age);

    /// <summary>A mailbox and, beside it, what <c>dotlockfile -p</c> leaves when its caller dies.</summary>
    public string StaleLock(string mailbox, int? pid = null)
    {
        Write(mailbox, "From a@b Sat Nov 21 07:16:37 2026\n\nHello\n\n", TimeSpan.FromHours(2));
        var path = Write(mailbox + ".lock", (pid ?? DeadPid()).ToString(CultureInfo.InvariantCulture) + "\n", TimeSpan.FromHours(2));
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return path;
    }

    /// <summary>Runs <c>ops</c> as a script would: output to a pipe.</summary>
    public static async Task<(int Code, string Output, string Error)> Ops(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await CommandLine.RunAsync(arguments, new Terminal(output, error, null, false));
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>A command that works on this store by modification times, as stores that were just made need it.</summary>
    public Task<(int Code, string Output, string Error)> OpsHere(params string[] arguments) =>
        Ops([.. arguments, "--root", Path, "--age-by", "mtime", .. arguments[0] is "break" or "remove" ? new[] { "--state", State, "--policy", QuickPolicy() } : []]);

    public async Task<List<Finding>> Scan()
    {
        var (_, output, _) = await OpsHere("scan", "--json");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize(l, OpsJson.Default.Finding)!)];
    }

    public AgentSettings Settings(Policy? policy = null)
    {
        policy ??= new Policy { SettlePeriod = TimeSpan.Zero };
        return new AgentSettings
        {
            Policy = policy,
            Roots = StoreRoots.Named([Path]),
            StateDirectory = State,
            Judging = policy.Judging with { AgeBy = Locks.AgeClock.Modified },
        };
    }

    public OperationHandler Handler(AgentSettings? settings = null) =>
        new(settings ?? Settings(), new HostSurvey(settings ?? Settings(), TimeProvider.System), TimeProvider.System, NullLogger.Instance);

    /// <summary>A policy that does not watch the name after a break: nobody is coming.</summary>
    public string QuickPolicy(string more = "")
    {
        var file = _directory.Write("policy.json", "{ \"settlePeriod\": \"00:00:00\"" + more + " }");
        System.IO.File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        _directory.Dispose();
    }
}
