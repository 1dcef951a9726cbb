using System.Globalization;
using Ops.Testing;

namespace Ops.Bench;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    public static async Task<string> DescribeAsync()
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";
        var kernel = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim();
        var load = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
        return string.Create(CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} x {processor}, Linux {kernel}, .NET {Environment.Version}, {DateTimeOffset.UtcNow:yyyy-MM-dd}; load at the start {load}.\n"
            + $"Times are wall clock, medians of several runs; a ratio is the median of the ratios within each run. Programs: {Path.GetFileName(Built.CommandLine)} of the Release build{(Built.IsNative ? ", the native one" : ", started with `dotnet`")}.\n");
    }
}
