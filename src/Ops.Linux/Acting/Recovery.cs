using Ops.Locks;

namespace Ops.Linux;

/// <summary>What recovery did about one operation that a crash had cut off.</summary>
public enum RecoveredBy
{
    /// <summary>Nothing had been exchanged or moved: only our own files were removed.</summary>
    RemovingOurFiles,

    /// <summary>The stale lock was under our temporary name; it has its own name again.</summary>
    PuttingBackTheStaleLock,

    /// <summary>A living lock of another process was under our temporary name; it has its own name again.</summary>
    GivingBackALock,

    /// <summary>The stale lock was in quarantine and stays there; our own dead lock was released, or was gone already.</summary>
    ReleasingOurLock,

    /// <summary>A removal had moved another file than the one that was judged; it has its name again.</summary>
    PuttingBackAFile,

    /// <summary>Not settled; the next run tries again.</summary>
    Nothing,
}

/// <summary>One operation that recovery found unfinished.</summary>
/// <param name="Path">Where the file is, or was; empty when the record does not say.</param>
public sealed record RecoveredOperation(Guid OperationId, FilePath Path, RecoveredBy By, string Sentence);

/// <summary>Settles what a crash of the agent, or of the machine, cut off: at start, and whenever an act ended as failed. Operations at work are
/// left alone: their folder is locked as long as their process lives. Running it twice, or being cut off itself, does no harm.</summary>
public sealed class Recovery(TimeProvider clock)
{
    private static readonly TimeSpan MutexWait = TimeSpan.FromSeconds(5);

    public Recovery()
        : this(TimeProvider.System)
    {
    }

    /// <summary>Called before each system call that matters; tests end the process there.</summary>
    internal Action<TakeoverPoint>? Before { get; init; }

    /// <summary>See <see cref="NameExchange"/>.</summary>
    internal TimeSpan GiveUpAfter { get; init; } = NameExchange.DefaultPatience;

    /// <summary>Goes through the quarantine of a store root. Blocks for directory mutexes that others hold.</summary>
    /// <returns>What was unfinished; empty when nothing was.</returns>
    /// <exception cref="OperationCanceledException">Between two operations, or while it waits for a mutex.</exception>
    public IReadOnlyList<RecoveredOperation> Run(FilePath root, string hostName, CancellationToken stop = default)
    {
        var done = new List<RecoveredOperation>();
        if (!FileDescriptor.OpenDirectoryFollowingLinks(root.Bytes).TryGet(out var top, out var error))
            return error == Errno.NotFound ? done : [Unsettled(Guid.Empty, root, $"The store root cannot be opened: {FileLook.Words(error)}.")];
        using (top)
        {
            if (!OperationFolder.Ids(top, out var problem).TryGet(out var ids))
                return [Unsettled(Guid.Empty, root, problem ?? "The quarantine cannot be read.")];
            foreach (var id in ids)
            {
                stop.ThrowIfCancellationRequested();
                using var folder = OperationFolder.OpenExisting(top, id, out var refusal);
                if (folder is not null)
                {
                    try
                    {
                        Add(done, Settle(root, folder, hostName, stop));
                    }
                    catch (StuckException e)
                    {
                        done.Add(Unsettled(id, default, $"Names cannot be put back: {e.Message}."));
                    }
                }
                else if (refusal!.Reason is not (Refusal.Busy or Refusal.NotThere))
                {
                    done.Add(Unsettled(id, default, refusal.Sentence));
                }
            }
        }
        return done;
    }

    private static void Add(List<RecoveredOperation> done, RecoveredOperation? one)
    {
        if (one is not null)
            done.Add(one);
    }

