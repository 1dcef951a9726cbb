using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Staging names of Cyrus that share their inode with something, and the messages that they turn out to be.</summary>
internal sealed class StagedNames(AuditTally tally)
{
    private readonly Dictionary<FileIdentity, List<Staged>> _byInode = [];
    private readonly Dictionary<FileIdentity, List<FilePath>> _messages = [];
    private readonly Dictionary<FilePath, int> _versions = [];

    public static bool IsStagingDirectory(ReadOnlySpan<byte> name) => name.SequenceEqual("stage."u8) || name.SequenceEqual("sync."u8);

    /// <summary>The version of an index in a partition: the directory that has <c>stage.</c> or <c>sync.</c>.</summary>
    public void NoteVersion(FilePath partition, int version) => _versions[partition] = Math.Max(version, _versions.GetValueOrDefault(partition));

    /// <summary>Names in <c>stage.</c>, and in the directories of <c>sync.</c>, which are called after a pid.</summary>
    /// <returns>Directories in it that Cyrus does not write there: they may hold mailboxes.</returns>
    public IReadOnlyList<byte[]> Read(FileDescriptor directory, FilePath path)
    {
        List<byte[]> others = [];
        var isSync = path.Name.SequenceEqual("sync."u8);
        List<byte[]> names = [], inner = [];
        Listing.ForEach(directory, (name, _, kind) => (kind == FileKind.Directory ? inner : names).Add(name.ToArray()));
        foreach (var name in names)
            Add(directory, path, name, path.Parent, LeadingNumber(name), isSync);
        foreach (var name in inner)
        {
            if (!isSync || name.AsSpan().ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                others.Add(name);
                continue;
            }
            if (!directory.OpenSubdirectory(name).TryGet(out var folder, out var error))
            {
                if (error is not Errno.NotFound)
                    tally.NotSeen(path.Join(name), $"cannot be opened: {error}");
                continue;
            }
            using (folder)
            {
                names.Clear();
                var isMailbox = false;
                Listing.ForEach(folder, (file, _, kind) =>
                {
                    names.Add(file.ToArray());
                    isMailbox |= kind == FileKind.Directory || file.SequenceEqual(CyrusLook.IndexName);
                });
                if (isMailbox)
                    others.Add(name);
                foreach (var file in names)
                    Add(folder, path.Join(name), file, path.Parent, LeadingNumber(name), isSync);
            }
        }
        return others;
    }

    /// <summary>Notes a message that is a staging name as well.</summary>
    /// <returns>Whether it is.</returns>
    public bool Note(FileIdentity identity, FilePath mailbox, string key)
    {
        if (!_byInode.ContainsKey(identity))
            return false;
        if (!_messages.TryGetValue(identity, out var paths))
            _messages[identity] = paths = [];
        var path = mailbox.Join(key);
        if (!paths.Contains(path))
            paths.Add(path);
        return true;
    }

    public IReadOnlyList<FilePath> Of(FileIdentity identity) => [.. (_byInode.GetValueOrDefault(identity) ?? []).Select(s => s.Path)];

    /// <summary>Staging names that are messages and still there: a delivery takes its own away at once.</summary>
    public IReadOnlyList<StageHazard> Hazards() =>
        [.. _byInode.Where(s => _messages.ContainsKey(s.Key)).SelectMany(s => s.Value.Select(staged => Hazard(s.Key, staged))).OfType<StageHazard>()];

    private StageHazard? Hazard(FileIdentity identity, Staged staged)
    {
        if (!FileDescriptor.OpenDirectory(staged.Path.Parent.Bytes).TryGet(out var directory))
            return null;
        using (directory)
        {
            return directory.Stat(staged.Path.Name).TryGet(out var now) && now.Identity == identity && now.LinkCount > 1
                ? new StageHazard(staged.Path, staged.Pid, identity, now.LinkCount, _messages[identity], Runs(staged.Pid), ReuseOf(staged))
                : null;
        }
    }

    private StageReuse ReuseOf(Staged staged) =>
        StageHazard.ReuseBy(_versions.TryGetValue(staged.Partition, out var version) ? version : null, StageHazard.FormOf(staged.Path.Name, staged.IsSync));

    private static bool? Runs(int? pid) => pid is not { } number ? null : FileDescriptor.StatFollowingLinks(System.Text.Encoding.ASCII.GetBytes($"/proc/{number}")).Error switch
    {
        Errno.None => true,
        Errno.NotFound => false,
        _ => null,
    };

    private void Add(FileDescriptor directory, FilePath path, byte[] name, FilePath partition, int? pid, bool isSync)
    {
        if (!directory.Stat(name).TryGet(out var status) || status is not { Kind: FileKind.Regular, LinkCount: > 1 })
            return;
        if (!_byInode.TryGetValue(status.Identity, out var names))
            _byInode[status.Identity] = names = [];
        names.Add(new Staged(path.Join(name), partition, pid, isSync));
    }

    // PID-TIME-N, PID-N, or a directory PID.
    private static int? LeadingNumber(ReadOnlySpan<byte> name) =>
        System.Buffers.Text.Utf8Parser.TryParse(name, out int number, out var used) && number > 0 && (used == name.Length || name[used] == (byte)'-') ? number : null;

    private sealed record Staged(FilePath Path, FilePath Partition, int? Pid, bool IsSync);
}
