namespace Ops.Locks;

/// <summary>What the kernel answers when it is asked whether something may be written to, with the rights that the act would have. Nothing is tried.</summary>
public enum WriteAnswer
{
    /// <summary>It could not be asked.</summary>
    Unknown,
    Granted,

    /// <summary>Mode, access list or a security module.</summary>
    Denied,

    /// <summary>The mount, or the file system as a whole, is read-only.</summary>
    ReadOnly,

    /// <summary>Even root may not: a flag, or a security module.</summary>
    Forbidden,
}

/// <summary>A directory in which an act makes, renames or removes names.</summary>
/// <param name="Mode">Permission bits with the sticky bit.</param>
public sealed record WorkPlace(FilePath Path, WriteAnswer Write, Protections Flags, uint Mode, uint Uid, uint Gid = 0);

/// <summary>A place of <c>.ops-quarantine</c>: in the store root, or at the top of the file system that the file is on.</summary>
/// <param name="Above">The directory that it is in, or would be made in.</param>
/// <param name="Itself">Null when it is not there yet.</param>
/// <param name="Problem">Why it is not used as it is (a link, another user's), in a sentence; null otherwise.</param>
public sealed record QuarantinePlace(WorkPlace Above, WorkPlace? Itself, string? Problem);

/// <summary>Room on a file system that an act writes to.</summary>
/// <param name="Bytes">What this process may still write.</param>
/// <param name="Files">Inodes left; null where there is no fixed number.</param>
public sealed record Room(FilePath Path, long Bytes, long? Files);

/// <summary>As whom an act is done.</summary>
/// <param name="GivesFilesAway"><c>CAP_CHOWN</c>: a file may be given to any owner.</param>
/// <param name="ActsForOwners"><c>CAP_FOWNER</c>: names of other owners' files may be changed in a sticky directory.</param>
public sealed record ActingRights(uint Uid, bool GivesFilesAway, bool ActsForOwners)
{
    /// <summary>Groups that a file of ours may be given to without the first of these rights.</summary>
    public IReadOnlyList<uint> Groups { get; init; } = [];
}

/// <summary>Everything about the place of one artefact that an act on it depends on. Read only for what would otherwise be offered.</summary>
/// <param name="Root">The store root below which it may be touched; null when it is below none.</param>
/// <param name="NoWay">Why its directory cannot be opened from that root as an act does, in a sentence; null when it can.</param>
/// <param name="Directory">Where the names are exchanged or moved; null when there is no way to it.</param>
/// <param name="Quarantines">Where the taken file and the record of the act go.</param>
/// <param name="Inner">For a leftover that is a directory: whether it may be written to, which moving it into another directory needs.</param>
/// <param name="Mailbox">Whether the mailbox may be opened for locking; null when there is none.</param>
/// <param name="FamilyLock">The file of <see cref="ArtefactFacts.FamilyLock"/>; null when there is none.</param>
public sealed record ActSurroundings(
    FilePath? Root,
    string? NoWay,
    WorkPlace? Directory,
    IReadOnlyList<QuarantinePlace> Quarantines,
    IReadOnlyList<Room> Rooms,
    ActingRights Rights,
    WriteAnswer? Inner = null,
    WriteAnswer? Mailbox = null,
    FileFacts? FamilyLock = null)
{
    /// <summary>The lower layer of an overlay in which alone the file is: an act on it would have the overlay make a copy first. Null when it is in the upper one, on no overlay, or not known.</summary>
    public FilePath? OnlyInLayer { get; init; }
}