    private RecoveredOperation? Settle(FilePath root, OperationFolder folder, string hostName, CancellationToken stop)
    {
        var error = folder.ReadManifest(out var manifest);
        if (error != Errno.None)
            return Unsettled(folder.OperationId, default, $"Its record cannot be read: {FileLook.Words(error)}.");
        if (manifest is null)
            return SettleWithoutRecord(folder);
        var path = new FilePath(manifest.PathBytes);
        if (manifest.Version > Manifest.CurrentVersion)
            return Unsettled(folder.OperationId, path, "Its record was written by a newer version.");
        // What came to its end stays as it is, wherever its file is and whether that can be reached.
        var isOver = !folder.HasOwn() && (folder.HasDone(inDoubt: true) || (folder.ReadUndone(out var mark) == Errno.None && mark is not null));
        if (folder.OpenItemFolder(manifest.Top, made: null) is { } unusable)
            return isOver ? null : Unsettled(folder.OperationId, path, unusable.Sentence);
        if (folder.Items is null && isOver)
            return null;
        // Without the file system that it is on, nothing is known of the file; and the record is all that will find it again. Another may be mounted there in between.
        if (folder.Items is null && (folder.HasMade() || folder.HasOwn() || !StoreDirectory.IsTopOfFileSystem(root, manifest.Top)))
            return Unsettled(folder.OperationId, path, $"The file system that was at {root.Join(manifest.Top).Display} is not there: mount it.");
        // The pin goes before anything is unlinked: NFS gives a file that is in use another name instead.
        error = folder.PinItem(out var item, out var status);
        item?.Dispose();
        return error != Errno.None ? Unsettled(folder.OperationId, path, $"The file in quarantine cannot be examined: {FileLook.Words(error)}.")
            : manifest.Own is null ? SettleRemoval(root, folder, manifest, path, status, stop)
            : SettleTakeover(root, folder, manifest, manifest.Own, path, status is not null, hostName, stop);
    }

    // The manifest is flushed before anything else is touched, so nothing was.
    private static RecoveredOperation SettleWithoutRecord(OperationFolder folder) =>
        folder.Folder.Stat(OperationFolder.ItemName).Error != Errno.NotFound
            ? Unsettled(folder.OperationId, default, "There is a file in quarantine without a complete record: examine it by hand.")
            : Cleaned(folder, default, RecoveredBy.RemovingOurFiles, "It had not begun.");

    private RecoveredOperation? SettleRemoval(
        FilePath root, OperationFolder folder, Manifest manifest, FilePath path, FileStatus? item, CancellationToken stop)
    {
        if (item is null)
        {
            var error = folder.ReadUndone(out var undone);
            return error == Errno.None && undone is null ? Cleaned(folder, path, RecoveredBy.RemovingOurFiles, Emptied(folder) ?? "Nothing had been moved.") : null;
        }
        // A mark says that it was the right one: whatever was done to it since, it stays.
        var isRight = folder.HasDone(inDoubt: true) || manifest.Expected.IsOf(item);
        if (isRight && !HasItsNameToo(root, manifest, item))
        {
            MarkDone(folder);
            return null;
        }
        const string Wrong = "A different file from the one that was judged";
        var at = OperationFolder.PathOfItem(root, manifest.Top, folder.OperationId);
        using var directory = OpenLocked(root, manifest, out var refusal, stop);
        if (directory is null)
        {
            return Unsettled(folder.OperationId, path, manifest.Action == Manifest.Break && !isRight
                ? DisplacedLock.Words($"{Wrong} was renamed away. {refusal!.Sentence}", Errno.NotFound, at)
                : $"{Wrong} is in quarantine. {refusal!.Sentence}");
        }

        var moved = PrivateMove.Out(folder.Items!, directory.Here, manifest.Name);
        return moved == Errno.None && isRight ? Cleaned(folder, path, RecoveredBy.PuttingBackAFile, "It was being put back; it has its name alone again.")
            : moved == Errno.None ? Cleaned(folder, path, RecoveredBy.PuttingBackAFile, $"{Wrong} had been moved; it has its name again.")
            : Unsettled(folder.OperationId, path, manifest.Action == Manifest.Break
                ? DisplacedLock.Words($"{Wrong} was renamed away.", moved, at)
                : $"{Wrong} is in quarantine and cannot be put back: {FileLook.Words(moved)}.");
    }

    // Records of a version before this one, and of an act that was cut off just before the mark, have none.
    private void MarkDone(OperationFolder folder)
    {
        if (!folder.HasDone(inDoubt: true))
            _ = folder.WriteDone(new DoneMark(clock.GetUtcNow()));
    }

    // Null when nothing says that there ever was a file.
    private static string? Emptied(OperationFolder folder) => folder.HasDone(inDoubt: false) ? "Its file had been taken, and was put back or removed for good since; the record is removed." : null;

    // An undo by a hard link that was cut off between its two calls.
    private static bool HasItsNameToo(FilePath root, Manifest manifest, FileStatus item)
    {
        if (item.LinkCount < 2)
            return false;
        using var directory = StoreDirectory.OpenRelative(root, manifest.Directory, out _);
        return directory is not null && directory.Here.Stat(manifest.Name).TryGet(out var there) && there.Identity == item.Identity;
    }

