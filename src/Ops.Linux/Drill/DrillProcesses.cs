using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Ops.Linux;

/// <summary>
/// Starts the processes of a drill and ends them. Each is this same program; no other is ever started. The kernel ends them when the thread that started them does
/// (prctl(2), PR_SET_PDEATHSIG), so one thread starts all and lives until they are gone.
/// </summary>
public sealed class DrillProcesses : IDisposable
{
    // Numbers below are not given out a second time (pid_namespaces(7), RESERVED_PIDS).
    private const int FirstNumber = 300;

    private readonly string _program;
    private readonly IReadOnlyList<string> _before;
    private readonly BlockingCollection<Action> _work = [];
    private readonly List<DrillProcess> _started = [];
    private readonly Thread _starter;

    /// <param name="program">This program.</param>
    /// <param name="before">Words that come before the steps: what makes it a process of a drill.</param>
    public DrillProcesses(string program, IReadOnlyList<string> before)
    {
        _program = program;
        _before = before;
        _starter = new Thread(() =>
        {
            foreach (var work in _work.GetConsumingEnumerable())
                work();
        })
        { IsBackground = true, Name = "drill" };
        _starter.Start();
    }

    /// <summary>Starts one; its steps may not have begun yet.</summary>
    /// <param name="name">How lists of processes show it.</param>
    /// <exception cref="DrillException">It cannot be started.</exception>
    public DrillProcess Start(string name, params IReadOnlyList<DrillStep> steps) => On(() => StartHere(name, steps));

    /// <summary>Starts one whose number is the given one. Numbers are given out in their order, to threads as well: as many are used up as are between.</summary>
    /// <returns>Null when another process of this host has got it, or it has been passed.</returns>
    public DrillProcess? StartNumbered(int number, string name) => On(() =>
    {
        while (LastNumber() is var last && last != number - 1)
        {
            if (last >= number)
                return null;
            var one = new Thread(static () => { }, 64 * 1024);
            one.Start();
            one.Join();
        }
        var process = StartHere(name, []);
        if (process.Pid == number)
            return process;
        process.End();
        return null;
    });

    /// <summary>A number that no process has and that comes up after so many others.</summary>
    public int NumberAhead(int others) => On(() =>
    {
        var highest = int.Parse(File.ReadAllText("/proc/sys/kernel/pid_max"), CultureInfo.InvariantCulture);
        var last = LastNumber();
        others = Math.Min(others, highest / 4);
        // Near the end they begin again from below, where some are taken: beyond that.
        while (last + others >= highest)
        {
            var one = new Thread(static () => { }, 64 * 1024);
            one.Start();
            one.Join();
            last = LastNumber();
        }
        var number = Math.Max(last, FirstNumber) + others;
        while (Directory.Exists($"/proc/{number.ToString(CultureInfo.InvariantCulture)}") || ProcessNumber.Probe(number) != Errno.NoSuchProcess)
            number++;
        return number;
    });

    public void Dispose()
    {
        if (_work.IsAddingCompleted)
            return;
        lock (_started)
        {
            foreach (var process in _started)
                process.Dispose();
        }
        _work.CompleteAdding();
        _starter.Join();
        _work.Dispose();
    }

    private DrillProcess StartHere(string name, IReadOnlyList<DrillStep> steps)
    {
        var start = new ProcessStartInfo(_program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = "/" };
        foreach (var word in _before.Concat([Environment.ProcessId.ToString(CultureInfo.InvariantCulture), name]).Concat(DrillStep.ToArguments(steps)))
            start.ArgumentList.Add(word);
        // One that is killed cannot take its socket for debuggers with it.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        try
        {
            var process = new DrillProcess(Process.Start(start)!, name);
            lock (_started)
                _started.Add(process);
            return process;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            throw new DrillException($"{_program} cannot be started: {e.Message}", e);
        }
    }

    private T On<T>(Func<T> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                result.SetResult(work());
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        });
        return result.Task.GetAwaiter().GetResult();
    }

    // The number that was given out last in our pid namespace (proc_loadavg(5)).
    private static int LastNumber()
    {
        var load = File.ReadAllText("/proc/loadavg").AsSpan().TrimEnd();
        return int.Parse(load[(load.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }
}
