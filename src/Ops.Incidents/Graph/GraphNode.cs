namespace Ops.Incidents;

/// <summary>What a node of the graph is.</summary>
public enum GraphKind
{
    Process,
    KernelLock,

    /// <summary>A lock that is there because a file is.</summary>
    LockFile,
}

/// <summary>A process or a lock; or several equal ones in one, so that a picture of hundreds stays readable.</summary>
/// <param name="Id">The same for as long as it lives.</param>
/// <param name="Finding">What it is known by: of a lock its first holder's, of a process its wait, else what it holds; null for a process of which only the pid is known.</param>
/// <param name="Pid">Of a process.</param>
public sealed record GraphNode(string Id, GraphKind Kind, Finding? Finding, int? Pid = null)
{
    public bool IsLock => Kind != GraphKind.Process;

    /// <summary>Whether it waits for what waits for it.</summary>
    public bool IsInCircle { get; init; }

    /// <summary>Whether it waits for nothing, and something waits for it.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Of a circle: the process that costs least to end.</summary>
    public bool Yields { get; init; }

    /// <summary>Since when it waits or is held, as far as it was seen.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>For several equal ones in one: what they are, the longest first. Empty for a single one.</summary>
    public IReadOnlyList<GraphNode> Members { get; init; } = [];
}

/// <summary>Of a process to the lock that it holds, of a lock to a process that waits for it, or of a process straight to one that waits for it to end.</summary>
/// <param name="From">What is in the way of <paramref name="To"/>.</param>
public sealed record GraphEdge(string From, string To);

/// <summary>Processes and locks that hang together, the root first.</summary>
/// <param name="Nodes">The oldest first.</param>
/// <param name="Waiting">Processes that wait.</param>
public sealed record GraphPart(IReadOnlyList<GraphNode> Nodes, IReadOnlyList<GraphEdge> Edges, int Waiting)
{
    public bool HasCircle => Nodes.Any(n => n.IsInCircle);
}
