using Ops.Locks;

namespace Ops.Linux;

/// <summary>The parts of a look at locks; the kernel gives no snapshot of them together.</summary>
internal enum LockLookPart
{
    List,
    Descriptors,
}

/// <summary>Where the readers look.</summary>
public sealed record ReaderOptions
{
    /// <summary>Mount point of proc. Tests point it at captured text.</summary>
    public string ProcRoot { get; init; } = "/proc";

    /// <summary>Adds to the mount table what the host's administrator says of it; null: nothing is said. Called for each table that is read.</summary>
    public Func<IReadOnlyList<Mount>, IReadOnlyList<Mount>>? Say { get; init; }

    /// <summary>With more rows than this the list of kernel locks is read once in a look.</summary>
    internal int LongList { get; init; } = GatheredLocks.LongList;

    /// <summary>Called within a look at locks, after the list and again after the descriptors: what tests take or release there is what a look has to cope with.</summary>
    internal Action<LockLookPart>? After { get; init; }
}
