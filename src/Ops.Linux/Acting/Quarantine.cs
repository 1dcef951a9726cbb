using Ops.Locks;

namespace Ops.Linux;

/// <summary>Takes leftovers away by a rename on the same file system, so that they can be examined and put back. Only for names without lock
/// semantics: while the rename is done the name is absent (a dot lock needs <see cref="Takeover"/>). Never opens what it takes for writing and never
/// follows a link: the inode may be a user's message.</summary>
/// <remarks>
/// <para><b>May refuse</b>, with nothing changed: the mutex is taken, the look found a reason, the quarantine is not ours alone or not on the file's own file system, the name to put back to is taken.</para>
/// <para><b>May fail</b> when a file that was moved cannot be moved back; the outcome says where it is.</para>
/// <para><b>Leaves behind</b> the file and its record until <see cref="Purge(FilePath, TimeSpan)"/>; after a crash what <see cref="Recovery"/> settles.</para>
/// <para><b>Withstands</b> a file that is replaced between look and rename: what was moved is compared, and anything else is moved straight back.</para>
/// </remarks>
public sealed class Quarantine(TimeProvider clock)
{
    /// <summary>How long files are kept before <see cref="Purge(FilePath, TimeSpan)"/> may remove them, unless set otherwise.</summary>
    public static readonly TimeSpan DefaultRetention = TimeSpan.FromDays(7);

    private static readonly TimeSpan UndoMutexWait = TimeSpan.FromSeconds(5);

    public Quarantine()
        : this(TimeProvider.System)
    {
    }

    /// <summary>Moves one leftover to quarantine. Blocks for the mutex and the look.</summary>
    /// <param name="verify">With the mutex held: looks at everything again and decides again; null to go on. No descriptor of ours is on
    /// the file then.</param>
    /// <param name="stop">Honoured until the rename.</param>
    /// <exception cref="OperationCanceledException">Before the rename; nothing of ours is left.</exception>
    public ActOutcome Remove(
        QuarantinePlan plan, Func<BreakDecision.Refused?> verify, IProgress<ActStep>? progress = null, CancellationToken stop = default)
    {
        using var run = new QuarantineRun(plan, clock, new ActProgress(progress), verify, stop);
        return run.Run();
    }

