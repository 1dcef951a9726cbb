using System.Diagnostics;
using System.Globalization;
using Ops.Locks;

namespace Ops.Linux.Tests;

public sealed class ThreadNumberTests
{
    private readonly ProcReader _reader = new();

    [Fact]
    public void The_number_of_a_thread_leads_to_its_process()
    {
        using var maker = LockMaker.Start("open", "read", "/dev/null");
        var thread = Tasks(maker.Pid).First(t => t != maker.Pid);

        var asked = Ask(thread);

        Assert.Equal(Answer.Yes, asked.Exists);
        var found = Assert.Single(asked.Threads);
        Assert.Equal((thread, maker.Pid), (found.Number, found.Process.Pid));
        Assert.InRange(found.StartedAt, found.Process.StartedAt, DateTimeOffset.UtcNow.AddSeconds(1));
    }

    [Fact]
    public void A_listed_process_exists_and_a_reaped_one_does_not()
    {
        using var maker = LockMaker.Start("open", "read", "/dev/null");
        Assert.Equal(Answer.Yes, Ask(maker.Pid).Exists);
        maker.Kill();
        Assert.Equal(Answer.No, Ask(maker.Pid).Exists);
        Assert.Empty(Ask(maker.Pid).Threads);
    }

    [Fact]
    public void A_process_that_came_after_the_listing_is_found_by_its_number()
    {
        var before = _reader.ReadProcesses();
        using var maker = LockMaker.Start("open", "read", "/dev/null");
        Assert.Equal(maker.Pid, Assert.Single(_reader.Ask(before, new HashSet<int> { maker.Pid }).Asked[maker.Pid].Threads).Process.Pid);
    }

    [Fact]
    public void The_number_that_a_thread_has_inside_its_container_leads_to_its_process()
    {
        var start = new ProcessStartInfo("unshare") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])["--pid", "--fork", Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Join(AppContext.BaseDirectory, "LockMaker.dll"), "open", "read", "/dev/null"])
            start.ArgumentList.Add(argument);
        using var container = Process.Start(start)!;
        try
        {
            Assert.Contains("ready", container.StandardOutput.ReadLine(), StringComparison.Ordinal);
            var inside = Assert.Single(_reader.ReadProcesses().ChildrenOf(container.Id));
            var thread = Tasks(inside.Pid).First(t => t != inside.Pid);
            var number = NumberInside(inside.Pid, thread);
            Assert.Contains(Ask(number).Threads, t => t.Number == thread && t.Process.Pid == inside.Pid);
        }
        finally
        {
            container.StandardInput.Close();
            container.WaitForExit();
        }
    }

    [Fact]
    public void A_number_that_a_captured_proc_does_not_have_is_not_asked_of_this_kernel()
    {
        using var proc = new Scratch();
        var table = new ProcReader(new ReaderOptions { ProcRoot = proc.Path }).Ask(ProcessTable.Empty, new HashSet<int> { Environment.ProcessId });
        Assert.Equal(Answer.No, table.Asked[Environment.ProcessId].Exists);
    }

    private AskedNumber Ask(int number) => _reader.Ask(_reader.ReadProcesses(), new HashSet<int> { number }).Asked[number];

    private static IEnumerable<int> Tasks(int pid) =>
        Directory.EnumerateDirectories($"/proc/{pid}/task").Select(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture)).Order();

    private static int NumberInside(int pid, int thread) =>
        int.Parse(File.ReadLines($"/proc/{pid}/task/{thread}/status").First(l => l.StartsWith("NSpid:", StringComparison.Ordinal)).Split('\t')[^1], CultureInfo.InvariantCulture);
}
