using Ops.Locks;

namespace Ops.Linux;

/// <summary>Knows within milliseconds that a process of interest has ended, by a pidfd for each. A thread of its own that sleeps until one does.</summary>
/// <remarks>A descriptor is kept for each process, for at most <see cref="Limit"/> of them: of the others scans say so.</remarks>
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
    private IReadOnlySet<ProcessIdentity> _wanted = new HashSet<ProcessIdentity>();
    private HashSet<ProcessIdentity> _reported = [];
    private bool _isStopped;

    /// <param name="ended">Called on the thread of this object, once for each run of a process.</param>
    public ProcessEnds(Action<ProcessIdentity> ended)
    {
        _ended = ended;
        _wake = WakeUp.Open().Value;
        _thread = new Thread(Run) { IsBackground = true, Name = "process ends" };
        _thread.Start();
    }

    /// <summary>From now on follows these and no others. One that has ended already is reported at once.</summary>
    public void Follow(IReadOnlySet<ProcessIdentity> processes)
    {
        lock (_gate)
        {
            if (_wanted.SetEquals(processes))
                return;
            _wanted = processes;
        }
        _wake.Set();
    }

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
            IReadOnlySet<ProcessIdentity> wanted;
            lock (_gate)
            {
                if (_isStopped)
                    break;
                wanted = _wanted;
            }
            Adopt(wanted);
            foreach (var ended in PidFd.WaitForAny([.. _followed.Values], _wake))
                Report(_followed.First(f => f.Value == ended).Key);
        }
        foreach (var process in _followed.Values)
            process.Dispose();
    }

    private void Adopt(IReadOnlySet<ProcessIdentity> wanted)
    {
        foreach (var process in _followed.Keys.Where(p => !wanted.Contains(p)).ToList())
            Drop(process);
        _reported = [.. _reported.Where(wanted.Contains)];
        foreach (var process in wanted.Where(p => !_followed.ContainsKey(p) && !_reported.Contains(p)))
        {
            if (_followed.Count >= Limit)
                return;
            if (PidFd.Open(process.Pid).TryGet(out var opened, out var error))
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
