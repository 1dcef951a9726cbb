using System.Text.Json.Serialization;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>What an operation was about to do, written and flushed before it touches a name; the record that listing, undo and recovery rest
/// on, so that they work for another agent, or after a new installation.</summary>
/// <param name="Path">For people: escaped. The bytes are in <paramref name="PathBytes"/>.</param>
/// <param name="Directory">Directory of the file, from the store root; the store may be mounted elsewhere by the time of an undo.</param>
/// <param name="Top">Directory, from the store root, whose quarantine holds the file.</param>
/// <param name="Own">Our own lock; null for a removal.</param>
/// <param name="Mailbox">What the lock protected, when that was known.</param>
internal sealed record Manifest(
    int Version,
    Guid OperationId,
    string Action,
    string Path,
    byte[] PathBytes,
    byte[] Directory,
    byte[] Name,
    byte[] Top,
    FileStamp Expected,
    DateTimeOffset At,
    string Actor,
    string Reason,
    string Host,
    int Pid,
    OwnLock? Own,
    MailboxMark? Mailbox = null)
{
    public const int CurrentVersion = 1;
    public const string Break = "break";
    public const string Remove = "remove";
}

/// <summary>Our own lock file, as it is put next to the stale one.</summary>
internal sealed record OwnLock(byte[] TemporaryName, byte[] Content, uint Mode, bool DiscardsTakenFile);

/// <summary>What distinguishes one file from another across a crash: an inode number alone may be in use again.</summary>
internal sealed record FileStamp(
    uint Major, uint Minor, ulong Inode, FileKind Kind, long Size, uint LinkCount, uint Mode, uint Uid, uint Gid,
    long ModifiedSeconds, uint ModifiedNanoseconds, long? BornSeconds, uint? BornNanoseconds)
{
    [JsonIgnore]
    public FileIdentity Identity => new(Major, Minor, Inode);

    public static FileStamp Of(FileStatus status) => new(
        status.Identity.Major, status.Identity.Minor, status.Identity.Inode, status.Kind, status.Size, status.LinkCount, status.Mode, status.Uid, status.Gid,
        status.ModifiedAt.Seconds, status.ModifiedAt.Nanoseconds, status.CreatedAt?.Seconds, status.CreatedAt?.Nanoseconds);

    /// <summary>The same file, whatever was done to it since; where the file system keeps no birth time, only if nothing was.</summary>
    public bool IsSameFile(FileStatus status) => BornSeconds is not null && status.CreatedAt is { } born
        ? Identity == status.Identity && Kind == status.Kind && BornSeconds == born.Seconds && BornNanoseconds == born.Nanoseconds
        : IsOf(status);

    /// <summary>The same file with the same content, under whatever name. The ctime is left out, because a rename changes it; so is
    /// the number of names, which hitching posts change.</summary>
    public bool IsOf(FileStatus status)
    {
        var now = Of(status);
        return Identity == now.Identity && Kind == now.Kind && Size == now.Size && Mode == now.Mode && Uid == now.Uid && Gid == now.Gid
            && ModifiedSeconds == now.ModifiedSeconds && ModifiedNanoseconds == now.ModifiedNanoseconds
            && (BornSeconds is null || now.BornSeconds is null || (BornSeconds == now.BornSeconds && BornNanoseconds == now.BornNanoseconds));
    }
}

/// <summary>The state of a mailbox when its lock was broken: a process that has the lock afterwards and uses it changes one of these.</summary>
/// <param name="Path">Only the name, when it is next to its lock: the store may be mounted elsewhere later.</param>
internal sealed record MailboxMark(byte[] Path, uint Major, uint Minor, ulong Inode, long Size, long ModifiedSeconds, uint ModifiedNanoseconds)
{
    public static MailboxMark Of(FileFacts mailbox, FilePath lockPath) => new(
        (mailbox.Path.Parent.Bytes.SequenceEqual(lockPath.Parent.Bytes) ? mailbox.Path.Name : mailbox.Path.Bytes).ToArray(),
        mailbox.Identity.Major, mailbox.Identity.Minor, mailbox.Identity.Inode, mailbox.Size, mailbox.ModifiedAt.Seconds, mailbox.ModifiedAt.Nanoseconds);

    public bool IsUnchanged(FileStatus status) => status.Identity == new FileIdentity(Major, Minor, Inode) && status.Size == Size
        && status.ModifiedAt.Seconds == ModifiedSeconds && status.ModifiedAt.Nanoseconds == ModifiedNanoseconds;
}

/// <summary>Written when an undo is complete.</summary>
/// <param name="By">The undo's own operation id; null in marks of versions that did not write it.</param>
internal sealed record UndoMark(DateTimeOffset At, string Actor, Guid? By = null);

/// <summary>Something has happened; what, is in the name of its file.</summary>
internal sealed record DoneMark(DateTimeOffset At);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(FileStamp))]
[JsonSerializable(typeof(UndoMark))]
[JsonSerializable(typeof(DoneMark))]
internal sealed partial class ManifestJson : JsonSerializerContext;
