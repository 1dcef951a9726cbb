using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What the policy says of file systems that other hosts could mount too: <c>unshared</c> names the directories that no other host uses.</summary>
internal sealed class UnsharedMounts(Policy policy, MountProbe probe)
{
    /// <summary>Marks the mounts that hold directories which the policy calls unshared. One that does not answer is not marked: no call may go there.</summary>
    public IReadOnlyList<Mount> Mark(IReadOnlyList<Mount> mounts)
    {
        if (policy.Unshared.Count == 0)
            return mounts;
        var places = policy.Unshared.Select(FilePath.FromText).ToList();
        var meant = places.Select(p => Mount.At(mounts, p)).OfType<Mount>().Where(m => !m.IsLocalDisk).Distinct().ToList();
        var silent = probe.Silent(meant, places);
        return [.. mounts.Select(m => meant.Contains(m) && !silent.Contains(m) ? m with { IsSaidUnshared = true } : m)];
    }

    /// <summary>The mount is marked if anything on it is meant; of an artefact the mark holds only if that is in a directory that the policy names.</summary>
    public ArtefactFacts Of(ArtefactFacts artefact) => artefact.Mount is { IsSaidUnshared: true } mount && !policy.SaysUnshared(artefact.File.Path, mount)
        ? artefact with
        {
            Mount = mount with { IsSaidUnshared = false },
            Guards = artefact.Guards?.Select(g => g.Lock is { } guard ? g with { Lock = Of(guard) } : g).ToList(),
        }
        : artefact;
}
