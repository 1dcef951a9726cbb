using System.Diagnostics;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>A directory to scan, by its real name.</summary>
/// <param name="TopLevelOnly">Only the names directly in it: for directories shared with the whole system, such as <c>/tmp</c>.</param>
public sealed record ScanRoot(FilePath Path, bool TopLevelOnly = false)
{
    /// <summary>Whether the names directly in a directory are looked at.</summary>
    /// <param name="directory">By its real name.</param>
    public bool Holds(FilePath directory) => TopLevelOnly ? directory == Path : directory.IsAtOrBelow(Path);
}

/// <summary>A part of a store that was not seen.</summary>
/// <param name="Error">The kernel's answer; <see cref="Errno.None"/> when it was left out by rule.</param>
public sealed record ScanGap(FilePath Path, Errno Error, string Why);

/// <summary>What one scan found.</summary>
/// <param name="Gaps">Never empty when something was left out: silence must not look like "no locks".</param>
/// <param name="Names">Names seen, of whatever kind.</param>
public sealed record StoreScan(IReadOnlyList<ArtefactFacts> Artefacts, IReadOnlyList<ScanGap> Gaps, long Names, long Directories, TimeSpan Duration)
{
    /// <summary>Directories that were listed; the others were as the last scan had seen them (<see cref="ScanMemory"/>).</summary>
    public long Listed { get; init; }

    /// <summary>Those of the files that were sought which have a name below the roots, with the first that was met.</summary>
    public IReadOnlyDictionary<FileIdentity, FilePath> Found { get; init; } = new Dictionary<FileIdentity, FilePath>();
}

/// <summary>Whether a scan has to look closer at this name; asked only for names that some convention may mean.</summary>
public delegate bool CandidateFilter(PlaceFacts place, ReadOnlySpan<byte> name);

/// <summary>
/// Walks store roots by name alone and looks closer at candidates only. Changes nothing, follows no symbolic link into anything outside the roots,
/// and goes on after an error, which becomes a gap. Holds in memory what bears on candidates, never a list of all files.
/// </summary>
/// <param name="mounts">Our own mount table, read for this scan.</param>
/// <param name="silent">Mounts that do not answer (<see cref="MountProbe"/>): nothing below them is touched, and each is a gap.</param>
/// <param name="sought">Files of which to find out whether they are below the roots.</param>
/// <param name="memory">What earlier scans of these roots with this filter remember; null: every directory is listed.</param>
public sealed class StoreScanner(
    IReadOnlyList<Mount> mounts, CandidateFilter isCandidate, IReadOnlyList<Mount>? silent = null, IReadOnlySet<FileIdentity>? sought = null, ScanMemory? memory = null)
{
    public StoreScanner(IReadOnlyList<Mount> mounts)
        : this(mounts, static (_, _) => true)
    {
    }

    /// <exception cref="OperationCanceledException">At the next directory after <paramref name="stop"/>.</exception>
    public StoreScan Scan(IReadOnlyList<ScanRoot> roots, CancellationToken stop = default) => Scan(roots, roots, stop);

    /// <param name="roots">All: what leads from one of them into another is seen.</param>
    /// <param name="walked">Those that are gone through.</param>
    /// <exception cref="OperationCanceledException">At the next directory after <paramref name="stop"/>.</exception>
    public StoreScan Scan(IReadOnlyList<ScanRoot> roots, IReadOnlyList<ScanRoot> walked, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        bool IsSilent(FilePath path) => silent?.Any(m => path.IsAtOrBelow(m.MountPoint)) == true;
        var files = sought ?? new HashSet<FileIdentity>();
        var reader = new ArtefactReader(mounts, [.. roots.Where(r => !r.TopLevelOnly).Select(r => r.Path)], IsSilent);
        using var walk = new StoreWalk(reader, roots, isCandidate, silent ?? [], files, memory, memory?.Begin(mounts, files, IsSilent) ?? [], stop);
        try
        {
            foreach (var root in walked)
                walk.Enter(root);
        }
        catch
        {
            memory?.Forget();
            throw;
        }
        return walk.Finish(Stopwatch.GetElapsedTime(started));
    }
}
