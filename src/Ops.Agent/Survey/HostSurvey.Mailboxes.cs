using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

public sealed partial class HostSurvey
{
    /// <summary>Files that one look reads the beginning of.</summary>
    private const int MailboxLookLimit = 256;

    private Dictionary<(FileIdentity, ProcessIdentity), MailboxHold> _holds = [];
    private LockingHabits _habits = LockingHabits.Nothing;

    /// <summary>Adds what the first bytes say of files below the roots where it matters whether they are mailboxes: removed ones with a lock or a writer, and those that processes have open
    /// beside a lock. Read through the descriptor of a process that has the file open; one with a lease is left out, which an open would break.</summary>
    private HostFacts WithMailboxLooks(HostFacts host)
    {
        var looks = new Dictionary<FileIdentity, MailboxLook>();
        var leased = host.Locks.Entries.Where(e => e.Lock.Class is LockClass.Lease or LockClass.Delegation).Select(e => e.File).OfType<FileIdentity>().ToHashSet();
        var locked = host.Locks.Entries.Where(e => e is { PathState: PathState.Deleted, File: not null, Path: not null })
            .SelectMany(e => e.Parties.Where(p => p.Descriptor is not null).Take(1), (e, p) => (File: e.File!.Value, Path: e.Path!.Value, p.Process, Descriptor: p.Descriptor!.Value));
        var open = host.OpenFiles.Nameless.Where(o => o is { Path: not null, Descriptor: not null }).Select(o => (o.File, Path: FormerPath(o), o.Process, Descriptor: o.Descriptor!.Value));
        var beside = UnlockedWriter.Candidates(host).Concat(SecondDescriptor.Candidates(host)).Where(o => o.Path is not null)
            .Select(o => (o.File, Path: o.Foreign?.HostPath ?? o.Path!.Value, o.Process, Descriptor: o.Descriptor!.Value));
        foreach (var (file, path, process, descriptor) in locked.Concat(open).Concat(beside))
        {
            if (looks.Count == MailboxLookLimit)
                break;
            if (!looks.ContainsKey(file) && !leased.Contains(file) && StoreRoots.Cover(_settings.Roots, path)
                && _reader.Processes.ReadBehind(process.Identity, descriptor, MailboxFormats.StartBytes).TryGet(out var seen) && seen.Status.Identity == file)
            {
                looks.Add(file, new MailboxLook(MailboxFormats.Of(seen.Start), seen.Status.Size, Users.NameOf(seen.Status.Uid), seen.Status.CreatedAt));
            }
        }
        return looks.Count == 0 ? host : host with { MailboxLooks = looks };
    }

    /// <summary>What the name of a file without a name leads to now, when that is below a root.</summary>
    private GhostFile? GhostOf(OpenFile open, HostFacts host)
    {
        var path = FormerPath(open);
        if (!StoreRoots.Cover(_settings.Roots, path))
            return null;
        var there = ArtefactReader.Stat(path);
        var look = host.MailboxLooks.GetValueOrDefault(open.File);
        return there.TryGet(out var successor, out var error)
            ? GhostFile.Of(open, path, successor, ArtefactReader.ReadStart(path, MailboxFormats.StartBytes).TryGet(out var start) ? MailboxFormats.Of(start) : MailboxFormat.None, look)
            : error is Errno.NotFound or Errno.NotADirectory ? GhostFile.Of(open, path, null, MailboxFormat.None, look)
            : null;
    }

    /// <summary>Compares with the holds of the looks before, and remembers those of this one.</summary>
    private List<Relation> LostLocks(HostFacts host)
    {
        lock (_gate)
        {
            var lost = LostLock.Among(_holds.Values, host);
            _holds = lost.Concat(LostLock.Holds(host)).DistinctBy(h => (h.File, h.Process.Identity)).ToDictionary(h => (h.File, h.Process.Identity));
            return [.. LostLock.Find(lost, host)];
        }
    }

    /// <summary>Adds this look to what is known of how programs lock which mailbox, and says which of them do not fit. One look alone says nothing.</summary>
    private List<Relation> Habits(IReadOnlyList<JudgedArtefact> judged, IReadOnlyList<Relation> among, HostFacts host)
    {
        var sights = LockingSights.Of(judged, among, host, e => IsBelowRoots(e) && NamedFile.AsLockHandle(e.Path!.Value) is null);
        lock (_gate)
        {
            _habits = _habits.With(sights);
            return [.. _habits.Incompatible(host.Now)];
        }
    }

    /// <summary>Locked files below the roots, and those of which a lock was lost: of each, all descriptors matter.</summary>
    private List<FileIdentity> LockedBelowRoots(LockTable locks)
    {
        lock (_gate)
            return [.. locks.Entries.Where(e => e is { File: not null, PathState: PathState.Current } && IsBelowRoots(e)).Select(e => e.File!.Value), .. _holds.Keys.Select(k => k.Item1)];
    }

    /// <summary>A file with a kernel lock.</summary>
    /// <param name="File">Null when it could not be looked at.</param>
    /// <param name="IsMailbox">Null until its first bytes were looked at.</param>
    private sealed record LockedFile(FileFacts? File, bool? IsMailbox);

    private static LockedFile LookAtLocked(FileIdentity identity, FilePath path) =>
        new(ArtefactReader.Stat(path).TryGet(out var facts) && facts.Identity == identity ? facts : null, null);

    /// <param name="reads">How many files this look may still read the beginning of; the others have their turn in the next.</param>
    private LockedFile WithSign(LockedFile locked, HostFacts host, ref int reads)
    {
        if (locked is not { File: { } file, IsMailbox: null })
            return locked;
        if (file.Kind != FileKind.Regular || !IsBelowRoots(file.Path))
            return locked with { IsMailbox = false };
        // An open would break a lease.
        if (reads == 0 || host.Locks.On(file.Identity).Any(e => e.Lock.Class is LockClass.Lease or LockClass.Delegation))
            return locked;
        reads--;
        return ArtefactReader.ReadStart(file.Path, MailboxFormats.StartBytes).TryGet(out var start)
            ? locked with { IsMailbox = new MailboxLook(MailboxFormats.Of(start), file.Size, Users.NameOf(file.Uid), file.BornAt).IsMailboxAt(file.Path) }
            : locked;
    }

    private bool IsBelowRoots(LockEntry entry) => entry.Path is { } path && IsBelowRoots(path) || entry.Foreign?.HostPath is { } here && IsBelowRoots(here);

    private static FilePath FormerPath(OpenFile open) => new(open.Path!.Value.Bytes[..^" (deleted)"u8.Length]);
}
