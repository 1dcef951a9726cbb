using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Graph;

/// <summary>What is written in and on the boxes. What came from a host is escaped.</summary>
public static class GraphWords
{
    // What fits a box at its font.
    private const int LongestTitle = 22, LongestNote = 28;

    /// <summary>First line of a box.</summary>
    public static string Title(GraphNode node) => HostText.Shorten(node.Members.Count > 0 ? Fold(node) : node.IsLock ? FileName(node) : Process(node), LongestTitle);

    /// <summary>Second line, without the time of a wait.</summary>
    public static string Note(GraphPlace place) => place.Node switch
    {
        { Members: { Count: > 0 } } fold => fold.IsLock ? "no process waits" : IsWaiting(place) ? "wait, the longest" : "",
        { IsLock: true } file => HostText.Shorten(Lock(file), LongestNote),
        { Yields: true } => "costs least, waits",
        { IsInCircle: true } => "deadlocked, waits",
        { IsRoot: true } root => NoProgress(root) is { Length: > 0 } state ? HostText.Shorten($"root blocker, {state}", LongestNote) : "root blocker",
        _ => IsWaiting(place) ? Waits(place.Node) : "holds",
    };

    /// <summary>The time of a wait is shown, and counts on in the browser; not that of a lock which a process has while it waits for something that is not known.</summary>
    public static bool HasAge(GraphPlace place) => place.Node is { IsLock: false, Since: not null, Finding.Verdict: "waiting" } && IsWaiting(place);

    /// <summary>Everything about a node in one line: what a reader of the picture hears.</summary>
    public static string Line(GraphPlace place)
    {
        var node = place.Node;
        var what = node.Members.Count > 0 ? Fold(node) : node.IsLock ? $"{Path(node)}, {Lock(node)}" : $"{Process(node)}{User(node)}";
        var how = node.IsLock || node.Members.Count > 0 ? "" : IsWaiting(place) ? ", " + Waits(node) : "";
        return $"{what}{how}{(node.IsRoot ? ", root blocker" : "")}{(node.IsInCircle ? ", in the deadlock" : "")}{(node.Yields ? ", costs least to end" : "")}{Also(place)}";
    }

    /// <summary>What else is in its way than what it is drawn under; empty when nothing is.</summary>
    public static string Also(GraphPlace place) => place.Also.Count == 0 ? Too(place)
        : $"; {(place.Node.IsLock ? "also held by" : place.Parent is null ? "waits for" : "also waits for")} {string.Join(" and ", place.Also.Take(3).Select(Name))}{(place.Also.Count > 3 ? $" and {place.Also.Count - 3} more" : "")}"
            + (place.Parent is null && place.Node.IsInCircle ? ", which closes the circle" : "") + Too(place);

    // What is drawn under another one.
    private static string Too(GraphPlace place) => place.Too.Count == 0 || place.Node.IsInCircle ? ""
        : $"; {(place.Node.IsLock ? "also in the way of" : "holds")} {string.Join(" and ", place.Too.Take(3).Select(Name))}{(place.Too.Count > 3 ? $" and {place.Too.Count - 3} more" : "")}{(place.Node.IsLock ? "" : " too")}";

    /// <summary>A process or a file in few words.</summary>
    public static string Name(GraphNode node) => node.Members.Count > 0 ? Fold(node) : node.IsLock ? FileName(node) : Process(node);

    /// <summary>One sentence on a part: who is in whose way, and how many wait.</summary>
    /// <param name="part">As it is, not folded.</param>
    public static string Sentence(GraphPart part)
    {
        var waits = Labels.Count(part.Waiting, "process waits", "processes wait");
        if (part.HasCircle)
        {
            var members = part.Nodes.Where(n => n is { IsInCircle: true, IsLock: false }).ToList();
            var behind = part.Waiting - members.Count;
            return $"{List(members)} wait for each other{(behind > 0 ? $"; {Labels.Count(behind, "more process waits", "more processes wait")} behind them" : "")}.";
        }
        var roots = part.Nodes.Where(n => n.IsRoot).ToList();
        return roots switch
        {
            [] when part.Waiting == 0 => "Held, and no process waits.",
            [] => $"{waits}.",
            [{ IsLock: true } file] => $"{waits} for {FileName(file)}, which {(file.Finding?.Verdict == "stale" ? "is stale: its owner is gone" : "has no owner that is known")}.",
            _ => $"{waits} for {List(roots)}, of which no wait is known.",
        };
    }

    /// <summary>A lock of which class, or a file of which system and verdict.</summary>
    public static string Lock(GraphNode node) => node.Finding switch
    {
        { Lock: { } held } => $"kernel lock, {HostText.Clean(held.Class)} {HostText.Clean(held.Mode)}",
        { Verdict: "stale" } file => $"{Kind(file)}, stale",
        { Verdict: "refused" } file => $"{Kind(file)}, owner unknown",
        { } file => $"{Kind(file)}{(file.System is "unknown" or "" ? "" : $" of {HostText.Clean(file.System)}")}",
        null => "lock",
    };

    public static string Path(GraphNode node) => node.Finding is { } finding ? HostText.PathOf(finding) : "a file without a known path";

    /// <summary>Whether it is in the way of nothing that is drawn to its left.</summary>
    public static bool IsWaiting(GraphPlace place) => place.Parent is not null || place.Also.Count > 0;

    /// <summary>Session, user and unit of a process, each after a comma; empty when none is known.</summary>
    public static string User(GraphNode node) => string.Concat(
        node.Finding?.Process?.Session is { } session ? ", session of " + FindingWords.Session(session) : "",
        node.Finding?.Process?.User is { } user ? ", user " + HostText.Escape(user) : "", node.Finding?.Process?.Unit is { } unit ? ", " + HostText.Escape(unit) : "");

    /// <summary>A wait that was concluded, and not seen, is called probable.</summary>
    public static string Waits(GraphNode node) => node.Finding is { Relation: "dot-lock-waiter" } wait && wait.Evidence.Any(e => e.Question == Questions.WaitsFor && e.Answer == Words.Of(Answer.Unknown)) ? "probably waits" : "waits";

    private static string Process(GraphNode node)
    {
        var command = node.Finding?.Process?.Command ?? node.Finding?.Owner?.Command;
        return command is { Length: > 0 } ? $"{HostText.Escape(command)} {Pid(node)}" : $"pid {Pid(node)}";
    }

    private static string Pid(GraphNode node) => (node.Pid ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Fold(GraphNode node)
    {
        var number = Labels.Number(node.Members.Count);
        return node.IsLock ? $"{number} more locks"
            : (node.Finding?.Process?.Command ?? node.Finding?.Owner?.Command) is { Length: > 0 } command ? $"{number} more {HostText.Escape(command)}"
            : $"{number} more processes";
    }

    private static string FileName(GraphNode node) => node.Finding is null ? "a lock" : HostText.Split(HostText.PathOf(node.Finding)).Name;

    private static string Kind(Finding file) => Labels.Kind(file.Kind).ToLowerInvariant();

    private static string NoProgress(GraphNode node) => node.Finding?.Process?.State is { } state && ProcessStates.MakesNoProgress(state) ? Labels.ProcessState(state) : "";

    private static string List(List<GraphNode> nodes) => nodes.Count switch
    {
        1 => Name(nodes[0]),
        <= 3 => $"{string.Join(", ", nodes.Take(nodes.Count - 1).Select(Name))} and {Name(nodes[^1])}",
        _ => $"{Name(nodes[0])}, {Name(nodes[1])} and {Labels.Number(nodes.Count - 2)} more",
    };
}
