using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>The first bytes of files that processes have open, where it matters whether they are mailboxes.</summary>
internal sealed class MailboxLooks(WatchedStores stores, ProcReader processes)
{
    /// <summary>Files that one look reads the beginning of.</summary>
    public const int Limit = 256;

    /// <summary>Looks at files below the roots: removed ones with a lock or a writer, and those that processes have open next to a lock. Read through the descriptor of a process
    /// that has the file open; one with a lease is left out, because an open would break the lease.</summary>
    public HostFacts AddTo(HostFacts host)
    {
        var looks = new Dictionary<FileIdentity, MailboxLook>();
        var leased = host.Locks.Entries.Where(IsLease).Select(e => e.File).OfType<FileIdentity>().ToHashSet();
        foreach (var (file, path, process, descriptor) in OnRemoved(host).Concat(OfNameless(host)).Concat(NextToLocks(host)))
        {
            if (looks.Count == Limit)
                break;
            if (!looks.ContainsKey(file) && !leased.Contains(file) && stores.Cover(path)
                && processes.ReadBehind(process.Identity, descriptor, MailboxFormats.StartBytes).TryGet(out var seen) && seen.Status.Identity == file)
            {
                looks.Add(file, new MailboxLook(MailboxFormats.Of(seen.Start), seen.Status.Size, Users.NameOf(seen.Status.Uid), seen.Status.CreatedAt));
            }
        }
        return looks.Count == 0 ? host : host with { MailboxLooks = looks };
    }

    /// <summary>What the former name of a removed file leads to now, when that is below a root.</summary>
    public GhostFile? GhostOf(OpenFile open, HostFacts host)
    {
        var path = FormerPath(open);
        if (!stores.Cover(path))
            return null;
        var there = ArtefactReader.Stat(path);
        var look = host.MailboxLooks.GetValueOrDefault(open.File);
        return there.TryGet(out var successor, out var error)
            ? GhostFile.Of(open, path, successor, ArtefactReader.ReadStart(path, MailboxFormats.StartBytes).TryGet(out var start) ? MailboxFormats.Of(start) : MailboxFormat.None, look)
            : error is Errno.NotFound or Errno.NotADirectory ? GhostFile.Of(open, path, null, MailboxFormat.None, look)
            : null;
    }

    /// <summary>Whether a mailbox begins as mbox files do, or as one that was cut off within its first bytes.</summary>
    public static bool LooksLikeMbox(FilePath mailbox) =>
        ArtefactReader.ReadStart(mailbox, 5).TryGet(out var bytes) && bytes.Length > 0 && bytes.AsSpan().SequenceEqual("From "u8[..bytes.Length]);

    public static bool IsLease(LockEntry entry) => entry.Lock.Class is LockClass.Lease or LockClass.Delegation;

    private static IEnumerable<(FileIdentity File, FilePath Path, ProcessFacts Process, int Descriptor)> OnRemoved(HostFacts host) =>
        host.Locks.Entries.Where(e => e is { PathState: PathState.Deleted, File: not null, Path: not null })
            .SelectMany(e => e.Parties.Where(p => p.Descriptor is not null).Take(1), (e, p) => (e.File!.Value, e.Path!.Value, p.Process, p.Descriptor!.Value));

    private static IEnumerable<(FileIdentity File, FilePath Path, ProcessFacts Process, int Descriptor)> OfNameless(HostFacts host) =>
        host.OpenFiles.Nameless.Where(o => o is { Path: not null, Descriptor: not null }).Select(o => (o.File, FormerPath(o), o.Process, o.Descriptor!.Value));

    private static IEnumerable<(FileIdentity File, FilePath Path, ProcessFacts Process, int Descriptor)> NextToLocks(HostFacts host) =>
        UnlockedWriter.Candidates(host).Concat(SecondDescriptor.Candidates(host)).Where(o => o.Path is not null)
            .Select(o => (o.File, o.Foreign?.HostPath ?? o.Path!.Value, o.Process, o.Descriptor!.Value));

    private static FilePath FormerPath(OpenFile open) => new(open.Path!.Value.Bytes[..^" (deleted)"u8.Length]);
}
