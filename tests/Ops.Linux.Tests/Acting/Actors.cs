using System.Text;
using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>A well-behaved program: acquires by linking a file of its own to the lock's name, holds, releases by name.</summary>
internal sealed class LockUser(TestStore store, string name) : IActor
{
    public bool IsDone { get; private set; }

    public bool Holds { get; private set; }

    public bool HasItsOwnFile => File.Exists(store.Lock) && File.ReadAllText(store.Lock) == name;

    // A failed attempt changes nothing, so orders with and without it are the same.
    public bool CanStep => Holds || !File.Exists(store.Lock);

    public void Step()
    {
        if (Holds)
        {
            (Holds, IsDone) = (false, true);
            File.Delete(store.Lock);
        }
        else
        {
            Holds = LinkProtocol.TryAcquire(store.Mail, "alice.lock", name);
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>The link protocol of lockfile programs.</summary>
internal static class LinkProtocol
{
    public static bool TryAcquire(string directory, string lockName, string unique)
    {
        using var here = FileDescriptor.OpenDirectory(Encoding.UTF8.GetBytes(directory)).Value;
        var post = Encoding.UTF8.GetBytes($"post.{unique}");
        using (var file = here.CreateExclusive(post, Modes.O644).Value)
        {
            Assert.Equal(Errno.None, file.Write(Encoding.UTF8.GetBytes(unique)));
        }

        var linked = FileDescriptor.Link(here, post, here, Encoding.UTF8.GetBytes(lockName));
        Assert.True(linked is Errno.None or Errno.Exists);
        Assert.Equal(Errno.None, here.Unlink(post));
        return linked == Errno.None;
    }
}

/// <summary>A program that takes the stale lock away itself, in one step with its look.</summary>
internal sealed class Cleaner(TestStore store, FileIdentity stale) : IActor
{
    public bool IsDone { get; private set; }

    public bool CanStep => true;

    public bool Holds => false;

    public void Step()
    {
        IsDone = true;
        if (File.Exists(store.Lock) && TestStore.FactsOf(store.Lock).Identity == stale)
        {
            File.Delete(store.Lock);
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>A program that takes a dead owner's lock away, in one step with its look: ours, after a crash. Not while a user holds, since that one's lock may be
/// the one that ours displaced, and nothing can help it then.</summary>
internal sealed class CleanerOfOurs(TestStore store, Breaker crashed, LockUser user) : IActor
{
    public bool IsDone { get; private set; }

    public bool CanStep => crashed.HasCrashed && !user.Holds;

    public bool Holds => false;

    public void Step()
    {
        IsDone = true;
        if (File.Exists(store.Lock) && TestStore.FactsOf(store.Lock).Identity == crashed.OwnLock)
        {
            File.Delete(store.Lock);
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>What is not to be done: look, then unlink.</summary>
internal sealed class CheckThenUnlink(TestStore store, FileIdentity stale) : IActor
{
    private bool _looked;

    public bool IsDone { get; private set; }

    public bool CanStep => true;

    public bool Holds => false;

    public void Step()
    {
        if (!_looked)
        {
            _looked = true;
            IsDone = !File.Exists(store.Lock) || TestStore.FactsOf(store.Lock).Identity != stale;
        }
        else
        {
            IsDone = true;
            File.Delete(store.Lock);
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>What is not to be done either: look, rename away, look again, and link back what should not have been taken.</summary>
internal sealed class RenameVerifyRestore(TestStore store, FileIdentity stale) : IActor
{
    private int _step;

    public bool IsDone { get; private set; }

    public bool CanStep => true;

    public bool Holds => false;

    private string Away => store.In("away");

    public void Step()
    {
        switch (_step++)
        {
            case 0:
                IsDone = !File.Exists(store.Lock) || TestStore.FactsOf(store.Lock).Identity != stale;
                break;
            case 1:
                IsDone = !File.Exists(store.Lock);
                if (!IsDone)
                {
                    File.Move(store.Lock, Away);
                }

                break;
            default:
                IsDone = true;
                if (TestStore.FactsOf(Away).Identity != stale && !File.Exists(store.Lock))
                {
                    File.Move(Away, store.Lock);
                }
                else
                {
                    File.Delete(Away);
                }

                break;
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>Real code on a thread of its own that stops at each point where the world may change, until it is told to go on.</summary>
internal abstract class SteppedActor : IActor
{
    private static readonly HashSet<TakeoverPoint> Stops =
    [
        TakeoverPoint.Mutex, TakeoverPoint.Identify, TakeoverPoint.HoldMailbox, TakeoverPoint.Exchange, TakeoverPoint.Inspect, TakeoverPoint.MoveToQuarantine,
        TakeoverPoint.Release, TakeoverPoint.Finish, TakeoverPoint.ExchangeBack, TakeoverPoint.InspectBack, TakeoverPoint.DropTemporary,
    ];

    private readonly SemaphoreSlim _go = new(0);
    private readonly SemaphoreSlim _stopped = new(0);
    private Thread? _thread;
    private Exception? _failure;
    private volatile bool _abandoned;

    public bool IsDone { get; private set; }

    public virtual bool CanStep => true;

    public bool Holds { get; protected set; }

    /// <summary>The points that were passed, in order.</summary>
    public List<TakeoverPoint> Passed { get; } = [];

    public void Step()
    {
        if (_thread is null)
        {
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }
        else
        {
            _go.Release();
        }

        _stopped.Wait();
        if (_failure is not null)
        {
            throw new InvalidOperationException("an act threw", _failure);
        }
    }

    public void Dispose()
    {
        _abandoned = true;
        while (_thread is not null && !IsDone)
        {
            Step();
        }

        _thread?.Join();
        _go.Dispose();
        _stopped.Dispose();
    }

    protected abstract void Act();

    /// <summary>Before it stops at a point.</summary>
    protected virtual void Arriving(TakeoverPoint point)
    {
    }

    /// <summary>When it goes on from there.</summary>
    protected virtual void Leaving(TakeoverPoint point)
    {
    }

    protected void Reach(TakeoverPoint point)
    {
        Passed.Add(point);
        Arriving(point);
        if (point is TakeoverPoint.ExchangeBack or TakeoverPoint.Finish)
        {
            Holds = false;
        }

        if (Stops.Contains(point) && !_abandoned)
        {
            _stopped.Release();
            _go.Wait();
        }

        Leaving(point);
    }

    private void Run()
    {
        try
        {
            Act();
        }
        catch (CrashException)
        {
        }
#pragma warning disable CA1031 // handed to the thread that waits
        catch (Exception e)
        {
            _failure = e;
        }
#pragma warning restore CA1031
        finally
        {
            (Holds, IsDone) = (false, true);
            _stopped.Release();
        }
    }
}

/// <summary>A takeover. It can be made to crash where it stands: all its descriptors are closed, as the kernel does, and it does nothing any more.</summary>
internal sealed class Breaker(TestStore store, FileFacts stale, bool refusesAtRecheck = false) : SteppedActor
{
    private TakeoverRun? _run;
    private bool _crashes;

    public bool HasCrashed { get; private set; }

    public bool HasBegun => _run is not null;

    /// <summary>Its lock file, once it is at the lock's name.</summary>
    public FileIdentity? OwnLock { get; private set; }

    public void Crash()
    {
        _crashes = true;
        Step();
    }

    protected override void Act()
    {
        var plan = store.Plan(stale) with { MutexWait = TimeSpan.Zero, Before = Reach };
        using (_run = new TakeoverRun(plan, TimeProvider.System, new ActProgress(null), () => null, Recheck, default))
        {
            _run.Run();
        }
    }

    protected override void Arriving(TakeoverPoint point)
    {
        if (point == TakeoverPoint.Inspect)
        {
            OwnLock = TestStore.FactsOf(store.Lock).Identity;
        }
    }

    protected override void Leaving(TakeoverPoint point)
    {
        if (_crashes)
        {
            HasCrashed = true;
            _run!.Dispose();
            throw new CrashException();
        }
    }

    private BreakDecision.Refused? Recheck()
    {
        Holds = true; // from here on it does what only a holder may
        return refusesAtRecheck ? new(Refusal.InUse, "Somebody came.") : null;
    }
}

/// <summary>A breaker on a file system that cannot exchange names, with leave for the weaker protocol.</summary>
internal sealed class WeakerBreaker(TestStore store, FileFacts stale) : SteppedActor
{
    public ActOutcome? Outcome { get; private set; }

    /// <summary>Kept by the check: whether two held the lock at once at any time of this order.</summary>
    public bool SawTwoHolders { get; set; }

    protected override void Act()
    {
        var plan = store.Plan(stale) with
        {
            MutexWait = TimeSpan.Zero,
            MayBeRenamedAway = true,
            MoveBackAttempts = 1, // nobody else can step while it waits
            Fault = p => p == TakeoverPoint.Exchange ? Errno.InvalidArgument : Errno.None,
            BeforeWeaker = p =>
            {
                // What nobody can come between is one step; the names of the stops are those of the takeover.
                if (p is QuarantinePoint.Move or QuarantinePoint.Inspect or QuarantinePoint.MoveBack)
                {
                    Reach(p == QuarantinePoint.Move ? TakeoverPoint.Exchange : p == QuarantinePoint.Inspect ? TakeoverPoint.Inspect : TakeoverPoint.ExchangeBack);
                }
            },
        };
        Outcome = TestStore.TakeOver(plan);
    }
}

/// <summary>What stops a breaker that crashes; the clean-up that it sets off finds every descriptor closed.</summary>
internal sealed class CrashException : Exception;

/// <summary>Kills a breaker once.</summary>
internal sealed class Killer(Breaker victim) : IActor
{
    public bool IsDone { get; private set; }

    public bool CanStep => victim.HasBegun && !victim.IsDone;

    public bool Holds => false;

    public void Step()
    {
        IsDone = true;
        victim.Crash();
    }

    public void Dispose()
    {
    }
}

/// <summary>The next start of the agent after a crash.</summary>
internal sealed class Restart(TestStore store, Breaker crashed) : SteppedActor
{
    public override bool CanStep => crashed.HasCrashed;

    public IReadOnlyList<RecoveredOperation> Settled { get; private set; } = [];

    protected override void Act() => Settled = new Recovery { Before = Reach }.Run(store.RootPath, "host");
}
