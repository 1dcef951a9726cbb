using System.Globalization;

namespace Ops.Bench;

/// <summary>What a running process costs, as the kernel counts it.</summary>
internal static class Processes
{
    /// <summary>User and system time so far.</summary>
    public static double ProcessorSeconds(int pid)
    {
        var fields = File.ReadAllText($"/proc/{pid}/stat");
        var rest = fields[(fields.LastIndexOf(')') + 2)..].Split(' ');
        const double ticksPerSecond = 100;
        return (double.Parse(rest[11], CultureInfo.InvariantCulture) + double.Parse(rest[12], CultureInfo.InvariantCulture)) / ticksPerSecond;
    }

    public static double ResidentMiB(int pid) =>
        double.Parse(File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}
