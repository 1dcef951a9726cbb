namespace Ops.Locks;

/// <summary>A file that a process has open or mapped.</summary>
/// <param name="Descriptor">Number of the descriptor, null for a mapping, a working directory or a root.</param>
/// <param name="CanWrite">Whether it was opened, or is mapped shared, for writing.</param>
public sealed record OpenFile(FileIdentity File, ProcessFacts Process, int? Descriptor, bool CanWrite, FilePath? Path)
{
    /// <summary>See <see cref="LockEntry.Foreign"/>.</summary>
    public ForeignView? Foreign { get; init; }
}

/// <summary>Who has which of the asked-for files open.</summary>
/// <param name="Unreadable">Pids whose descriptors could not be read: for those, "not open" is not proven.</param>
public sealed record OpenFileIndex(IReadOnlyDictionary<FileIdentity, IReadOnlyList<OpenFile>> Files, IReadOnlyList<int> Unreadable)
{
    /// <summary>Regular files without any name that somebody has open for writing, whether they were asked for or not. Paths end in the kernel's " (deleted)".</summary>
    public IReadOnlyList<OpenFile> Nameless { get; init; } = [];

    private ILookup<FilePath, OpenFile>? _byFormerName;

    /// <summary>Those of <see cref="Nameless"/> that had this name.</summary>
    public IEnumerable<OpenFile> FormerlyAt(FilePath path) => Nameless.Count == 0 ? [] : (_byFormerName ??= Nameless.Where(o => o.Path is not null).ToLookup(o => o.Path!.Value))[path.Append(" (deleted)")];

    public static OpenFileIndex Empty { get; } = new(new Dictionary<FileIdentity, IReadOnlyList<OpenFile>>(), []);

    public IReadOnlyList<OpenFile> Of(FileIdentity file) => Files.TryGetValue(file, out var open) ? open : [];
}