    /// <summary>Puts back what a break or a removal took, if its name is free, the file is the one that was taken, and the mailbox has not changed
    /// since: a lock that another process had in between must not come back stale.</summary>
    /// <param name="by">The undo's own operation id, for its mark: after a crash it says which undo it was.</param>
    public ActOutcome Undo(FilePath root, Guid operationId, string actor, Guid? by = null, CancellationToken stop = default)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top, out var error))
            return new ActOutcome.Refused(Refusal.System, $"The store root {root.Display} cannot be opened: {FileLook.Words(error)}.");
        using (top)
        using (var folder = OperationFolder.OpenExisting(top, operationId, out var refusal))
            return folder is null ? Refused(refusal!) : Undo(root, folder, (here, manifest) => PutBack(folder, here, manifest, new UndoMark(clock.GetUtcNow(), actor, by), stop));
    }

    /// <summary>Why <see cref="Undo(FilePath, Guid, string, Guid?, CancellationToken)"/> would refuse now; null when it would not. Changes nothing and never waits.</summary>
    public static BreakDecision.Refused? WhyNoUndo(FilePath root, Guid operationId)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top, out var error))
            return new(Refusal.System, $"The store root {root.Display} cannot be opened: {FileLook.Words(error)}.");
        using (top)
        using (var folder = OperationFolder.OpenToLook(top, operationId))
        {
            return folder is null
                ? new(Refusal.NotThere, "There is no such operation in quarantine.")
                : Undo(root, folder, static (directory, manifest) => MailboxChanged(directory.Here, manifest) ?? IsTaken(directory.Here, manifest)) is ActOutcome.Refused refused
                    ? new(refused.Reason, refused.Sentence)
                    : null;
        }
    }

    /// <summary>Removes for good what one operation took, however young it is.</summary>
    public static ActOutcome Purge(FilePath root, Guid operationId)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top, out var error))
            return new ActOutcome.Refused(Refusal.System, $"The store root {root.Display} cannot be opened: {FileLook.Words(error)}.");
        using (top)
        using (var folder = OperationFolder.OpenExisting(top, operationId, out var refusal))
        {
            if (folder is null)
                return new ActOutcome.Refused(refusal!.Reason, refusal.Sentence);
            if (Readable(folder, out var manifest) is { } unreadable)
                return new ActOutcome.Refused(unreadable.Reason, unreadable.Sentence);
            var problems = new List<string>();
            return folder.OpenItemFolder(manifest!.Top, made: null) is { } unusable ? new ActOutcome.Refused(unusable.Reason, unusable.Sentence)
                : folder.Items is null ? new ActOutcome.Refused(Refusal.NotThere, "The folder of this operation is not there, or its file system is not mounted.")
                : !folder.Items.Stat(OperationFolder.ItemName).TryGet(out _, out error)
                    ? new ActOutcome.Refused(error == Errno.NotFound ? Refusal.NotThere : Refusal.System, error == Errno.NotFound
                        ? "There is no file of this operation in quarantine."
                        : $"The file in quarantine cannot be examined: {FileLook.Words(error)}.")
                : PurgeItem(folder, problems) ? new ActOutcome.Purged(new FilePath(manifest.PathBytes))
                : new ActOutcome.Failed(problems.Count > 0 ? string.Join(' ', problems) : "The file is gone, but its record cannot be removed.");
        }
    }

    /// <summary>Everything in the quarantine of a root, whichever agent put it there. What cannot be read is a problem, not an absence.</summary>
    public static IReadOnlyList<QuarantinedFile> List(FilePath root, out IReadOnlyList<string> problems)
    {
        var (found, bad) = (new List<QuarantinedFile>(), new List<string>());
        problems = bad;
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top, out var error))
        {
            bad.Add($"The store root {root.Display} cannot be opened: {FileLook.Words(error)}.");
            return found;
        }
        using (top)
        {
            if (!OperationFolder.Ids(top, out var problem).TryGet(out var ids))
            {
                bad.Add(problem ?? "The quarantine cannot be read.");
                return found;
            }
            foreach (var id in ids)
            {
                using var folder = OperationFolder.OpenToLook(top, id);
                if (folder is not null && Describe(root, folder, bad) is { } file)
                    found.Add(file);
            }
        }
        return [.. found.OrderBy(f => f.At)];
    }

    /// <summary>One operation of the quarantine of a root; null when it is not there or its record cannot be read.</summary>
    public static QuarantinedFile? Find(FilePath root, Guid operationId)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top))
            return null;
        using (top)
        using (var folder = OperationFolder.OpenToLook(top, operationId))
            return folder is null ? null : Describe(root, folder, []);
    }

    /// <summary>The file that an operation took and that is in the quarantine now, as an audit keeps it; null when it is not there or cannot be examined.</summary>
    public static TakenFile? Taken(FilePath root, Guid operationId)
    {
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top))
            return null;
        using (top)
        using (var folder = OperationFolder.OpenToLook(top, operationId))
        {
            if (folder is null || folder.ReadManifest(out var manifest) != Errno.None || manifest is null || folder.OpenItemFolder(manifest.Top, made: null) is not null)
                return null;
            if (folder.PinItem(out var item, out _) != Errno.None || item is null)
                return null;
            using (item)
                return FileLook.At(item, new FilePath(manifest.PathBytes)).TryGet(out var facts) ? new TakenFile(facts, facts.Kind == FileKind.Regular ? FileLook.XattrsOf(item) : []) : null;
        }
    }

    /// <summary>Removes for good what was taken longer ago than <paramref name="retention"/>: unlinks, never truncates, because other names may
    /// mean the same inode. Operations at work or unfinished are left alone.</summary>
    public PurgeResult Purge(FilePath root, TimeSpan retention)
    {
        var (purged, problems) = (new List<Guid>(), new List<string>());
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top, out var error))
        {
            problems.Add($"The store root {root.Display} cannot be opened: {FileLook.Words(error)}.");
            return new PurgeResult(purged, problems);
        }
        using (top)
        {
            if (!OperationFolder.Ids(top, out var problem).TryGet(out var ids))
            {
                problems.Add(problem ?? "The quarantine cannot be read.");
                return new PurgeResult(purged, problems);
            }
            foreach (var id in ids)
            {
                using var folder = OperationFolder.OpenExisting(top, id, out _);
                if (folder is not null && PurgeOne(folder, clock.GetUtcNow() - retention, problems))
                    purged.Add(id);
            }
        }
        return new PurgeResult(purged, problems);
    }

    private static ActOutcome Undo(FilePath root, OperationFolder folder, Func<StoreDirectory, Manifest, ActOutcome?> act)
    {
        if (Readable(folder, out var manifest) is { } unreadable)
            return unreadable;
        if (folder.OpenItemFolder(manifest!.Top, made: null) is { } unusable)
            return Refused(unusable);
        if (folder.PinItem(out var item, out var status) is var error && error != Errno.None)
            return Refused(Refusal.System, $"The file in quarantine cannot be examined: {FileLook.Words(error)}.");
        if (item is null)
            return Refused(Refusal.NotThere, "There is no file of this operation in quarantine.");
        // Before anything is unlinked: NFS gives a file that is in use another name instead.
        item.Dispose();
        if (!manifest.Expected.IsOf(status!))
            return Refused(Refusal.Changed, "The file in quarantine is not the one, or not in the state, that was taken.");
        using var directory = StoreDirectory.OpenRelative(root, manifest.Directory, out var refusal);
        return refusal is not null ? Refused(refusal) : act(directory!, manifest) ?? new ActOutcome.PutBack(new FilePath(manifest.PathBytes));
    }

    private ActOutcome PutBack(OperationFolder folder, StoreDirectory directory, Manifest manifest, UndoMark mark, CancellationToken stop)
    {
        if (directory.TakeMutex(UndoMutexWait, clock, stop) is { } busy)
            return Refused(busy);
        if (MailboxChanged(directory.Here, manifest) is { } used)
            return used;
        var error = PrivateMove.Out(folder.Items!, directory.Here, manifest.Name);
        if (error != Errno.None)
            return error == Errno.Exists ? NameTaken : Refused(Refusal.System, $"The file cannot be put back: {FileLook.Words(error)}.");
        // Without this mark the next recovery takes the empty record away, which is as good.
        _ = folder.WriteUndone(mark);
        _ = directory.Here.Fsync();
        _ = folder.Items!.Fsync();
        return new ActOutcome.PutBack(new FilePath(manifest.PathBytes));
    }

    private static ActOutcome.Refused NameTaken => Refused(Refusal.Changed, "Its name is in use again; the file that has it stays.");

    private static ActOutcome.Refused? IsTaken(FileDescriptor directory, Manifest manifest) =>
        directory.Stat(manifest.Name).TryGet(out var there, out var error) ? PrivateMove.IsPlaceholder(there) ? null : NameTaken
        : error == Errno.NotFound ? null
        : Refused(Refusal.System, $"Whether its name is free is unknown: {FileLook.Words(error)}.");

    private static ActOutcome.Refused? MailboxChanged(FileDescriptor directory, Manifest manifest)
    {
        if (manifest.Mailbox is not { } was)
            return null;
        var look = was.Path.Contains((byte)'/') ? FileDescriptor.StatFollowingLinks(was.Path) : directory.Stat(was.Path);
        return look.TryGet(out var now, out var error)
            ? was.IsUnchanged(now) ? null : Refused(Refusal.Changed, "The mailbox has changed since: another process has had the lock in between, and this one must not come back.")
            : Refused(error == Errno.NotFound ? Refusal.Changed : Refusal.System, error == Errno.NotFound
                ? "The mailbox no longer exists."
                : $"The mailbox cannot be examined: {FileLook.Words(error)}.");
    }

    private static ActOutcome.Refused? Readable(OperationFolder folder, out Manifest? manifest)
    {
        var error = folder.ReadManifest(out manifest);
        if (error != Errno.None)
            return Refused(Refusal.System, $"The record of this operation cannot be read: {FileLook.Words(error)}.");
        if (manifest is null || manifest.Version > Manifest.CurrentVersion)
            return Refused(Refusal.System, "The record of this operation is damaged, or was written by a newer version.");
        if (folder.HasOwn())
            return Refused(Refusal.Busy, "This break is not finished; recovery must settle it first.");
        return folder.ReadUndone(out var mark) == Errno.None && mark is not null
            ? Refused(Refusal.Changed, $"It was already undone, at {mark.At:u}.")
            : null;
    }

    private static ActOutcome.Refused Refused(BreakDecision.Refused refusal) => new(refusal.Reason, refusal.Sentence);

    private static ActOutcome.Refused Refused(Refusal reason, string sentence) => new(reason, sentence);

    private static QuarantinedFile? Describe(FilePath root, OperationFolder folder, List<string> problems)
    {
        var error = folder.ReadManifest(out var manifest);
        if (manifest is null || manifest.Version > Manifest.CurrentVersion)
        {
            problems.Add(error == Errno.None
                ? $"Operation {folder.OperationId} has no complete record."
                : $"The record of operation {folder.OperationId} cannot be read: {FileLook.Words(error)}.");
            return null;
        }
        if (folder.OpenItemFolder(manifest.Top, made: null) is { } unusable)
        {
            problems.Add($"Operation {folder.OperationId}: {unusable.Sentence}");
            return null;
        }
        _ = folder.PinItem(out var item, out var status);
        item?.Dispose();
        _ = folder.ReadUndone(out var undone);
        var state = undone is not null ? QuarantineState.Undone
            : item is null || folder.HasOwn() ? QuarantineState.Unfinished
            : QuarantineState.Held;
        return new QuarantinedFile(
            manifest.OperationId, manifest.Action, new FilePath(manifest.PathBytes), manifest.Expected.Kind, manifest.Expected.Identity,
            manifest.Expected.Size, manifest.At, manifest.Actor, manifest.Reason, manifest.Host, state,
            status?.ToFacts(OperationFolder.PathOfItem(root, manifest.Top, folder.OperationId), FileContent.NotRead("in quarantine")), undone?.By);
    }

    private static bool PurgeOne(OperationFolder folder, DateTimeOffset until, List<string> problems)
    {
        if (folder.ReadManifest(out var manifest) != Errno.None || manifest is null || manifest.Version > Manifest.CurrentVersion
            || manifest.At > until || folder.HasOwn() || folder.OpenItemFolder(manifest.Top, made: null) is not null)
        {
            return false;
        }

        _ = folder.ReadUndone(out var undone);
        if (folder.Items is null || !folder.Items.Stat(OperationFolder.ItemName).TryGet(out var item))
            return undone is not null && folder.RemoveRecord();
        // What was taken by mistake and could not go back belongs to another process. Only a person removes it.
        if (manifest.Own is null && !folder.HasDone(inDoubt: false) && !manifest.Expected.IsOf(item))
        {
            problems.Add($"Operation {folder.OperationId} keeps a different file from the one that was judged, which was {new FilePath(manifest.PathBytes).Display}: examine it. It is not removed automatically.");
            return false;
        }
        return PurgeItem(folder, problems);
    }

    private static bool PurgeItem(OperationFolder folder, List<string> problems)
    {
        if (!folder.Items!.Stat(OperationFolder.ItemName).TryGet(out var item, out var error))
        {
            problems.Add($"Operation {folder.OperationId} cannot be purged: {FileLook.Words(error)}.");
            return false;
        }
        error = item.Kind == FileKind.Directory
            ? RemoveTree(folder.Items, OperationFolder.ItemName, item, depth: 0)
            : folder.Items.Unlink(OperationFolder.ItemName);
        if (error != Errno.None)
        {
            problems.Add($"Operation {folder.OperationId} cannot be purged: {FileLook.Words(error)}.");
            return false;
        }
        return folder.RemoveRecord();
    }

    // Stays on the file system it began on and follows no link; a leftover directory is flat or nearly so.
    private static Errno RemoveTree(FileDescriptor parent, ReadOnlySpan<byte> name, FileStatus top, int depth)
    {
        const int Deepest = 32;
        if (depth > Deepest)
            return Errno.NotEmpty;
        if (!parent.OpenSubdirectory(name).TryGet(out var directory, out var error))
            return error;
        using (directory)
        {
            if (!directory.Stat().TryGet(out var status, out error) || status.MountId != top.MountId || status.Identity.Minor != top.Identity.Minor
                || status.Identity.Major != top.Identity.Major)
            {
                return error == Errno.None ? Errno.CrossesDevice : error;
            }

            if (!QuarantineFolder.NamesIn(directory).TryGet(out var names, out error))
                return error;
            foreach (var (child, kind) in names)
            {
                var isDirectory = kind == FileKind.Directory
                    || (kind == FileKind.Unknown && directory.Stat(child).TryGet(out var there) && there.Kind == FileKind.Directory);
                error = isDirectory ? RemoveTree(directory, child, top, depth + 1) : directory.Unlink(child);
                if (error != Errno.None)
                    return error;
            }
        }
        return parent.RemoveDirectory(name);
    }
}