    private RecoveredOperation? SettleTakeover(
        FilePath root, OperationFolder folder, Manifest manifest, OwnLock looks, FilePath path, bool hasItem, string hostName, CancellationToken stop)
    {
        if (hasItem && !folder.HasOwn())
        {
            MarkDone(folder);
            return null; // finished
        }
        if (!hasItem && !folder.HasOwn() && folder.ReadUndone(out var undone) == Errno.None && undone is not null)
            return null;
        if (folder.ReadOwn(out var own) is var error && error != Errno.None)
            return Unsettled(folder.OperationId, path, $"Its record cannot be read: {FileLook.Words(error)}.");
        using var directory = OpenLocked(root, manifest, out var refusal, stop);
        if (directory is null)
        {
            // Names in a directory that is gone are gone.
            return refusal!.Reason != Refusal.NotThere ? Unsettled(folder.OperationId, path, refusal.Sentence)
                : hasItem ? Closed(folder, path, "The directory is gone, and our lock with it.")
                : Cleaned(folder, path, RecoveredBy.RemovingOurFiles, "The directory is gone.");
        }
        var names = new NameExchange(directory.Here, manifest.Name, looks.TemporaryName, Before, static (_, call) => call(), folder.WriteDisplaced, static _ => { }, GiveUpAfter);
        if (own is null)
        {
            // Our lock is recorded before it is exchanged, so what is under the temporary name, if anything, is our own.
            return names.DropTemporary() == Errno.None
                ? Cleaned(folder, path, RecoveredBy.RemovingOurFiles, Emptied(folder) ?? "Nothing had been exchanged.")
                : Unsettled(folder.OperationId, path, "Our temporary file cannot be removed.");
        }
        var by = SettleNames(directory.Here, manifest, looks.DiscardsTakenFile, [own, .. folder.ReadDisplaced()], names);
        if (by == RecoveredBy.Nothing)
            return Unsettled(folder.OperationId, path, "Our temporary file cannot be removed.");
        // What is left of ours at the lock's name, if anything, is a lock of a dead process. Another process may remove it at any moment and acquire, so it
        // is broken like any other stale lock, with a living one of ours in its place.
        directory.ReleaseMutex();
        if (ReleaseOwn(root, directory, manifest, looks, own, hostName, stop) is { } problem)
            return Unsettled(folder.OperationId, path, problem);
        if (hasItem && looks.DiscardsTakenFile)
        {
            _ = folder.Items!.Unlink(OperationFolder.ItemName);
            hasItem = false;
        }
        return hasItem
            ? Closed(folder, path, "The stale lock is in quarantine; our own is released.")
            : Cleaned(folder, path, by, SentenceOf(by));
    }

    // What is under the temporary name and at the lock's shows how far it had come. The known files: our own, then each that was about to get its name
    // back, in that order. Any of them stands in at the lock's name for a displaced one, except the last for itself.
    private static RecoveredBy SettleNames(
        FileDescriptor here, Manifest manifest, bool discardsTakenFile, IReadOnlyList<FileStamp> known, NameExchange names)
    {
        if (names.LookAtTemporary() is not var (pin, status))
            return RecoveredBy.ReleasingOurLock; // in quarantine, or removed after our own was gone from the lock's name
        using (pin)
        {
            var by = RecoveredBy.RemovingOurFiles;
            var isStale = manifest.Expected.IsSameFile(status);
            var meansNothing = known[0].IsSameFile(status) || known.SkipLast(1).Any(k => k.IsSameFile(status)) || (discardsTakenFile && isStale);
            if (!meansNothing)
                by = GiveBack(here, manifest.Name, known, pin, names) && isStale ? RecoveredBy.PuttingBackTheStaleLock : RecoveredBy.GivingBackALock;
            return names.DropTemporary() == Errno.None ? by : RecoveredBy.Nothing;
        }
    }

    // Whether the file has its name again. If none that stands in for it is at the lock's name any more, then its owner has released its lock through that
    // (or another process removed that, and the lock is another's now): the displaced file means nothing.
    private static bool GiveBack(FileDescriptor here, byte[] lockName, IReadOnlyList<FileStamp> known, FileDescriptor displaced, NameExchange names)
    {
        if (!here.OpenPathOnly(lockName).TryGet(out var there))
            return false;
        using (there)
        {
            return there.Stat().TryGet(out var status) && known.Any(k => k.IsSameFile(status))
                && names.GiveBack(there, displaced) == NameExchange.Ending.Returned;
        }
    }

