using System.Diagnostics;
using System.Globalization;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>Listing kernel locks: <c>ops locks</c> beside a C program, lslocks(8), lsof(8) and the bare file.</summary>
internal static class LockListing
{
    // With a hundred thousand locks some tools take very long.
    private const string Patience = "300";

    public static async Task RunAsync(IReadOnlyList<int> counts, int processes, int runs)
    {
        foreach (var count in counts)
        {
            using var store = new MailStore();
            using var watch = ResidentWatch.Start(store);
            var idle = await watch.SettledMiBAsync();
            using var held = new HeldLocks(store.Root, count, processes);
            var (program, arguments) = Built.Launch(Built.CommandLine, ["locks", "--json", "--policy", store.Policy]);
            var lslocks = Tool.All("lslocks");
            Contender[] contenders =
            [
                Contender.Of("locks, the C reference", await CReference.BuildAsync("locks")),
                .. lslocks.Count == 0
                    ? [Contender.Of("`lslocks`", Tool.Find("lslocks"))]
                    : lslocks.Select(path => Patient($"`lslocks`, {VersionOf(path)}", path, "--noheadings", "--output-all")),
                Tool.Find("lsof").Path is { } lsof ? Patient("`lsof -n -P`", lsof, "-n", "-P") : Contender.Of("`lsof`", Tool.Find("lsof")),
                new("`cat /proc/locks`", () => Measured.RunAsync("cat", "/proc/locks")),
                new($"`ops locks --json`{(Built.IsNative ? ", native" : "")}", () => Measured.RunAsync(program, arguments)),
            ];
            var title = $"{count.ToString("#,0", CultureInfo.InvariantCulture)} record locks held by {processes} processes";
            Table.Print(title, Contest.Heads, await Contest.RunAsync(count > 20_000 ? 1 : runs * 3, null, warmUp: count <= 20_000, contenders));
            var full = await watch.SettledMiBAsync();
            Table.Print($"{title}: `ops watch`{(Built.IsNative ? ", native" : "")}", ["", "resident memory, MiB"],
            [
                ["before the locks were taken", idle.ToString("0", CultureInfo.InvariantCulture)],
                ["with them", full.ToString("0", CultureInfo.InvariantCulture)],
            ]);
        }
    }

    private static Contender Patient(string name, string path, params string[] arguments) => new(name, async () =>
    {
        try
        {
            return await Measured.RunAsync("timeout", [Patience, path, .. arguments]);
        }
        catch (InvalidOperationException) when (path.EndsWith("lsof", StringComparison.Ordinal))
        {
            // It ends with 1 where it could not look into every process, and prints what it saw.
            return await Measured.RunAsync("sh", ["-c", "timeout \"$0\" \"$@\" || true", Patience, path, .. arguments]);
        }
    });

    private static string VersionOf(string path)
    {
        using var process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true, UseShellExecute = false })!;
        var text = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return text.Length == 0 ? path : text.Split('\n')[0].Replace("lslocks from ", "", StringComparison.Ordinal);
    }

    /// <summary>A running <c>ops watch</c>, of which only the memory is asked.</summary>
    private sealed class ResidentWatch : IDisposable
    {
        private readonly Process _process;

        private ResidentWatch(Process process) => _process = process;

        public static ResidentWatch Start(MailStore store)
        {
            var (program, arguments) = Built.Launch(Built.CommandLine, ["watch", "--json", "--policy", store.Policy]);
            var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false })!;
            process.OutputDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            return new ResidentWatch(process);
        }

        /// <summary>Its memory once it has looked several times at what there is now.</summary>
        public async Task<double> SettledMiBAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(20));
            return Processes.ResidentMiB(_process.Id);
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
