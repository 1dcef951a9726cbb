using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>The roots of this host: what is below them, what is looked for there, and whether their file systems answer.</summary>
internal sealed class WatchedStores(AgentSettings settings, MountProbe probe, UnsharedMounts unshared, CreatorBook creators)
{
    public IReadOnlyList<ScanRoot> Roots { get; } = [.. settings.Roots.Select(r => new ScanRoot(r.Path, r.TopLevelOnly))];

    /// <summary>Whether the path is inside a root.</summary>
    public bool Cover(FilePath path) => StoreRoots.Cover(settings.Roots, path);

    /// <summary>Whether the path is inside a root, or is one.</summary>
    public bool IsBelowRoots(FilePath path) => Cover(path) || settings.Roots.Any(r => r.Path == path);

    public bool IsBelowRoots(LockEntry entry) => entry.Path is { } path && IsBelowRoots(path) || entry.Foreign?.HostPath is { } here && IsBelowRoots(here);

    /// <summary>Whether a call to this path would wait for a file system that does not answer.</summary>
    public bool IsSilent(FilePath path) => probe.SilentAt(path) is not null;

    /// <inheritdoc cref="MountProbe.SilentNow"/>
    public Func<FilePath, bool> SilentNow() => probe.SilentNow();

    /// <summary>Why nothing at this path may be touched now, not even to look: its file system would keep the caller waiting without end. Null when it answers.</summary>
    public string? SilenceAt(FilePath path) => probe.SilentAt(path) is { } mount ? $"Its contents are unknown: {MountProbe.Words(mount)}." : null;

    public IReadOnlyList<Mount> Silent(IReadOnlyList<Mount> mounts) => probe.Silent(mounts, Roots.Select(r => r.Path));

    /// <summary>Whether a name may be a lock or leftover of a kind that its root is looked at for.</summary>
    public bool IsCandidate(PlaceFacts place, ReadOnlySpan<byte> name) => ConventionMatcher.IsCandidate(place, name)
        && (place.Directory.Join(name) is var path && KindsAt(path) is not { } kinds || ConventionMatcher.Match(place, path).Any(m => kinds.Contains(m.Convention.Kind)));

    /// <summary>The artefact as far as its root is looked at for its kind, with what the policy says of its file system; null when it is none of those.</summary>
    public ArtefactFacts? Ours(ArtefactFacts artefact)
    {
        artefact = unshared.Of(artefact) with { Creator = creators.Of(artefact.File) };
        if (KindsAt(artefact.File.Path) is not { } kinds)
            return artefact;
        List<ConventionMatch> wanted = [.. artefact.Matches.Where(m => kinds.Contains(m.Convention.Kind))];
        return wanted.Count == 0 ? null : artefact with { Matches = wanted };
    }

    public ArtefactReader Reader(IReadOnlyList<Mount> mounts) => new(mounts, [.. Roots.Where(r => !r.TopLevelOnly).Select(r => r.Path)], IsSilent);

    public SurroundingsReader Surroundings() => new(path => StoreRoots.Covering(settings.Roots, path)?.Path, IsSilent);

    private IReadOnlyList<ArtefactKind>? KindsAt(FilePath path) => StoreRoots.Covering(settings.Roots, path)?.Kinds;
}