    private string? ReleaseOwn(
        FilePath root, StoreDirectory directory, Manifest manifest, OwnLock looks, FileStamp own, string hostName, CancellationToken stop)
    {
        // Below this root: the store may have been mounted elsewhere when the record was written.
        var path = (manifest.Directory.Length == 0 ? root : root.Join(manifest.Directory)).Join(manifest.Name);
        if (LookAtOwn(directory, manifest.Name, own, path) is not { } facts)
            return null;
        var outcome = new Takeover(clock).Run(
            new TakeoverPlan
            {
                Root = root,
                Expected = facts,
                Ours = LooksOf(looks, manifest.Pid, manifest.Host, hostName),
                OperationId = Guid.NewGuid(),
                Actor = manifest.Actor,
                Reason = $"recovery of operation {manifest.OperationId}",
                HostName = hostName,
                SettlePeriod = TimeSpan.Zero,
                DiscardsTakenFile = true,
                GiveUpAfter = GiveUpAfter,
                Before = Before,
            },
            static () => null,
            static () => null,
            progress: null,
            stop);
        return LookAtOwn(directory, manifest.Name, own, path) is null ? null : $"Our own lock is still there: {outcome}.";
    }

    private static FileFacts? LookAtOwn(StoreDirectory directory, byte[] lockName, FileStamp own, FilePath path)
    {
        if (!directory.Here.OpenPathOnly(lockName).TryGet(out var pin))
            return null;
        using (pin)
        {
            return pin.Stat().TryGet(out var status) && own.IsSameFile(status)
                ? status.ToFacts(path, FileContent.NotRead("our own"))
                : null;
        }
    }

    /// <summary>What a lock like that one looks like when it names this process: that of a convention which writes exactly what was recorded for
    /// the dead one. Conventions that name no owner write the same for all.</summary>
    private static LockLooks LooksOf(OwnLock dead, int deadPid, string deadHost, string host) =>
        MailSystems.All.SelectMany(s => s.Conventions).OfType<DotLock>().Select(c => c.Write).OfType<Func<int, string, LockLooks>>()
            .Where(write => write(deadPid, deadHost) is var looks && looks.Mode == dead.Mode && looks.Content.AsSpan().SequenceEqual(dead.Content))
            .Select(write => write(Environment.ProcessId, host))
            .FirstOrDefault() ?? new LockLooks(dead.Content, dead.Mode);

    private StoreDirectory? OpenLocked(FilePath root, Manifest manifest, out BreakDecision.Refused? refusal, CancellationToken stop)
    {
        var directory = StoreDirectory.OpenRelative(root, manifest.Directory, out refusal);
        refusal ??= directory!.TakeMutex(MutexWait, clock, stop);
        if (refusal is null)
            return directory;
        directory?.Dispose();
        return null;
    }

    private static string SentenceOf(RecoveredBy by) => by switch
    {
        RecoveredBy.PuttingBackTheStaleLock => "The stale lock has its name again.",
        RecoveredBy.GivingBackALock => "A lock that had been displaced has its name again, or its owner had released it.",
        RecoveredBy.ReleasingOurLock => "Our own lock is released.",
        _ => "Our own files are removed.",
    };

    private RecoveredOperation Closed(OperationFolder folder, FilePath path, string sentence)
    {
        Before?.Invoke(TakeoverPoint.Finish);
        return folder.RemoveOwn() == Errno.None
            ? new RecoveredOperation(folder.OperationId, path, RecoveredBy.ReleasingOurLock, sentence)
            : Unsettled(folder.OperationId, path, "Its record cannot be closed.");
    }

    private static RecoveredOperation Cleaned(OperationFolder folder, FilePath path, RecoveredBy by, string sentence) => folder.RemoveRecord()
        ? new RecoveredOperation(folder.OperationId, path, by, sentence)
        : Unsettled(folder.OperationId, path, $"{sentence} But its record cannot be removed.");

    private static RecoveredOperation Unsettled(Guid operationId, FilePath path, string sentence) => new(operationId, path, RecoveredBy.Nothing, sentence);
}
