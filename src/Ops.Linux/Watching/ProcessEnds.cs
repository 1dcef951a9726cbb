using Ops.Locks;

namespace Ops.Linux;

/// <summary>Knows within milliseconds that a process of interest has ended, by a pidfd for each. A thread of its own that sleeps until one does.</summary>
/// <remarks>A descriptor is kept for each process, for at most <see cref="Limit"/> of them: of the others a scan says so, or they get the place of one that has ended.</remarks>
public sealed class ProcessEnds : IDisposable
{
    /// <summary>Well below the 1,024 descriptors that a process has unless it asks for more.</summary>
    public const int Limit = 256;

    private readonly Action<ProcessIdentity> _ended;
    private readonly ProcReader _processes = new();
    private readonly WakeUp _wake;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly Dictionary<ProcessIdentity, PidFd> _followed = [];
    private readonly HashSet<ProcessIdentity> _reported = [];

    // Those for which there was no descriptor to spare: the next that becomes free is theirs.
    private readonly LinkedList<ProcessIdentity> _waiting = [];
    private readonly Dictionary<ProcessIdentity, LinkedListNode<ProcessIdentity>> _placeInWaiting = [];
    private List<(ProcessIdentity Process, bool IsWanted)> _asked = [];
    private int _unfollowed;
    private bool _isStopped;

    /// <param name="ended">Called on the thread of this object, once for each run of a process.</param>
    public ProcessEnds(Action<ProcessIdentity> ended)
    {
        _ended = ended;
        _wake = WakeUp.Open().Value;
        _thread = new Thread(Run) { IsBackground = true, Name = "process ends" };
        _thread.Start();
    }

    /// <summary>How many of those that are asked for are not followed, for want of descriptors.</summary>
    public int Unfollowed => Volatile.Read(ref _unfollowed);

    /// <summary>Follows these as well. One that has ended already is reported at once.</summary>
    public void Follow(IEnumerable<ProcessIdentity> processes) => Ask(processes, isWanted: true);

    /// <summary>Follows these no longer.</summary>
    public void Leave(IEnumerable<ProcessIdentity> processes) => Ask(processes, isWanted: false);

    public void Dispose()
    {
        lock (_gate)
            _isStopped = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            List<(ProcessIdentity Process, bool IsWanted)> asked;
            lock (_gate)
            {
                if (_isStopped)
                    break;
                (asked, _asked) = (_asked, []);
            }
            foreach (var (process, isWanted) in asked)
            {
                if (isWanted)
                    Adopt(process);
                else
                    Forget(process);
            }
            while (_followed.Count < Limit && _waiting.First is { } next)
            {
                StopWaiting(next.Value);
                Adopt(next.Value);
            }
            Volatile.Write(ref _unfollowed, _waiting.Count);
            foreach (var ended in PidFd.WaitForAny([.. _followed.Values], _wake))
                Report(_followed.First(f => f.Value == ended).Key);
        }
        foreach (var process in _followed.Values)
            process.Dispose();
    }

    private void Ask(IEnumerable<ProcessIdentity> processes, bool isWanted)
    {
        lock (_gate)
            _asked.AddRange(processes.Select(p => (p, isWanted)));
        _wake.Set();
    }

    private void Adopt(ProcessIdentity process)
    {
        if (_followed.ContainsKey(process) || _reported.Contains(process) || _placeInWaiting.ContainsKey(process))
            return;
        if (_followed.Count >= Limit)
        {
            _placeInWaiting.Add(process, _waiting.AddLast(process));
        }
        else if (PidFd.Open(process.Pid).TryGet(out var opened, out var error))
        {
            _followed.Add(process, opened);
            // The number may be that of a later process: what was opened is compared, and not the number.
            if (_processes.ReadProcess(process.Pid) is not { } now || now.Identity != process)
                Report(process);
        }
        else if (error == Errno.NoSuchProcess)
        {
            Report(process);
        }
    }

    private void Forget(ProcessIdentity process)
    {
        Drop(process);
        StopWaiting(process);
        _reported.Remove(process);
    }

    private void StopWaiting(ProcessIdentity process)
    {
        if (_placeInWaiting.Remove(process, out var place))
            _waiting.Remove(place);
    }

    private void Report(ProcessIdentity process)
    {
        Drop(process);
        _reported.Add(process);
        _ended(process);
    }

    private void Drop(ProcessIdentity process)
    {
        if (_followed.Remove(process, out var opened))
            opened.Dispose();
    }
}
