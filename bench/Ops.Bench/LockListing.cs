using Ops.Testing;

namespace Ops.Bench;

/// <summary>Listing kernel locks: <c>ops locks</c> beside lslocks(8) and beside the bare file.</summary>
internal static class LockListing
{
    public static async Task RunAsync(IReadOnlyList<int> counts, int runs)
    {
        foreach (var count in counts)
        {
            using var store = new MailStore();
            using var held = new HeldLocks(store.Root, count);
            var rows = await Comparison.RunAsync(
                runs * 3,
                ("`lslocks`", () => Measured.RunAsync("lslocks", "--noheadings", "--output-all")),
                ("`ops locks --json`", () => Measured.RunAsync(Built.Dotnet, Built.CommandLine, "locks", "--json", "--policy", store.Policy)),
                ("`cat /proc/locks`", () => Measured.RunAsync("cat", "/proc/locks")));
            Table.Print($"{count:#,0} record locks held by {HeldLocks.Processes} processes: list them", Comparison.Heads, rows);
        }
    }
}
