using Ops.Locks;

namespace Ops.Linux;

/// <summary>One removal; also the weaker way to break a dot lock, which is a removal that looks after the mailbox besides.</summary>
internal sealed class QuarantineRun(
    QuarantinePlan plan, TimeProvider clock, ActProgress progress, Func<BreakDecision.Refused?> verify, CancellationToken stop) : IDisposable
{
    private readonly byte[] _name = plan.Expected.Path.Name.ToArray();

    private StoreDirectory? _directory;
    private OperationFolder? _folder;
    private MailboxHold? _mailbox;
    private FileDescriptor? _file;
    private FileDescriptor? _family;
    private FileStatus? _status;
    private byte[] _top = [];

    private FileDescriptor Here => _directory!.Here;

    public ActOutcome Run()
    {
        try
        {
            if (Prepare() is { } end)
                return end;
        }
        catch
        {
            CleanUp();
            throw;
        }
        return Move();
    }

    public void Dispose()
    {
        _file?.Dispose();
        _family?.Dispose();
        _mailbox?.Dispose();
        _folder?.Dispose();
        _directory?.Dispose();
    }

    private void Begin(int number, string title, QuarantinePoint point)
    {
        progress.Begin(number, title);
        Reach(point);
    }

    private void Reach(QuarantinePoint point) => plan.Before?.Invoke(point);

    private ActOutcome? Prepare()
    {
        Begin(1, "Take the directory's mutex", QuarantinePoint.Mutex);
        _directory = StoreDirectory.Open(plan.Root, plan.Expected.Path.Parent, out var refusal);
        if (_directory is null)
            return refusal!.Reason == Refusal.NotThere ? Abandon(new ActOutcome.AlreadyGone(), refusal.Sentence) : Refuse(refusal);
        if (_name.AsSpan().SequenceEqual(QuarantineFolder.Name))
            return Refuse(new(Refusal.NotOffered, "It is the quarantine itself."));
        if (_directory.TakeMutex(plan.MutexWait, clock, stop) is { } busy)
            return Refuse(busy);
        Begin(2, "Identify the file", QuarantinePoint.Identify);
        if (Identify() is { } other)
            return other;
        Begin(3, "Look at everything again and decide again", QuarantinePoint.Verify);
        _file!.Dispose();
        if (verify() is { } refused)
            return Refuse(refused);
        stop.ThrowIfCancellationRequested();
        return Identify() ?? HoldMailbox() ?? WriteManifest() ?? ProbeWayBack() ?? LookAgain() ?? HoldFamily();
    }

    // Last, so that its programs wait for a moment at most. While it is held no process makes the judged name again; a last check says whether one just did.
    private ActOutcome? HoldFamily()
    {
        if (plan.FamilyLock is not { } path)
            return null;
        Reach(QuarantinePoint.HoldFamily);
        _family = FamilyHold.Take(Here, path, out var busy);
        return busy is null ? Identify() : Refuse(busy);
    }

    private ActOutcome? HoldMailbox()
    {
        if (plan.Lock?.Mailbox is not { } mailbox)
            return null;
        Reach(QuarantinePoint.HoldMailbox);
        _mailbox = MailboxHold.Take(plan.Lock.MailboxRoot ?? plan.Root, mailbox, out var inUse);
        return inUse is null ? null : Refuse(inUse);
    }

    // A living lock that is taken by mistake goes back by a hard link, which alone never replaces another here.
    private ActOutcome? ProbeWayBack()
    {
        if (plan.Lock is null)
            return null;
        Reach(QuarantinePoint.ProbeLink);
        var error = plan.Attempt(QuarantinePoint.ProbeLink, _folder!.ProbeLink);
        return error == Errno.None
            ? null
            : Refuse(new(Refusal.NoExchange, $"This file system can neither exchange two names in one step nor give a file a second name ({FileLook.Words(error)}): a living lock that was taken by mistake could not be given back."));
    }

    private ActOutcome? LookAgain()
    {
        if (plan.Lock is not { } @lock)
            return null;
        Reach(QuarantinePoint.Recheck);
        return @lock.Recheck() is { } refused ? Refuse(refused) : Identify();
    }

    private ActOutcome? Identify()
    {
        if (!Here.OpenPathOnly(_name).TryGet(out var pin, out var error))
        {
            return error == Errno.NotFound
                ? Abandon(new ActOutcome.AlreadyGone(), "It is already gone.")
                : Refuse(new(Refusal.System, $"It cannot be examined: {FileLook.Words(error)}."));
        }

        _file?.Dispose();
        _file = pin;
        if (!pin.Stat().TryGet(out var status, out error))
            return Refuse(new(Refusal.System, $"It cannot be examined: {FileLook.Words(error)}."));
        _status = status;
        var now = status.ToFacts(plan.Expected.Path, FileContent.NotRead("not needed to compare"));
        if (now.IsUnchangedSince(plan.Expected) && now.BornAt == plan.Expected.BornAt)
            return null;
        const string Sentence = "It is not the file, or not in the state, that was judged.";
        return Abandon(new ActOutcome.ChangedMeanwhile(Sentence, now), Sentence);
    }

    private ActOutcome? WriteManifest()
    {
        Begin(4, "Write the record", QuarantinePoint.WriteManifest);
        if (!_directory!.FindTopOfFileSystem().TryGet(out var top, out var error))
            return Refuse(new(Refusal.System, $"The directories above it cannot be examined: {FileLook.Words(error)}."));
        _top = top;
        _folder = OperationFolder.Create(_directory.Root, plan.OperationId, out var refusal);
        if (_folder is null)
            return Refuse(refusal!);
        error = plan.Attempt(QuarantinePoint.WriteManifest, () => _folder.WriteManifest(new Manifest(
            Manifest.CurrentVersion, plan.OperationId, plan.Lock is null ? Manifest.Remove : Manifest.Break, plan.Expected.Path.Display, plan.Expected.Path.Bytes.ToArray(),
            _directory.Relative, _name, _top, FileStamp.Of(_status!), clock.GetUtcNow(), plan.Actor, plan.Reason, plan.HostName,
            Environment.ProcessId, Own: null, plan.Lock?.Mailbox is { Kind: FileKind.Regular } mailbox ? MailboxMark.Of(mailbox, plan.Expected.Path) : null)));
        if (error != Errno.None)
            return Refuse(new(Refusal.System, $"The record of this {(plan.Lock is null ? "removal" : "break")} cannot be written: {FileLook.Words(error)}."));
        return _folder.OpenItemFolder(_top, new DoneMark(clock.GetUtcNow())) is { } unusable ? Refuse(unusable) : null;
    }

    private ActOutcome Move()
    {
        var read = FileLook.At(_file!, plan.Expected.Path).TryGet(out var look) ? look : _status!.ToFacts(plan.Expected.Path, plan.Expected.Content);
        var taken = new TakenFile(read with { LinkTarget = plan.Expected.LinkTarget }, _status!.Kind == FileKind.Regular ? FileLook.XattrsOf(_file!) : []);

        Begin(5, plan.Lock is null ? "Move it to quarantine" : "Rename the lock away (weaker protocol)", QuarantinePoint.Move);
        var error = plan.Attempt(QuarantinePoint.Move, () => PrivateMove.In(Here, _name, _folder!.Items!, WayBack));
        var released = clock.GetTimestamp();
        if (error != Errno.None && NotMoved(error) is { } end)
            return end;
        Begin(6, "Check which file was moved", QuarantinePoint.Inspect);
        if (!_folder!.Items!.Stat(OperationFolder.ItemName).TryGet(out var moved, out error) || !FileStamp.Of(_status!).IsOf(moved))
            return MoveBack(error, moved);
        _family?.Dispose();
        List<string> warnings = [];
        if (((Errno[])[_folder.WriteDone(new DoneMark(clock.GetUtcNow())), _folder.Items.Fsync(), Here.Fsync()]).FirstOrDefault(e => e != Errno.None) is var unflushed and not Errno.None)
            warnings.Add($"It could not be written to the disk ({FileLook.Words(unflushed)}): check the disk. After a crash of this host the file may be back under its name.");
        var path = OperationFolder.PathOfItem(plan.Root, _top, plan.OperationId);
        if (plan.Lock is not { } @lock)
        {
            progress.Done(warnings.Count == 0 ? null : string.Join(' ', warnings));
            return new ActOutcome.Quarantined(taken, path, warnings, []);
        }
        if (@lock.MailboxIsMbox && _mailbox?.CheckBoundary() is { } warning)
            warnings.Add(warning);
        progress.Done(warnings.Count == 0 ? "It is the stale lock; its name is free." : string.Join(' ', warnings));
        _mailbox?.Dispose();
        _directory!.ReleaseMutex();
        @lock.Released?.Invoke();
        progress.Begin(7, "Watch who takes the lock next");
        var sightings = SettleWatch.Watch(Here, _name, plan.Expected.Path, released, @lock.SettlePeriod, clock, stop);
        progress.Done(SettleWatch.Sentence(sightings));
        return new ActOutcome.Quarantined(taken, path, warnings, sightings);
    }

    // Of a lock it was asked before; a directory needs no second name.
    private Errno WayBack() => plan.Lock is not null || _status!.Kind == FileKind.Directory ? Errno.None : _folder!.ProbeLink();

    // Null when it was moved all the same: a file server may have done it and its answer been lost, and the client then asks again and hears "no such file".
    private ActOutcome? NotMoved(Errno error)
    {
        switch (_folder!.Items!.Stat(OperationFolder.ItemName).Error)
        {
            case Errno.None:
                progress.Note($"It was moved, although the answer was: {FileLook.Words(error)}.");
                return null;
            case Errno.NotFound when error == Errno.NotFound:
                return Abandon(new ActOutcome.AlreadyGone(), "It is already gone.");
            case Errno.NotFound:
                return Refuse(new(Refusal.System, $"It cannot be moved to quarantine: {FileLook.Words(error)}."));
            case var unknown:
                var sentence = $"It cannot be moved to quarantine ({FileLook.Words(error)}), and whether it was moved anyway is unknown ({FileLook.Words(unknown)}). Recovery checks again.";
                progress.Failed(sentence);
                return new ActOutcome.Failed(sentence, progress.Current, OperationFolder.PathOfItem(plan.Root, _top, plan.OperationId));
        }
    }

    // Between the last look and the rename the name came to mean another file, which goes straight back. The window: until it is back, its owner
    // does not find it.
    private ActOutcome MoveBack(Errno reason, FileStatus? moved)
    {
        Reach(QuarantinePoint.MoveBack);
        _file?.Dispose(); // it may be the one that goes back, and NFS gives a file that is in use another name in place of unlinking it
        var what = reason != Errno.None ? $"It cannot be examined after the move: {FileLook.Words(reason)}."
            : plan.Lock is null ? "Another file had taken its place, or it was written to."
            : "Another lock had taken its place, or it was written to; for a moment its name was absent, and any process could have taken it.";
        var (error, wasTaken) = TryMoveBack(moved);
        var path = OperationFolder.PathOfItem(plan.Root, _top, plan.OperationId);
        if (error == Errno.None && !(wasTaken && plan.Lock is not null))
        {
            return Abandon(new ActOutcome.ChangedMeanwhile(plan.Lock is null
                ? $"{what} It was put back."
                : $"{what} It was given back. If its owner released it in that moment, it did not find it: the lock stays until its owner ends and it is broken.", null), what);
        }

        var sentence = plan.Lock is not null ? DisplacedLock.Words(what, error, path)
            : error == Errno.Exists ? $"{what} Its name is taken again by a third file, so it stays at {path.Display}."
            : $"{what} It cannot be put back ({FileLook.Words(error)}), so it stays at {path.Display}.";
        progress.Failed(sentence);
        if (error == Errno.None)
            CleanUp();
        return new ActOutcome.Failed(sentence, progress.Current, error == Errno.None ? null : path);
    }

    // For a second: the process that has the name may be quick. That it had it is reported in any case.
    private (Errno Error, bool WasTaken) TryMoveBack(FileStatus? moved)
    {
        var wasTaken = false;
        var error = NameExchange.Repeat(
            () =>
            {
                var answer = plan.Attempt(QuarantinePoint.MoveBack, () => PrivateMove.Out(_folder!.Items!, Here, _name));
                wasTaken |= answer == Errno.Exists;
                return answer;
            },
            plan.MoveBackAttempts);

        // Nothing of that name: done, with a lost answer; or its directory is gone.
        var isBack = error == Errno.NotFound && moved is not null && _folder!.Items!.Stat(OperationFolder.ItemName).Error == Errno.NotFound
            && Here.Stat(_name).TryGet(out var there) && there.Identity == moved.Identity;
        return (isBack ? Errno.None : error, wasTaken);
    }

    private ActOutcome Refuse(BreakDecision.Refused refused) => Abandon(new ActOutcome.Refused(refused.Reason, refused.Sentence), refused.Sentence);

    private ActOutcome Abandon(ActOutcome outcome, string why)
    {
        CleanUp();
        progress.Failed(why);
        return outcome;
    }

    private void CleanUp()
    {
        if (_folder is not null)
        {
            Reach(QuarantinePoint.RemoveRecord);
            _ = _folder.RemoveRecord();
        }
    }
}
