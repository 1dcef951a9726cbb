namespace Ops.Linux;

/// <summary>Where the readers look.</summary>
public sealed record ReaderOptions
{
    /// <summary>Mount point of proc. Tests point it at captured text.</summary>
    public string ProcRoot { get; init; } = "/proc";
}
