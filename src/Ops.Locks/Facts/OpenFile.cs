namespace Ops.Locks;

/// <summary>A file that a process has open or mapped.</summary>
/// <param name="Descriptor">Number of the descriptor, null for a mapping, a working directory or a root.</param>
/// <param name="CanWrite">Whether it was opened, or is mapped shared, for writing.</param>
public sealed record OpenFile(FileIdentity File, ProcessFacts Process, int? Descriptor, bool CanWrite, FilePath? Path);

/// <summary>Who has which of the asked-for files open.</summary>
/// <param name="Unreadable">Pids whose descriptors could not be read: for those, "not open" is not proven.</param>
public sealed record OpenFileIndex(IReadOnlyDictionary<FileIdentity, IReadOnlyList<OpenFile>> Files, IReadOnlyList<int> Unreadable)
{
    /// <summary>Regular files without any name that somebody has open for writing, whether they were asked for or not. Paths end in the kernel's " (deleted)".</summary>
    public IReadOnlyList<OpenFile> Nameless { get; init; } = [];

    public static OpenFileIndex Empty { get; } = new(new Dictionary<FileIdentity, IReadOnlyList<OpenFile>>(), []);

    public IReadOnlyList<OpenFile> Of(FileIdentity file) => Files.TryGetValue(file, out var open) ? open : [];
}
