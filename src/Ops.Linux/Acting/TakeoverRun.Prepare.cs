using Ops.Locks;

namespace Ops.Linux;

/// <summary>Steps 1 to 4, and the ways out that leave nothing behind.</summary>
internal sealed partial class TakeoverRun
{
    // Null to go on with the exchange.
    private ActOutcome? Prepare()
    {
        try
        {
            return TakeMutex() ?? IdentifyFirst() ?? Decide() ?? WriteOwnLock();
        }
        catch
        {
            // Cancelled, or a look that threw: nothing has been exchanged yet.
            CleanUp(dropTemporary: _own is not null);
            throw;
        }
    }

    private ActOutcome? TakeMutex()
    {
        Begin(1, "Take the directory's mutex", TakeoverPoint.OpenDirectory);
        _directory = StoreDirectory.Open(plan.Root, plan.Expected.Path.Parent, out var refusal);
        if (_directory is null)
            return refusal!.Reason == Refusal.NotThere ? Abandon(new ActOutcome.AlreadyGone(), refusal.Sentence) : Refuse(refusal);
        _names = new NameExchange(Here, _lockName, _temporaryName, plan.Before, plan.Attempt, RecordDisplaced, progress.Note, plan.GiveUpAfter);
        Reach(TakeoverPoint.Mutex);
        return _directory.TakeMutex(plan.MutexWait, clock, stop) is { } busy ? Refuse(busy) : null;
    }

    private ActOutcome? IdentifyFirst()
    {
        Begin(2, "Identify the lock", TakeoverPoint.Identify);
        return Identify() ?? CheckTwins();
    }

    // Opens the lock without being able to read or write through it, and compares. The pin keeps the inode number from being given to another file.
    private ActOutcome? Identify()
    {
        if (!Here.OpenPathOnly(_lockName).TryGet(out var pin, out var error))
        {
            return error == Errno.NotFound
                ? Abandon(new ActOutcome.AlreadyGone(), "The lock is already gone.")
                : Refuse(new(Refusal.System, $"The lock cannot be examined: {FileLook.Words(error)}."));
        }

        _stale = pin;
        if (!pin.Stat().TryGet(out var status, out error))
            return Refuse(new(Refusal.System, $"The lock cannot be examined: {FileLook.Words(error)}."));
        _staleStatus = status;
        if (status.Kind != FileKind.Regular)
            return Refuse(new(Refusal.Hostile, "The lock is not a regular file."));
        var now = status.ToFacts(plan.Expected.Path, FileContent.NotRead("not needed to compare"));
        if (!now.IsUnchangedSince(plan.Expected) || now.BornAt != plan.Expected.BornAt)
        {
            const string Sentence = "The lock is not the file, or not in the state, that was judged.";
            return Abandon(new ActOutcome.ChangedMeanwhile(Sentence, now), Sentence);
        }
        return null;
    }

    private ActOutcome? CheckTwins()
    {
        if (_staleStatus!.LinkCount != 1 + plan.Twins.Count || plan.Twins.Distinct().Count() != plan.Twins.Count || plan.Twins.Contains(plan.Expected.Path))
            return Refuse(new(Refusal.Hostile, $"The lock's file has {_staleStatus.LinkCount} names, of which {1 + plan.Twins.Count} are known."));
        foreach (var twin in plan.Twins)
        {
            using var directory = StoreDirectory.Open(plan.Root, twin.Parent, out var refusal);
            if (directory is null)
                return Refuse(refusal!);
            if (!directory.Here.Stat(twin.Name).TryGet(out var status, out _) || status.Identity != _staleStatus.Identity)
                return Refuse(new(Refusal.Changed, $"{twin.Display} is not a name of the lock's file any more."));
        }
        return null;
    }

    private ActOutcome? Decide()
    {
        Begin(3, "Look at everything again and decide again", TakeoverPoint.Verify);

        // Without our own descriptor on the lock, so that the check finds only those of others. The comparison afterwards is as sharp as the pin:
        // a new file in the same inode has another ctime.
        _stale!.Dispose();
        if (verify() is { } refused)
            return Refuse(refused);
        if (Identify() is { } changed)
            return changed;
        Reach(TakeoverPoint.HoldMailbox);
        if (plan.Mailbox is null)
        {
            progress.Note("There is no mailbox to hold.");
            return null;
        }
        _mailbox = MailboxHold.Take(plan.MailboxRoot ?? plan.Root, plan.Mailbox, out var inUse);
        return inUse is null ? null : Refuse(inUse);
    }

    private ActOutcome? WriteOwnLock()
    {
        Begin(4, "Write our own lock under a temporary name", TakeoverPoint.WriteManifest);
        stop.ThrowIfCancellationRequested();
        return WriteManifest() ?? CreateOwn() ?? RecordOwn();
    }

