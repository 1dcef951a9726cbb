using System.Globalization;
using Ops.Web.Features.SignIn;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Hosts;

/// <summary>What an agent costs its host, and how it knows of changes, in words.</summary>
internal static class AgentCostWords
{
    public static IReadOnlyList<string> Of(HostStatus status) => status.Cost is not { } cost
        ? ["not reported: the agent is older than this console"]
        : status.IsEmbedded && cost.ProcessorPercent is null
            ? ["part of the console", .. Scan(cost)]
            :
            [
                cost.ProcessorPercent is { } percent ? $"{Number(percent)} % of a core in the last minute{(cost.BudgetPercent is { } budget ? $" (budget {Number(budget)} %)" : "")}" : "processor not measured yet",
                .. cost.IsSlowed ? ["above its budget: it looks less often where nothing changes"] : Array.Empty<string>(),
                .. cost.ResidentMegabytes is { } memory ? [$"{Number(memory)} MiB of memory"] : Array.Empty<string>(),
                .. Scan(cost),
            ];

    public static string Changes(HostStatus status) => status.Cost is not { } cost
        ? "not reported"
        : string.Join("; ",
        [
            cost.CoversAll ? "events report every change" : "events do not cover all stores: repeated scans find the rest",
            .. cost.EventLagMilliseconds is { } lag ? [$"slowest in the last minute {Number(lag)} ms"] : Array.Empty<string>(),
            cost.EventsMissed == 0 ? "none missed" : $"{Labels.Count(cost.EventsMissed, "change", "changes")} missed: a fault",
            .. cost.VerifiedAt is { } at ? [$"verified {at.ForPeople()}"] : Array.Empty<string>(),
        ]);

    private static IEnumerable<string> Scan(AgentCost cost) => cost.WholeScan is { } scan
        ? [$"last whole scan {Number(scan.Milliseconds)} ms, of which {Number(scan.ProcessorMilliseconds)} ms processor"]
        : [];

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
