using Ops.Locks;

namespace Ops.Linux;

/// <summary>Gives back what an exchange displaced. See <c>README.md</c> next to this file for the argument.</summary>
/// <remarks>
/// <para><b>Never refuses</b>: whose lock it displaced, it owes the name.</para>
/// <para><b>May fail</b> only when the file system lets no name be changed for longer than <paramref name="giveUpAfter"/> (<see cref="StuckException"/>).</para>
/// <para><b>Leaves behind</b> under the temporary name a file that means nothing; after a failure, the displaced lock and a record of it for <see cref="Recovery"/>.</para>
/// <para><b>Withstands</b> owners that release and acquire between two exchanges, and breakers that exchange the same two names: each file is pinned while it is compared.</para>
/// </remarks>
/// <param name="attempt">Does a system call, or has it fail for a test.</param>
/// <param name="record">Called with what is under the temporary name before each exchange back, for recovery.</param>
/// <param name="trouble">Called, now and then, with why it takes so long.</param>
/// <param name="giveUpAfter">So long without a single call that worked. A file system that lets no process change a name any more lets no process acquire or release a
/// lock either; what stands then is what a crash leaves, and recovery settles it when the file system is back.</param>
internal sealed class NameExchange(
    FileDescriptor directory, byte[] lockName, byte[] temporaryName, Action<TakeoverPoint>? before, Func<TakeoverPoint, Func<Errno>, Errno> attempt,
    Action<FileStatus> record, Action<string> trouble, TimeSpan giveUpAfter)
{
    /// <summary>Of <see cref="Repeat"/>, for a second.</summary>
    public const int Attempts = 20;

    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(0.2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(1);

    private TimeSpan _pause = FirstPause;
    private TimeSpan _paused;
    private TimeSpan _failing;

    public enum Ending
    {
        /// <summary>The displaced file has its name again; under the temporary name is our own, or one that its owner has released.</summary>
        Returned,

        /// <summary>The name was free: its owner released the displaced file through ours. It is under the temporary name and means nothing.</summary>
        ReleasedMeanwhile,

        /// <summary>Another process removed the temporary name, and with it what was displaced.</summary>
        TemporaryRemoved,
    }

    /// <summary>Opens what is under the temporary name, so that its inode number cannot be given to another file while we compare.
    /// Null when nothing is there. Waits and tries again when the kernel cannot say.</summary>
    /// <exception cref="StuckException">The kernel could not say for too long.</exception>
    public (FileDescriptor Pin, FileStatus Status)? LookAtTemporary()
    {
        while (true)
        {
            var opened = directory.OpenPathOnly(temporaryName);
            if (opened.TryGet(out var pin, out var error))
            {
                if (pin.Stat().TryGet(out var status, out error))
                    return (pin, status);
                pin.Dispose();
            }
            else if (error == Errno.NotFound)
            {
                return null;
            }

            Pause($"the file under the temporary name cannot be examined: {FileLook.Words(error)}");
        }
    }

    /// <summary>Exchanges until every lock that we displaced has its name again. Takes no cancellation, and has no limit as long as the file system lets names be
    /// changed: to stop in the middle would leave a living owner without its lock.</summary>
    /// <param name="own">Our own lock, open. For recovery: what stands at the lock's name in place of the displaced file.</param>
    /// <param name="displaced">Pin of what is under the temporary name; this takes it over.</param>
    /// <exception cref="StuckException">The file system has not let names be changed for too long.</exception>
    public Ending GiveBack(FileDescriptor own, FileDescriptor displaced)
    {
        // What stands at the lock's name in place of the file under the temporary name: ours at first. If something else comes back,
        // its owner was displaced too; the file before it stands in for it now, as ours did for the first.
        var standIn = own;
        try
        {
            while (true)
            {
                if (displaced.Stat().TryGet(out var wanted))
                    record(wanted);
                before?.Invoke(TakeoverPoint.ExchangeBack);
                var error = attempt(TakeoverPoint.ExchangeBack, () => FileDescriptor.Exchange(directory, temporaryName, directory, lockName));
                if (error == Errno.NotFound)
                {
                    if (LookAtTemporary() is not var (there, _))
                        return Ending.TemporaryRemoved;
                    there.Dispose();
                    return Ending.ReleasedMeanwhile;
                }
                if (error != Errno.None)
                {
                    Pause($"the names cannot be exchanged back: {FileLook.Words(error)}");
                    continue;
                }
                _failing = TimeSpan.Zero;

                before?.Invoke(TakeoverPoint.InspectBack);
                if (LookAtTemporary() is not var (pin, status))
                    return Ending.TemporaryRemoved;
                // Our own, or: the stand-in came back and ours has no name left, so the one we displaced first removed ours when it
                // released its lock. (Without the second condition a breaker that does not know our mutex could be cut short.)
                if (status.Identity == IdentityOf(own) || (status.Identity == IdentityOf(standIn) && HasNoName(own)))
                {
                    pin.Dispose();
                    return Ending.Returned;
                }
                if (!ReferenceEquals(standIn, own))
                    standIn.Dispose();
                (standIn, displaced) = (displaced, pin);
                Pause(null);
            }
        }
        finally
        {
            displaced.Dispose();
            if (!ReferenceEquals(standIn, own))
                standIn.Dispose();
        }
    }

    /// <summary>Removes the temporary name, trying for a second. Only for what is known to mean nothing any more.</summary>
    public Errno DropTemporary()
    {
        before?.Invoke(TakeoverPoint.DropTemporary);
        return Patiently(() => attempt(TakeoverPoint.DropTemporary, () => directory.Unlink(temporaryName)));
    }

    /// <summary>Tries for a second; <see cref="Errno.NotFound"/> is success.</summary>
    public static Errno Patiently(Func<Errno> act) => Repeat(act, Attempts) is var error && error == Errno.NotFound ? Errno.None : error;

    /// <summary>Tries so often, 50 ms apart, until it is done or there is nothing of that name. The last answer.</summary>
    public static Errno Repeat(Func<Errno> act, int attempts)
    {
        for (var attempt = 1; ; attempt++)
        {
            var error = act();
            if (error is Errno.None or Errno.NotFound || attempt >= attempts)
                return error;
            Thread.Sleep(TimeSpan.FromMilliseconds(50));
        }
    }

    public static bool HasNoName(FileDescriptor file) => file.Stat().TryGet(out var status) && status.LinkCount == 0;

    private static FileIdentity? IdentityOf(FileDescriptor file) => file.Stat().TryGet(out var status) ? status.Identity : null;

    private void Pause(string? reason)
    {
        if (reason is not null && _failing >= giveUpAfter)
            throw new StuckException(reason);
        Thread.Sleep(_pause);
        _paused += _pause;
        _failing += reason is null ? TimeSpan.Zero : _pause;
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        if (_paused > TellAfter)
        {
            _paused = TimeSpan.Zero;
            trouble($"Still putting names back: {reason ?? "they are moving"}.");
        }
    }
}

/// <summary>Names are exchanged, and the file system does not let them be exchanged back.</summary>
internal sealed class StuckException(string reason) : Exception(reason);
