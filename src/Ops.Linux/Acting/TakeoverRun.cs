using System.Text;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>One run of the protocol. Steps 1 to 4 may refuse and leave nothing behind; from the exchange on it ends or rolls back.</summary>
/// <remarks>
/// <para><b>May refuse</b>: in steps 1 to 4, at an exchange that did nothing, and at the second look of step 7, which puts the stale lock back.</para>
/// <para><b>May fail</b>: when names cannot be put back (<see cref="StuckException"/>, caught here) or our lock cannot be released.</para>
/// <para><b>Leaves behind</b>: as <see cref="Takeover"/>. Used once, on one thread; disposing it drops mutex, mailbox locks and pins, in every outcome.</para>
/// </remarks>
internal sealed partial class TakeoverRun(
    TakeoverPlan plan, TimeProvider clock, ActProgress progress, Func<BreakDecision.Refused?> verify, Func<BreakDecision.Refused?> recheck,
    CancellationToken stop) : IDisposable
{
    private readonly byte[] _lockName = plan.Expected.Path.Name.ToArray();
    private readonly byte[] _temporaryName =
        Encoding.ASCII.GetBytes(Takeover.TemporaryNameOf(plan.HostName, Environment.ProcessId, plan.OperationId));

    private StoreDirectory? _directory;
    private MailboxHold? _mailbox;
    private OperationFolder? _folder;
    private FileDescriptor? _stale;
    private FileStatus? _staleStatus;
    private FileDescriptor? _own;
    private NameExchange? _names;
    private byte[] _top = [];

    /// <summary>How many steps were begun.</summary>
    public int Steps => progress.Current;

    private FileDescriptor Here => _directory!.Here;

    public ActOutcome Run()
    {
        try
        {
            return Prepare() ?? Exchange();
        }
        catch (StuckException e)
        {
            return Leave($"Names are exchanged and cannot be put back: {e.Message}. No process can take or release a lock on this file system in this state. Recovery tries again until names can be changed.");
        }
    }

    private ActOutcome Exchange()
    {
        // No way out from here but through Release, GiveBack or an exchange that did nothing.
        Begin(5, "Exchange our lock with the stale one", TakeoverPoint.Exchange);
        var error = plan.Attempt(TakeoverPoint.Exchange, () => FileDescriptor.Exchange(Here, _temporaryName, Here, _lockName));
        if (error != Errno.None)
            return ExchangeFailed(error);
        Begin(6, "Check which file came back", TakeoverPoint.Inspect);
        if (_names!.LookAtTemporary() is not var (came, status))
            return AfterLostTemporary();
        using (came)
        {
            if (!IsTheStaleOne(status))
                return GiveBackStranger(came, status);
        }
        progress.Done("It is the stale lock; the name is ours now.");
        return FinishTakeover();
    }

    public void Dispose()
    {
        _own?.Dispose();
        _stale?.Dispose();
        _mailbox?.Dispose();
        _folder?.Dispose();
        _directory?.Dispose();
    }

    private void Begin(int number, string title, TakeoverPoint point)
    {
        progress.Begin(number, title);
        Reach(point);
    }

    private void Reach(TakeoverPoint point) => plan.Before?.Invoke(point);

    private bool IsTheStaleOne(FileStatus status) =>
        status.LinkCount == _staleStatus!.LinkCount && FileStamp.Of(_staleStatus).IsOf(status);

    private bool IsOwn(FileStatus status) => _own!.Stat().TryGet(out var own) && own.Identity == status.Identity;

    private ActOutcome ExchangeFailed(Errno error)
    {
        if (error == Errno.NotFound)
        {
            return Here.Stat(_temporaryName).Succeeded
                ? Abandon(new ActOutcome.AlreadyGone(), "The lock is already gone.")
                : Refuse(new(Refusal.Changed, "Another process removed our temporary file."));
        }

        if (PrivateMove.IsUnknownToFileSystem(error) && plan.MayBeRenamedAway)
            progress.Done("This file system cannot do that. The policy of this host allows the weaker protocol here.");
        return PrivateMove.IsUnknownToFileSystem(error)
            ? Refuse(new(Refusal.NoExchange, $"This file system cannot exchange two names in one step ({FileLook.Words(error)}), so no lock on it is taken over."))
            : Refuse(new(Refusal.System, $"The names cannot be exchanged: {FileLook.Words(error)}."));
    }

    // Another file came back: for a moment a living lock of another process was displaced. It gets its name back first; everything else can wait.
    private ActOutcome GiveBackStranger(FileDescriptor came, FileStatus status)
    {
        if (IsOwn(status))
        {
            const string Undone = "Another process exchanged the two names once more.";
            return Abandon(new ActOutcome.ChangedMeanwhile(Undone, null), Undone);
        }
        var found = status.ToFacts(plan.Expected.Path, FileContent.NotRead("it was given back at once"));
        var sentence = status.Identity == _staleStatus!.Identity
            ? "The lock was written to after it was judged. It was given back."
            : "Another lock had taken its place. It was given back.";
        var ending = _names!.GiveBack(_own!, came);
        if (ending == NameExchange.Ending.TemporaryRemoved)
            return AfterLostTemporary();
        if (ending == NameExchange.Ending.ReleasedMeanwhile)
            sentence = "Another lock had taken its place, and its owner released it.";
        return Abandon(new ActOutcome.ChangedMeanwhile(sentence, found), sentence);
    }

    // Only a stranger who removes names that are not his gets us here. We hold the lock, so we release it.
    private ActOutcome AfterLostTemporary()
    {
        const string Sentence = "Another process removed the file under our temporary name, whatever it was. Our lock was released.";
        return ReleaseByName() is var error && error != Errno.None
            ? Leave($"{Sentence} But that failed: {FileLook.Words(error)}.")
            : Abandon(new ActOutcome.ChangedMeanwhile(Sentence, null), Sentence, dropTemporary: false);
    }

    private ActOutcome FinishTakeover()
    {
        Begin(7, "Record the stale lock, look again, move it to quarantine", TakeoverPoint.Record);
        var taken = Record();

        Reach(TakeoverPoint.Recheck);
        if (LookAgain() is { } refused)
            return PutBack(refused);
        Reach(TakeoverPoint.MoveToQuarantine);
        var error = plan.Attempt(
            TakeoverPoint.MoveToQuarantine, () => FileDescriptor.RenameNoReplace(Here, _temporaryName, _folder!.Items!, OperationFolder.ItemName));
        if (error != Errno.None)
        {
            return error == Errno.NotFound
                ? AfterLostTemporary()
                : PutBack(new(Refusal.System, $"The stale lock cannot be moved to quarantine: {FileLook.Words(error)}."));
        }

        Reach(TakeoverPoint.CheckBoundary);
        var warnings = new List<string>();
        if (plan.MailboxIsMbox && _mailbox?.CheckBoundary() is { } warning)
            warnings.Add(warning);
        progress.Done(warnings.Count == 0 ? "No other process uses the mailbox." : string.Join(' ', warnings));

        Begin(8, "Release the lock", TakeoverPoint.Release);
        error = ReleaseByName();
        if (error != Errno.None)
            return Leave($"The stale lock is in quarantine, but our own lock cannot be removed: {FileLook.Words(error)}.");
        var released = clock.GetTimestamp();
        _mailbox?.Dispose();
        var quarantined = OperationFolder.PathOfItem(plan.Root, _top, plan.OperationId);
        Reach(TakeoverPoint.Finish);
        CloseRecord(warnings);
        _directory!.ReleaseMutex();
        progress.Done(null);
        plan.Released?.Invoke();

        Begin(9, "Watch who takes the lock next", TakeoverPoint.Settle);
        var sightings = SettleWatch.Watch(Here, _lockName, plan.Expected.Path, released, plan.SettlePeriod, clock, stop);
        progress.Done(SettleWatch.Sentence(sightings));
        return new ActOutcome.TakenOver(taken, quarantined, warnings, sightings);
    }

    private TakenFile Record()
    {
        // Through the pin: it is this inode that was judged, whatever its names are now.
        var facts = FileLook.At(_stale!, plan.Expected.Path).TryGet(out var read, out _)
            ? read
            : _staleStatus!.ToFacts(plan.Expected.Path, plan.Expected.Content);
        return new TakenFile(facts, FileLook.XattrsOf(_stale!));
    }

    private BreakDecision.Refused? LookAgain()
    {
        try
        {
            return recheck();
        }
#pragma warning disable CA1031 // whatever it throws, the names must not stay exchanged
        catch (Exception e)
        {
            return new(Refusal.System, $"The second look failed: {e.Message}");
        }
#pragma warning restore CA1031
    }

    // The evidence does not hold any more: the state before the exchange is the one that harms no process. The lock is ours, so one exchange does
    // it; if another process removed ours in between and has the lock itself, it keeps it.
    private ActOutcome PutBack(BreakDecision.Refused reason)
    {
        progress.Note("Putting the stale lock back.");
        if (_names!.LookAtTemporary() is not var (pin, _))
            return AfterLostTemporary();
        var ending = _names.GiveBack(_own!, pin);
        if (ending == NameExchange.Ending.TemporaryRemoved)
            return AfterLostTemporary();
        var isBack = ending == NameExchange.Ending.Returned && Here.Stat(_temporaryName).TryGet(out var left) && IsOwn(left);
        return Abandon(
            isBack
                ? new ActOutcome.Refused(reason.Reason, $"{reason.Sentence} The stale lock was put back.", WasPutBack: true)
                : new ActOutcome.ChangedMeanwhile($"{reason.Sentence} Our lock had been removed in between, so the stale one was not put back.", null),
            reason.Sentence);
    }

    // By name, as any holder does. An identity check here would leave our lock behind when a breaker that does not know our mutex has it displaced for a
    // moment. But when our lock has no name at all any more, it was removed (by an age rule, by a person), and the name, if it is there, is that of another
    // living lock.
    private Errno ReleaseByName() =>
        NameExchange.HasNoName(_own!) ? Errno.None : NameExchange.Patiently(() => plan.Attempt(TakeoverPoint.Release, () => Here.Unlink(_lockName)));

    private void CloseRecord(List<string> warnings)
    {
        if (plan.DiscardsTakenFile)
        {
            _ = _folder!.Items!.Unlink(OperationFolder.ItemName);
            _ = _folder.RemoveRecord();
            return;
        }
        var error = NameExchange.Patiently(() => plan.Attempt(TakeoverPoint.Finish, _folder!.RemoveOwn));
        if (error != Errno.None)
            warnings.Add($"The record of this break could not be closed: {FileLook.Words(error)}. The next start of the agent closes it.");
        _ = _folder!.WriteDone(new DoneMark(clock.GetUtcNow()));
        if (((Errno[])[_folder!.Items!.Fsync(), _folder.Folder.Fsync(), Here.Fsync()]).FirstOrDefault(e => e != Errno.None) is var unflushed and not Errno.None)
            warnings.Add($"It could not be written to the disk ({FileLook.Words(unflushed)}): check the disk. After a crash of this host the stale lock may be back.");
    }
}
