using Ops.Locks;

namespace Ops.Linux;

/// <summary>Where the readers look.</summary>
public sealed record ReaderOptions
{
    /// <summary>Mount point of proc. Tests point it at captured text.</summary>
    public string ProcRoot { get; init; } = "/proc";

    /// <summary>Adds to the mount table what the host's administrator says of it; null: nothing is said. Called for each table that is read.</summary>
    public Func<IReadOnlyList<Mount>, IReadOnlyList<Mount>>? Say { get; init; }
}
