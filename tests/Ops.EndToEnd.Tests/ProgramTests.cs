using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ops.Testing;

namespace Ops.EndToEnd.Tests;

/// <summary>The program as it is installed: how soon it answers, what it costs while it runs, and that it finds what belongs to it. Limits for the native program and for
/// the one that <c>dotnet</c> runs.</summary>
public sealed class ProgramTests : IDisposable
{
    private static readonly TimeSpan VersionWithin = TimeSpan.FromMilliseconds(Built.IsNative ? 20 : 1000);
    private static readonly int MostKilobytes = (Built.IsNative ? 50 : 150) * 1024;
    private readonly MailStore _store = new("store");

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task The_version_is_printed_at_once()
    {
        // A busy machine delays single runs; a program that is too slow is too slow in all of them.
        var all = Stopwatch.StartNew();
        TimeSpan fastest;
        do
        {
            var one = Stopwatch.StartNew();
            var run = await OpsCommand.RunAsync("--version");
            fastest = one.Elapsed;
            Assert.Equal(0, run.ExitCode);
            Assert.NotEmpty(run.Lines);
        }
        while (fastest > VersionWithin && all.Elapsed < TimeSpan.FromSeconds(60));
        Assert.True(fastest <= VersionWithin, $"{fastest.TotalMilliseconds} ms");
    }

    [Fact]
    public async Task A_watch_of_an_empty_store_needs_little_memory()
    {
        using var watch = ChildProcess.Start(Built.CommandLine, ["watch", "--policy", _store.Policy]);
        // It is at work when it shows a lock that came after its start.
        _store.AddMailbox("alice");
        var path = _store.AddStaleLock("alice");
        await watch.LineAsync(path, TimeSpan.FromSeconds(60));
        File.Delete(path);
        await watch.LineAsync("closed", TimeSpan.FromSeconds(60));
        var kilobytes = Resident(watch.Pid);
        Assert.True(kilobytes <= MostKilobytes, $"{kilobytes} kB");
    }

    [Fact]
    public async Task An_agent_writes_its_log_as_JSON_when_asked()
    {
        var nobody = $"http://127.0.0.1:{ConsoleProcess.FreePort()}/";
        using var agent = ChildProcess.Start(Built.CommandLine, ["agent", "--console", nobody, "--token", "t", "--policy", _store.Policy, "--log-format", "json"]);
        using var line = JsonDocument.Parse(await agent.LineAsync("No connection", TimeSpan.FromSeconds(60)));
        Assert.Equal(("Warning", nobody), (line.RootElement.GetProperty("LogLevel").GetString(), line.RootElement.GetProperty("State").GetProperty("Console").GetString()));
    }

    [Fact]
    public async Task Users_are_named_through_a_link_to_the_program()
    {
        using var holder = LockMaker.Start("flock", "write", _store.AddMailbox("alice"));
        var link = Path.Join(_store.Sub("bin"), "ops");
        File.CreateSymbolicLink(link, Built.CommandLine);
        var locks = await OpsCommand.RunAsync(Built.IsNative ? link : Built.CommandLine, ["locks", "--policy", _store.Policy]);
        Assert.True(locks.ExitCode == 0, locks.ToString());
        var line = Assert.Single(locks.Lines, l => l.EndsWith(_store.PathOf("alice"), StringComparison.Ordinal));
        Assert.Contains($"\t{Environment.UserName}\t", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_native_program_is_one_file_and_one_library()
    {
        var directory = Path.GetDirectoryName(Built.CommandLine)!;
        string[] expected = Built.IsNative ? ["libMonoPosixHelper.so", "ops"] : ["ops", "ops.dll"];
        var files = Directory.GetFiles(directory).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal);
        Assert.Equal(expected, Built.IsNative ? files : files.Intersect(expected));
    }

    private static int Resident(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }
}
