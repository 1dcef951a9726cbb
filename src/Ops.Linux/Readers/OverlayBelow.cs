using Ops.Locks;

namespace Ops.Linux;

/// <summary>Files in the layers of an overlay: a process that opens one there, and not through the overlay, has another inode open than the overlay shows.</summary>
public static class OverlayBelow
{
    /// <summary>For each artefact and mailbox on an overlay: the files in its layers, and the one that the overlay shows in their place.</summary>
    /// <param name="isSilent">Whether nothing at a path may be touched (<see cref="MountProbe"/>).</param>
    public static IReadOnlyDictionary<FileIdentity, FileIdentity> Of(IEnumerable<ArtefactFacts> artefacts, Func<FilePath, bool> isSilent)
    {
        Dictionary<FileIdentity, FileIdentity> below = [];
        Dictionary<FilePath, bool> isReachable = [];
        foreach (var artefact in artefacts)
        {
            if (artefact.Mount is not { Layers: { Count: > 0 } layers } mount)
                continue;
            foreach (var layer in layers.Where(IsReachable))
            {
                Add(layer, mount, artefact.File);
                if (artefact.Subject is { } mailbox && mailbox.MountId == (ulong)mount.Id)
                    Add(layer, mount, mailbox);
            }
        }
        return below;

        bool IsReachable(FilePath layer) => layer.Bytes is [(byte)'/', ..]
            && (isReachable.TryGetValue(layer, out var known) ? known : isReachable[layer] = !isSilent(layer));

        void Add(FilePath layer, Mount mount, FileFacts shown)
        {
            if (ArtefactReader.Stat(layer.Resolve(mount.WithinFileSystem(shown.Path).Bytes.TrimStart((byte)'/'))).TryGet(out var file) && file.Identity != shown.Identity)
                below[file.Identity] = shown.Identity;
        }
    }
}
