namespace Ops.Locks;

/// <summary>Where files are on storage that other hosts use as well, and what its options do to locks.</summary>
/// <remarks>FHS 3.0, 3.15 (<c>/run</c>: not shareable) and 5.9 (<c>/var/lock</c>); nfs(5): <c>nfsvers</c>, <c>nolock</c>, <c>local_lock</c>, <c>noac</c>, <c>soft</c>.</remarks>
public static class SharedPlaces
{
    private static readonly FilePath[] HostOnly = [.. new[] { "/run", "/var/run", "/run/lock", "/var/lock" }.Select(FilePath.FromText)];

    /// <summary>Directories for pid files and device locks that other hosts share: a number there may be a process of another host.</summary>
    public static IEnumerable<Relation> OfRunDirectories(IReadOnlyList<Mount> mounts, DateTimeOffset now)
    {
        // Where one is inside another's mount it is the same storage.
        foreach (var group in HostOnly.Select(path => (Path: path, Mount: Mount.At(mounts, path))).Where(x => x.Mount is { IsLocal: false }).GroupBy(x => x.Mount!))
        {
            var path = group.First().Path;
            var evidence = new EvidenceList(now);
            evidence.Add(Questions.LocalFileSystem, Answer.No, "/proc/self/mountinfo", $"{path.Display} is on {Name(group.Key)}", blocks: true);
            yield return Obstacle.Of(path, null, ArtefactKind.Directory, "shared",
                $"Pid files and device locks in {path.Display} must not be shared between hosts (FHS), and it is on {Name(group.Key)}: a pid there may belong to another host, and daemons of two hosts may take each other for running.", evidence);
        }
    }

    /// <summary>Stores on NFS whose version or options weaken locks.</summary>
    public static IEnumerable<Relation> OfNfs(IReadOnlyList<Mount> mounts, IEnumerable<FilePath> stores, DateTimeOffset now)
    {
        foreach (var store in stores)
        {
            if (Mount.At(mounts, store) is not { FileSystem: "nfs" or "nfs4" } mount)
                continue;
            var evidence = new EvidenceList(now);
            foreach (var detail in Weaknesses(mount))
                evidence.Add(Questions.LocalFileSystem, Answer.No, "/proc/self/mountinfo", detail, blocks: true);
            if (evidence.FirstBlock is { } first)
                yield return Obstacle.Of(store, null, ArtefactKind.Directory, "nfs", $"Locks on this store are weaker than on a local disk: {string.Join("; ", evidence.Select(e => e.Detail))}.", evidence);
        }
    }

    private static IEnumerable<string> Weaknesses(Mount mount)
    {
        var options = mount.Options.ToHashSet(StringComparer.Ordinal);
        string? Value(params string[] names) => names.Select(n => mount.Options.FirstOrDefault(o => o.StartsWith(n + "=", StringComparison.Ordinal))?[(n.Length + 1)..]).FirstOrDefault(v => v is not null);
        var version = Value("vers", "nfsvers") ?? (mount.FileSystem == "nfs4" ? "4" : null);
        if (version is "2" or ['2', '.', ..])
            yield return "NFS version 2: O_EXCL is not atomic, so a dot lock made by it alone (Postfix, mail.local) may be taken by two; only a link with a link count of 2 counts";
        if (options.Contains("nolock") || Value("local_lock") == "all")
            yield return $"{(options.Contains("nolock") ? "nolock" : "local_lock=all")}: flock and fcntl locks bind this host alone, another host does not see them";
        else if (Value("local_lock") is ("flock" or "posix") and var kind)
            yield return $"local_lock={kind}: {(kind == "flock" ? "flock" : "fcntl")} locks bind this host alone, another host does not see them";
        if (options.Contains("soft"))
            yield return "soft: a write may fail after a time-out and leave a part of a message";
        if (!options.Contains("noac") && !options.Contains("sync") && version is not null && !version.StartsWith('4'))
            yield return $"NFS version {version} without noac: the age and link count of a lock file may be seen up to a minute late";
    }

    private static string Name(Mount mount) => $"{FilePath.Escape(mount.FileSystem)} from {FilePath.Escape(mount.Source)}";
}
