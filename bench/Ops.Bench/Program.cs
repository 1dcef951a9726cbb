using System.Globalization;
using Ops.Bench;

var runs = args.Contains("--quick") ? 1 : 3;
string[] parts = [.. args.Where(a => a[0] != '-')];
if (parts.Length == 0)
{
    parts = ["locks", "store", "console", "stress"];
}

Console.WriteLine(await Machine.DescribeAsync());
for (var at = 0; at < parts.Length; at++)
{
    var (number, second) = (Number(at + 1), Number(at + 1) is null ? null : Number(at + 2));
    switch (parts[at])
    {
        case "locks":
            await LockListing.RunAsync(number is { } locks ? [locks] : [1_000, 10_000, 100_000], second ?? HeldLocks.Processes, runs);
            break;
        case "store" or "scan":
            await StoreScan.RunAsync(number ?? 100_000, second ?? Math.Max(1, (number ?? 100_000) / 100), runs);
            break;
        case "console":
            await ConsoleLoad.RunAsync(number ?? 10_000, runs);
            break;
        case "stress":
            if (!await Breaks.RunAsync(number ?? 1_000, runs))
            {
                return 1;
            }

            break;
        case "programs":
            if (!await Breaks.RunWithProgramsAsync(TimeSpan.FromMinutes(number ?? 5)))
            {
                return 1;
            }

            break;
        case "churn":
            if (!await Churn.RunAsync(TimeSpan.FromMinutes(number ?? 10)))
            {
                return 1;
            }

            break;
        case "living":
            if (!await Living.RunAsync(TimeSpan.FromMinutes(number ?? 10)))
            {
                return 1;
            }

            break;
        case "fleet":
            if (second is { } consoles and > 1)
                await FleetConsoles.RunAsync(number ?? 300, consoles);
            else
                await FleetLoad.RunAsync(number ?? 1_000, runs);
            break;
        case "memory":
            await ConsoleMemory.RunAsync(number ?? 10_000, TimeSpan.FromMinutes(second ?? 30));
            break;
        case "history":
            await HistoryQueries.RunAsync(number ?? 10_000_000, runs);
            break;
        case "live":
            await LiveEvents.RunAsync(number ?? 10_000, runs);
            break;
        case var word when int.TryParse(word, CultureInfo.InvariantCulture, out _):
            break;
        case var word:
            Console.Error.WriteLine($"not a benchmark: {word}. Known: locks [COUNT] [PROCESSES], store [FILES] [DIRECTORIES], console [LOCKS], memory [LOCKS] [MINUTES], stress [BREAKS], programs [MINUTES], churn [MINUTES], living [MINUTES], fleet [HOSTS] [CONSOLES], history [EPISODES], live [FILES]; --quick for one run of each.");
            return 64;
    }
}

return 0;

int? Number(int at) => at < parts.Length && int.TryParse(parts[at], CultureInfo.InvariantCulture, out var given) ? given : null;
