using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>The folder of one operation: <c>ROOT/.ops-quarantine/ID</c> with its manifest, and, where the file is on another file system below the root,
/// <c>TOP/.ops-quarantine/ID</c> for the file. While it is open, its flock says that the operation is at work: a process that is gone holds none, whatever
/// became of its pid.</summary>
internal sealed partial class OperationFolder : IDisposable
{
    private const uint OwnerOnly = 0x1C0;
    private const uint OwnerReadWrite = 0x180;

    // A recovery or another operation that ends may take an empty quarantine away between two of our calls: then again.
    private const int RaceAttempts = 20;

    private static readonly MountProbe Probe = new();

    private readonly FileDescriptor _root;
    private readonly FileDescriptor _quarantine;

    private OperationFolder(FileDescriptor root, FileDescriptor quarantine, FileDescriptor folder, Guid operationId) =>
        (_root, _quarantine, Folder, OperationId, NameBytes) = (root, quarantine, folder, operationId, NameOf(operationId));

    /// <summary>The file that was removed.</summary>
    public static ReadOnlySpan<byte> ItemName => "item"u8;

    public Guid OperationId { get; }

    public FileDescriptor Folder { get; }

    /// <summary>Where the taken file is; null until <see cref="OpenItemFolder"/>, or when it does not exist.</summary>
    public FileDescriptor? Items { get; private set; }

    private static ReadOnlySpan<byte> ProbeName => "probe"u8;

    private static ReadOnlySpan<byte> SecondProbeName => "probe-link"u8;

    private byte[] NameBytes { get; }

    private byte[] Top { get; set; } = [];

    public static byte[] NameOf(Guid operationId) => Encoding.ASCII.GetBytes(operationId.ToString("N"));

    public static FilePath PathOfItem(FilePath root, byte[] top, Guid operationId) =>
        (top.Length == 0 ? root : root.Join(top)).Join(QuarantineFolder.Name).Join(NameOf(operationId)).Join(ItemName);

