using System.Diagnostics;
using System.Globalization;

namespace Ops.Linux;

/// <summary>A process that a drill started. Signals reach it and no other: they go through a pidfd that was opened before it could end.</summary>
public sealed class DrillProcess : IDisposable
{
    // Starting a program under load takes seconds; one that has not come up by then never will.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly PidFd _reference;
    private readonly string _name;
    private int _begun, _done;

    internal DrillProcess(Process process, string name)
    {
        _process = process;
        _name = name;
        Pid = process.Id;
        // The runtime collects a child that has ended by itself, so this may fail; then there is nothing to send a signal to.
        _reference = PidFd.Open(Pid).TryGet(out var reference, out var error) ? reference : throw new DrillException($"{name} ended at once ({error})");
    }

    public int Pid { get; }

    /// <summary>Waits until it has begun so many steps and ended so many. A step that takes a kernel lock begins twice: the second time its file is open, and it is about to wait.</summary>
    /// <exception cref="DrillException">It ended, a step failed, or it took too long.</exception>
    public void WaitFor(int begun, int done)
    {
        using var late = new Timer(_ => Kill(), null, Limit, Timeout.InfiniteTimeSpan);
        while (_begun < begun || _done < done)
        {
            var line = _process.StandardOutput.ReadLine();
            if (line == DrillRole.Begun)
                _begun++;
            else if (line == DrillRole.Done)
                _done++;
            else
                throw new DrillException($"{_name}: {line ?? "it ended, or did not begin in time"}");
        }
    }

    /// <summary>Ends its pause.</summary>
    public void GoOn()
    {
        _process.StandardInput.Write('\n');
        _process.StandardInput.Flush();
    }

    /// <summary>Stops it as SIGSTOP does, and returns when it is stopped.</summary>
    public void Stop()
    {
        _ = _reference.Send(Signal.Stop);
        if (!SpinWait.SpinUntil(() => StateNow() is 'T' or 'Z', Limit))
            throw new DrillException($"{_name} could not be stopped");
    }

    /// <summary>Kills it as a crash would, stopped or not: kernel locks go, files stay. Returns when it has been collected, so that its number is no process's.</summary>
    public void End()
    {
        Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        End();
        _reference.Dispose();
        _process.Dispose();
    }

    private void Kill() => _ = _reference.Send(Signal.Kill);

    private char? StateNow()
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{Pid.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 'Z';
        }
    }
}

/// <summary>A drill could not make what it wanted to show.</summary>
public sealed class DrillException : Exception
{
    public DrillException()
    {
    }

    public DrillException(string message)
        : base(message)
    {
    }

    public DrillException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
