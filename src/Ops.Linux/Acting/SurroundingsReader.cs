using Ops.Locks;

namespace Ops.Linux;

/// <summary>Finds out what an act would meet, by the same ways that the act goes, and without changing anything. What is true of a directory is read once: use one reader for one scan.</summary>
/// <param name="isSilent">Whether nothing at a path may be touched (<see cref="MountProbe"/>): a layer of an overlay need not be on the file system that was looked at.</param>
public sealed class SurroundingsReader(Func<FilePath, FilePath?> rootOf, Func<FilePath, bool> isSilent)
{
    private const int ChangeOwner = 0, OwnerRights = 3, ExceedLimits = 24;

    private readonly Dictionary<FilePath, ActSurroundings> _known = [];
    private readonly Dictionary<FilePath, QuarantinePlace> _quarantines = [];
    private readonly (ulong Capabilities, IReadOnlyList<uint> Groups) _process = ReadOwnProcess();

    public ActSurroundings Read(ArtefactFacts artefact)
    {
        var directory = artefact.File.Path.Parent;
        var root = rootOf(artefact.File.Path);
        if (root is null)
            return new ActSurroundings(null, null, null, [], [], Rights);
        if (!_known.TryGetValue(directory, out var place))
            _known[directory] = place = ReadDirectory(root.Value, directory);
        return place with
        {
            Inner = artefact.File.Kind == FileKind.Directory ? WriteTo(artefact.File.Path) : null,
            Mailbox = artefact.Subject is { Kind: FileKind.Regular } mailbox ? AnswerOf(FileDescriptor.MayReadAndWrite(mailbox.Path.Bytes)) : null,
            OnlyInLayer = OnlyInLayer(artefact),
            FamilyLock = artefact.FamilyLock is { } family && ArtefactReader.Stat(family).TryGet(out var file) ? file : null,
        };
    }

    // What is at the place of a layer here counts only if it is this file: the names of layers are those of the namespace in which the overlay was mounted.
    private FilePath? OnlyInLayer(ArtefactFacts artefact)
    {
        if (artefact is not { Mount: { Upper: { } upper } mount, File: { BornAt: { } born } file })
            return null;
        List<FilePath> layers = [.. mount.Layers.Where(l => l.Bytes is [(byte)'/', ..])];
        if (layers.Exists(l => isSilent(l)) || In(upper).Succeeded)
            return null;
        return layers.Where(l => l != upper && In(l).TryGet(out var below) && below.BornAt == born && below.Identity.Inode == file.Identity.Inode).Select(l => (FilePath?)l).FirstOrDefault();

        Result<FileFacts> In(FilePath layer) => ArtefactReader.Stat(layer.Resolve(mount.WithinFileSystem(file.Path).Bytes.TrimStart((byte)'/')));
    }

    private ActingRights Rights => new(Accounts.EffectiveUserId, Has(ChangeOwner), Has(OwnerRights)) { Groups = _process.Groups };

    private ActSurroundings ReadDirectory(FilePath root, FilePath path)
    {
        var directory = StoreDirectory.Open(root, path, out var refusal);
        if (directory is null)
            return new ActSurroundings(root, refusal!.Sentence, null, [], [], Rights);
        using (directory)
        {
            if (!directory.FindTopOfFileSystem().TryGet(out var top, out var error))
                return new ActSurroundings(root, $"The directories above {path.Display} cannot be examined: {FileLook.Words(error)}.", null, [], [], Rights);
            List<FilePath> tops = top.Length == 0 ? [root] : [root, root.Join(top)];
            List<Room> rooms = [];
            foreach (var place in tops)
            {
                if (RoomAt(place) is { } room)
                    rooms.Add(room);
            }
            return new ActSurroundings(root, null, PlaceOf(directory.Here, path), [.. tops.Select(QuarantineAt)], rooms, Rights);
        }
    }

    private QuarantinePlace QuarantineAt(FilePath top)
    {
        if (_quarantines.TryGetValue(top, out var known))
            return known;
        return _quarantines[top] = ReadQuarantine(top);
    }

    private static QuarantinePlace ReadQuarantine(FilePath top)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(top.Bytes).TryGet(out var above, out var error))
            return new QuarantinePlace(new WorkPlace(top, WriteAnswer.Unknown, Protections.None, 0, 0), null, $"{top.Display} cannot be opened: {FileLook.Words(error)}.");
        using (above)
        {
            var place = PlaceOf(above, top);
            if (!QuarantineFolder.Open(above, create: false, out var problem).TryGet(out var folder, out error))
                return new QuarantinePlace(place, null, error == Errno.NotFound ? null : problem);
            using (folder)
                return new QuarantinePlace(place, PlaceOf(folder, top.Join(QuarantineFolder.Name)), null);
        }
    }

    private static WorkPlace PlaceOf(FileDescriptor directory, FilePath path)
    {
        var status = directory.Stat();
        return status.TryGet(out var there)
            ? new WorkPlace(path, AnswerOf(directory.MayChangeNames()), there.Flags, there.Mode, there.Uid, there.Gid)
            : new WorkPlace(path, WriteAnswer.Unknown, Protections.None, 0, 0);
    }

    private Room? RoomAt(FilePath path)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(path.Bytes).TryGet(out var directory))
            return null;
        using (directory)
            return directory.Volume().TryGet(out var volume) ? new Room(path, Writable(volume), volume.FreeFiles) : null;
    }

    // What is kept for root is ours with CAP_SYS_RESOURCE, but for what ext4 keeps even from root: 2 %, at most 4096 blocks (fs/ext4/super.c: ext4_calculate_resv_clusters).
    private long Writable(VolumeStatus volume) => Has(ExceedLimits)
        ? Math.Max(volume.Available, volume.Free - Math.Min(volume.Size / 50, 4096 * volume.BlockSize))
        : volume.Available;

    private static WriteAnswer WriteTo(FilePath path)
    {
        if (!FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory, out var error))
            return AnswerOf(error);
        using (directory)
            return AnswerOf(directory.MayChangeNames());
    }

    private static WriteAnswer AnswerOf(Errno error) => error switch
    {
        Errno.None => WriteAnswer.Granted,
        Errno.ReadOnlyFileSystem => WriteAnswer.ReadOnly,
        Errno.NotPermitted => WriteAnswer.Forbidden,
        Errno.AccessDenied => WriteAnswer.Denied,
        _ => WriteAnswer.Unknown,
    };

    private bool Has(int capability) => (_process.Capabilities >> capability & 1) != 0;

    private static (ulong Capabilities, IReadOnlyList<uint> Groups) ReadOwnProcess()
    {
        if (new ProcFiles(new ReaderOptions()).Read("self/status"u8, out var text) != Errno.None)
            return (0, []);
        var status = ProcStatus.Parse(text);
        return (status.EffectiveCapabilities ?? 0, [.. ProcStatus.GroupsIn(text), .. status.EffectiveGid is { } own ? [own] : Array.Empty<uint>()]);
    }
}
