using System.Text;
using Ops.Integrity;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>What this host's indexes say of all mailboxes of Cyrus below some directories, to be compared with another host. Reads indexes and headers; messages only where they differ.</summary>
/// <param name="silent">Mounts that do not answer: nothing below them is touched.</param>
public sealed class ReplicaLook(AuditOptions options, TimeProvider clock, IReadOnlyList<Mount>? silent = null, CancellationToken stop = default)
{
    private readonly AuditTally _tally = new();
    private readonly ReadBudget _budget = new(options, clock, stop);
    private readonly Dictionary<string, FilePath> _paths = new(StringComparer.Ordinal);

    public IReadOnlyList<string> NotSeen => _tally.AllNotSeen();

    public ReplicaDigest Take(IReadOnlyList<FilePath> roots, string host)
    {
        var at = clock.GetUtcNow();
        List<ReplicaMailbox> mailboxes = [];
        var descent = new StoreDescent(_tally, silent ?? []);
        descent.Enter(roots, Visit);
        return new ReplicaDigest(host, at, IsWhole: true, NotSeen.Count, mailboxes);

        void Visit(FileDescriptor directory, FilePath path, int depth)
        {
            stop.ThrowIfCancellationRequested();
            List<byte[]> inner = [];
            var hasIndex = false;
            var error = Listing.ForEach(
                directory,
                (name, _, kind) =>
                {
                    hasIndex |= name.SequenceEqual(CyrusLook.IndexName);
                    if (kind == FileKind.Unknown && directory.Stat(name).TryGet(out var status))
                        kind = status.Kind;
                    if (kind == FileKind.Directory && !name.SequenceEqual(".ops-quarantine"u8) && !StagedNames.IsStagingDirectory(name))
                        inner.Add(name.ToArray());
                },
                stop);
            if (error != Errno.None)
                _tally.NotSeen(path, $"cannot be listed to its end: {error}");
            if (hasIndex)
                Add(directory, path, mailboxes);
            foreach (var name in inner)
                descent.Into(directory, path, name, depth, Visit);
        }
    }

    /// <summary>The second look: these mailboxes once more, after a time in which a delivery ends.</summary>
    public ReplicaDigest Again(ReplicaDigest first, IReadOnlySet<string> uniqueIds)
    {
        _budget.Wait(options.SecondLookAfter);
        List<ReplicaMailbox> again = [];
        foreach (var mailbox in first.Mailboxes)
        {
            if (!uniqueIds.Contains(mailbox.UniqueId))
                again.Add(mailbox);
            else if (Now(_paths[mailbox.UniqueId]) is { } now && now.UniqueId == mailbox.UniqueId)
                again.Add(now);
        }
        return first with { Mailboxes = again };
    }

    private ReplicaMailbox? Now(FilePath path)
    {
        if (!FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory, out var error))
        {
            if (error != Errno.NotFound)
                _tally.NotSeen(path, $"cannot be opened: {error}");
            return null;
        }
        using (directory)
        {
            // What cannot be confirmed is not reported, and has to be named.
            var mailbox = Mailbox(directory, out var why);
            if (mailbox is null && why is not null)
                _tally.NotSeen(path, why);
            return mailbox;
        }
    }

    /// <summary>What the file of a message is now; null where it is not, or cannot be read.</summary>
    public ReplicaFile? File(string uniqueId, uint uid)
    {
        if (!_paths.TryGetValue(uniqueId, out var path) || !FileDescriptor.OpenDirectory(path.Bytes).TryGet(out var directory))
            return null;
        using (directory)
        {
            var name = CyrusCheck.FileName(uid);
            var bytes = Encoding.ASCII.GetBytes(name);
            if (!directory.Stat(bytes).TryGet(out var status) || status.Kind != FileKind.Regular)
                return null;
            var file = status.As(name);
            return new MessageReader(_budget, _tally).Read(directory, bytes, file, countLines: false).TryGet(out var read) ? new ReplicaFile(path.Join(name), file, read.Digest) : null;
        }
    }

    private void Add(FileDescriptor directory, FilePath path, List<ReplicaMailbox> mailboxes)
    {
        if (Mailbox(directory, out var why) is not { } mailbox)
        {
            if (why is not null)
                _tally.NotSeen(path, why);
        }
        // A rename that overtakes the walk shows a mailbox twice; so does a copy of its directory.
        else if (_paths.TryAdd(mailbox.UniqueId, path))
        {
            mailboxes.Add(mailbox);
        }
        else
        {
            _tally.NotSeen(path, "another directory has the same uniqueid");
        }
    }

    private ReplicaMailbox? Mailbox(FileDescriptor directory, out string? why)
    {
        if (CyrusIndexFile.Read(directory, CyrusLook.IndexName, _budget, out why) is not { IsDeleted: false } index)
            return null;
        if (index.Broken > 0)
            why = $"{index.Broken} records of its index have a wrong checksum of their own";
        else if (CyrusIndexFile.Header(directory) is not { } header || (header.UniqueId ?? header.Name) is not { } id)
            why = "no cyrus.header names it";
        else
            return ReplicaHash.Mailbox(id, header.Name ?? id, index);
        return null;
    }
}