    private ActOutcome? WriteManifest()
    {
        if (!_directory!.FindTopOfFileSystem().TryGet(out var top, out var error))
            return Refuse(new(Refusal.System, $"The directories above the lock cannot be examined: {FileLook.Words(error)}."));
        _top = top;
        _folder = OperationFolder.Create(_directory.Root, plan.OperationId, out var refusal);
        if (_folder is null)
            return Refuse(refusal!);
        // The record first: with it, recovery finds the folder at the top of another file system too.
        error = plan.Attempt(TakeoverPoint.WriteManifest, () => _folder.WriteManifest(new Manifest(
            Manifest.CurrentVersion, plan.OperationId, Manifest.Break, plan.Expected.Path.Display, plan.Expected.Path.Bytes.ToArray(),
            _directory.Relative, _lockName, _top, FileStamp.Of(_staleStatus!), clock.GetUtcNow(), plan.Actor, plan.Reason, plan.HostName,
            Environment.ProcessId,
            new OwnLock(_temporaryName, plan.Ours.Content, plan.Ours.Mode, plan.DiscardsTakenFile),
            // A directory that is a mailbox changes with the names in it, the lock's among them.
            plan.Mailbox is { Kind: FileKind.Regular } mailbox ? MailboxMark.Of(mailbox, plan.Expected.Path) : null)));
        if (error != Errno.None)
            return Refuse(new(Refusal.System, $"The record of this break cannot be written: {FileLook.Words(error)}."));
        return _folder.OpenItemFolder(_top, new DoneMark(clock.GetUtcNow())) is { } unusable ? Refuse(unusable) : null;
    }

    private ActOutcome? CreateOwn()
    {
        Reach(TakeoverPoint.CreateOwn);
        if (!Here.CreateExclusive(_temporaryName, 0x180).TryGet(out _own, out var error))
            return Refuse(new(Refusal.System, $"Our own lock cannot be written: {FileLook.Words(error)}."));
        error = plan.Attempt(TakeoverPoint.CreateOwn, () => _own.Write(plan.Ours.Content));
        if (error != Errno.None)
            return Refuse(new(Refusal.System, $"Our own lock cannot be written: {FileLook.Words(error)}."));
        // While the file is still ours: a second name for another user's file may be forbidden.
        Reach(TakeoverPoint.ProbeQuarantine);
        error = plan.Attempt(TakeoverPoint.ProbeQuarantine, () => _folder!.ProbeRename(Here, _temporaryName));
        if (error != Errno.None)
            return Refuse(new(Refusal.System, $"The quarantine cannot take files from this directory: {FileLook.Words(error)}."));
        return DressOwn();
    }

    private ActOutcome? DressOwn()
    {
        if (!_own!.Stat().TryGet(out var own, out var error))
            return Refuse(new(Refusal.System, $"Our own lock cannot be examined: {FileLook.Words(error)}."));
        // The stale lock's owner is whom the mail system expects. Owner first: changing it clears mode bits.
        error = own.Uid == _staleStatus!.Uid && own.Gid == _staleStatus.Gid ? Errno.None : _own.SetOwner(_staleStatus.Uid, _staleStatus.Gid);
        error = error != Errno.None ? error : _own.SetPermissions(plan.Ours.Mode);
        error = error != Errno.None ? error : _own.Fsync();
        return error == Errno.None
            ? null
            : Refuse(new(Refusal.System, $"Our own lock cannot be given the owner and mode that this mail system uses: {FileLook.Words(error)}."));
    }

    private ActOutcome? RecordOwn()
    {
        Reach(TakeoverPoint.RecordOwn);
        if (!_own!.Stat().TryGet(out var own, out var error))
            return Refuse(new(Refusal.System, $"Our own lock cannot be examined: {FileLook.Words(error)}."));
        if (own.LinkCount != 1)
            return Refuse(new(Refusal.Hostile, "Another process gave our own lock another name."));
        error = plan.Attempt(TakeoverPoint.RecordOwn, () => _folder!.WriteOwn(own));
        if (error != Errno.None)
            return Refuse(new(Refusal.System, $"The record of this break cannot be written: {FileLook.Words(error)}."));
        stop.ThrowIfCancellationRequested();
        return null;
    }

    private void RecordDisplaced(FileStatus file) => _folder!.WriteDisplaced(file);

    private ActOutcome Refuse(BreakDecision.Refused refused) => Abandon(new ActOutcome.Refused(refused.Reason, refused.Sentence), refused.Sentence);

    // Under the temporary name is our own file, or one that its owner has released; or there is none of ours yet.
    private ActOutcome Abandon(ActOutcome outcome, string why, bool dropTemporary = true)
    {
        if (!CleanUp(dropTemporary && _own is not null))
            return Leave($"{why} One of our own files could not be removed.");
        progress.Failed(why);
        return outcome;
    }

    private ActOutcome.Failed Leave(string sentence)
    {
        progress.Failed(sentence);
        return new ActOutcome.Failed(sentence, progress.Current);
    }

    private bool CleanUp(bool dropTemporary)
    {
        if (dropTemporary && _names!.DropTemporary() != Errno.None)
            return false;
        if (_folder is null)
            return true;
        Reach(TakeoverPoint.RemoveRecord);
        return _folder.RemoveRecord();
    }
}