    /// <summary>Makes the folder of a new operation and takes its flock. An id that was used before is refused.</summary>
    public static OperationFolder? Create(FileDescriptor root, Guid operationId, out BreakDecision.Refused? refusal)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (!QuarantineFolder.Open(root, create: true, out var problem).TryGet(out var quarantine, out var error))
            {
                if (error == Errno.NotFound && attempt < RaceAttempts)
                    continue;
                refusal = new(Refusal.System, problem!);
                return null;
            }
            var name = NameOf(operationId);
            error = quarantine.MakeDirectory(name, OwnerOnly);
            if (error == Errno.NotFound && attempt < RaceAttempts)
            {
                quarantine.Dispose();
                continue;
            }
            if (error != Errno.None)
            {
                quarantine.Dispose();
                refusal = error == Errno.Exists
                    ? new(Refusal.Changed, "An operation with this id was started before.")
                    : new(Refusal.System, $"The quarantine cannot be written to: {FileLook.Words(error)}.");
                return null;
            }
            if (Lock(root, quarantine, operationId, out refusal) is { } folder)
                return folder;
            if (refusal is not null || attempt >= RaceAttempts)
            {
                refusal ??= new(Refusal.Busy, "The folder of this operation was removed.");
                return null;
            }
        }
    }

    /// <summary>Opens the folder of an earlier operation; null with <see cref="Refusal.Busy"/> while that is at work.</summary>
    public static OperationFolder? OpenExisting(FileDescriptor root, Guid operationId, out BreakDecision.Refused? refusal)
    {
        if (!QuarantineFolder.Open(root, create: false, out var problem).TryGet(out var quarantine, out var error))
        {
            refusal = error == Errno.NotFound ? new(Refusal.NotThere, "There is no quarantine in this store.") : new(Refusal.System, problem!);
            return null;
        }
        var folder = Lock(root, quarantine, operationId, out refusal);
        if (folder is null)
            refusal ??= new(Refusal.NotThere, "There is no such operation in this store's quarantine.");
        return folder;
    }

    /// <summary>Opens the folder only to look: another process may be at work in it.</summary>
    public static OperationFolder? OpenToLook(FileDescriptor root, Guid operationId)
    {
        if (!QuarantineFolder.Open(root, create: false, out _).TryGet(out var quarantine))
            return null;
        if (QuarantineFolder.OpenPrivate(quarantine, NameOf(operationId), out _).TryGet(out var folder))
            return new OperationFolder(root, quarantine, folder, operationId);
        quarantine.Dispose();
        return null;
    }

    /// <summary>Ids of all operations in a root's quarantine; empty when there is none.</summary>
    public static Result<IReadOnlyList<Guid>> Ids(FileDescriptor root, out string? problem)
    {
        if (!QuarantineFolder.Open(root, create: false, out problem).TryGet(out var quarantine, out var error))
            return error == Errno.NotFound ? Array.Empty<Guid>() : error;
        using (quarantine)
        {
            if (!QuarantineFolder.NamesIn(quarantine).TryGet(out var names, out error))
            {
                problem = $"The quarantine cannot be listed: {FileLook.Words(error)}.";
                return error;
            }
            var ids = new List<Guid>();
            foreach (var (name, _) in names)
            {
                if (Guid.TryParseExact(Encoding.ASCII.GetString(name), "N", out var id))
                    ids.Add(id);
            }

            return ids;
        }
    }

    /// <summary>Opens, or makes, the folder for the taken file on the file system that it is on.</summary>
    /// <param name="made">What is recorded of one that is made; null: none is made.</param>
    public BreakDecision.Refused? OpenItemFolder(byte[] top, DoneMark? made)
    {
        Top = top;
        if (top.Length == 0)
        {
            Items = Folder;
            return null;
        }
        // An open of a directory of a file server that is gone waits permanently.
        if (_root.ReadPath().TryGet(out var root) && Probe.SilentAt(new FilePath(root).Join(top)) is { } silent)
            return new(Refusal.System, $"Its contents are unknown: {MountProbe.Words(silent)}.");
        if (!_root.OpenDirectoryBelow(top).TryGet(out var directory, out var error))
            return new(Refusal.System, $"The top of the file system cannot be opened: {FileLook.Words(error)}.");
        using (directory)
        {
            var problem = default(string);
            for (var attempt = 0; attempt < RaceAttempts; attempt++)
            {
                if (OpenItemFolderBelow(directory, create: made is not null, out problem).TryGet(out var items, out error))
                {
                    Items = items;
                    error = made is null ? Errno.None : Write(MadeName, made, ManifestJson.Default.DoneMark);
                    return error == Errno.None ? null : new(Refusal.System, $"The record cannot be written: {FileLook.Words(error)}.");
                }
                if (error != Errno.NotFound || made is null)
                    break;
            }
            return error == Errno.NotFound && made is null ? null : new(Refusal.System, problem ?? $"The quarantine cannot be written to: {FileLook.Words(error)}.");
        }
    }

    /// <summary>Pins the taken file; null when there is none.</summary>
    public Errno PinItem(out FileDescriptor? item, out FileStatus? status)
    {
        (item, status) = (null, null);
        if (Items is null)
            return Errno.None;
        if (!Items.OpenPathOnly(ItemName).TryGet(out item, out var error))
            return Gone(error);
        if (item.Stat().TryGet(out status, out error))
            return Errno.None;
        item.Dispose();
        item = null;
        return error;
    }

    /// <summary>Finds out whether a rename from there to the folder for the taken file would work, by a second name for a file of ours that
    /// is removed again: project quotas and the like refuse both alike.</summary>
    public Errno ProbeRename(FileDescriptor directory, ReadOnlySpan<byte> ownFile)
    {
        var error = FileDescriptor.Link(directory, ownFile, Items!, ProbeName);
        return error switch
        {
            Errno.None => Items!.Unlink(ProbeName),
            Errno.NotPermitted or Errno.NotSupported or Errno.TooManyLinks => Errno.None, // no hard links here: nothing learned
            _ => error,
        };
    }

    /// <summary>Finds out whether files here can have a second name.</summary>
    public Errno ProbeLink()
    {
        if (!Items!.CreateExclusive(ProbeName, OwnerReadWrite).TryGet(out var file, out var error))
            return error;
        file.Dispose();
        error = FileDescriptor.Link(Items, ProbeName, Items, SecondProbeName);
        _ = Items.Unlink(SecondProbeName);
        _ = Items.Unlink(ProbeName);
        return error;
    }

    /// <summary>Takes away everything of this operation, and the folders that are empty then. Nothing as long as the taken file is there, or may be: without its record no process
    /// would know whose it is.</summary>
    /// <returns>False if something of ours stays.</returns>
    public bool RemoveRecord()
    {
        if (Items is not null && Items.Stat(ItemName).Error != Errno.NotFound)
            return false;
        var removed = true;
        if (Items is not null)
        {
            removed &= Gone(Items.Unlink(ProbeName)) == Errno.None;
            removed &= Gone(Items.Unlink(SecondProbeName)) == Errno.None;
        }
        // The manifest goes last, after the folder that only it leads to: as long as it is there, recovery knows what the rest is.
        foreach (var name in DisplacedNames())
            removed &= Gone(Folder.Unlink(Encoding.ASCII.GetBytes(name))) == Errno.None;
        removed &= Gone(Folder.Unlink(OwnName)) == Errno.None;
        removed &= Gone(Folder.Unlink(UndoneName)) == Errno.None;
        removed &= Gone(Folder.Unlink(DoneName)) == Errno.None;
        removed &= Gone(Folder.Unlink(MadeName)) == Errno.None;

        if (Top.Length > 0 && _root.OpenDirectoryBelow(Top).TryGet(out var top))
        {
            using (top)
            {
                if (QuarantineFolder.Open(top, create: false, out _).TryGet(out var quarantine))
                {
                    using (quarantine)
                        removed &= Gone(quarantine.RemoveDirectory(NameBytes)) == Errno.None;
                    _ = top.RemoveDirectory(QuarantineFolder.Name);
                }
            }
        }
        removed &= Gone(Folder.Unlink(ManifestName)) == Errno.None;
        removed &= Gone(_quarantine.RemoveDirectory(NameBytes)) == Errno.None;
        _ = _root.RemoveDirectory(QuarantineFolder.Name);
        return removed;
    }

    /// <summary>Does not close the root that it was opened from.</summary>
    public void Dispose()
    {
        if (!ReferenceEquals(Items, Folder))
            Items?.Dispose();
        Folder.Dispose();
        _quarantine.Dispose();
    }

    private static Errno Gone(Errno error) => error == Errno.NotFound ? Errno.None : error;

    // Takes over the quarantine's descriptor. Null without a refusal: the folder is not there, or not any more.
    private static OperationFolder? Lock(FileDescriptor root, FileDescriptor quarantine, Guid operationId, out BreakDecision.Refused? refusal)
    {
        refusal = null;
        var name = NameOf(operationId);
        if (!QuarantineFolder.OpenPrivate(quarantine, name, out var problem).TryGet(out var folder, out var error))
        {
            quarantine.Dispose();
            refusal = error == Errno.NotFound ? null : new(Refusal.System, problem!);
            return null;
        }
        error = folder.TryFlockExclusive();
        if (error == Errno.None && quarantine.Stat(name).TryGet(out var named) && folder.Stat().TryGet(out var opened) && named.Identity == opened.Identity)
            return new OperationFolder(root, quarantine, folder, operationId);
        folder.Dispose();
        quarantine.Dispose();
        refusal = error switch
        {
            Errno.None => null,
            Errno.TryAgain => new(Refusal.Busy, "This operation is running."),
            _ => new(Refusal.System, $"The folder of this operation cannot be locked: {FileLook.Words(error)}."),
        };
        return null;
    }

    private Result<FileDescriptor> OpenItemFolderBelow(FileDescriptor top, bool create, out string? problem)
    {
        if (!QuarantineFolder.Open(top, create, out problem).TryGet(out var quarantine, out var error))
            return error;
        using (quarantine)
        {
            if (create && quarantine.MakeDirectory(NameBytes, OwnerOnly) is var made && made is not (Errno.None or Errno.Exists))
                return made;
            return create && quarantine.Fsync() is var unflushed and not Errno.None ? unflushed : QuarantineFolder.OpenPrivate(quarantine, NameBytes, out problem);
        }
    }
}
