using Ops.Locks;

namespace Ops.Linux;

/// <summary>Names of locks and leftovers that were made, written, moved or removed since the last report.</summary>
/// <param name="Names">Each once, however often it changed.</param>
/// <param name="Lost">Why more may have changed than is named here, so that only a scan knows; null when nothing was lost.</param>
/// <param name="IsDropped">Whether that is because there were more changes than this host could take in.</param>
public sealed record StoreChanges(IReadOnlyCollection<FilePath> Names, string? Lost, bool IsDropped = false)
{
    /// <summary>Those of <see cref="Names"/> that mean a file which did not have this name before.</summary>
    public IReadOnlySet<FilePath> Given { get; init; } = new HashSet<FilePath>();

    /// <summary>Those of <see cref="Names"/> at which nothing is any longer, as far as the order of events says: of two that the kernel merged it is not known which was last.</summary>
    public IReadOnlySet<FilePath> Removed { get; init; } = new HashSet<FilePath>();

    /// <summary>Directories whose names mean something else since what is around them changed: they are to be listed.</summary>
    public IReadOnlyCollection<ChangedDirectory> Directories { get; init; } = [];

    /// <summary>How many events of any kind come in a second now, about.</summary>
    public double EventsPerSecond { get; init; }

    /// <summary>Those of <see cref="Given"/> whose content may still be on its way: no event has said yet that it was written and closed.</summary>
    public IReadOnlySet<FilePath> Unwritten { get; init; } = new HashSet<FilePath>();
}

/// <summary>A directory that is to be listed.</summary>
/// <param name="IsDeep">With all that is below it: it was moved here. Otherwise its directories that have a meaning next to each other, as those of a maildir have.</param>
/// <param name="IsGone">It was moved away from here: nothing is below this path any longer.</param>
public sealed record ChangedDirectory(FilePath Path, bool IsDeep, bool IsGone);

/// <summary>A part of the stores where no event says what changes.</summary>
public sealed record UnwatchedPlace(FilePath Path, string Why);
