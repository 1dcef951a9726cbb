using System.Diagnostics;

namespace Ops.Testing;

/// <summary>A program of ours running as a process of its own. Its output is kept; it is ended by its own pid, and nobody else is.</summary>
public sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly string _name;
    private bool _isDisposed;
    private int _pid;

    private ChildProcess(Process process, string name)
    {
        (_process, _name) = (process, name);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Pid => _isDisposed ? _pid : _process.Id;

    public bool HasEnded => _isDisposed || _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Everything it has written so far, for messages of failed tests.</summary>
    public string Log
    {
        get
        {
            lock (_lines)
            {
                return $"--- {_name} (pid {Pid}{(HasEnded ? ", ended" : "")})\n{string.Join('\n', _lines)}\n---";
            }
        }
    }

    /// <summary>Starts a program of ours.</summary>
    /// <param name="program">A dll, which <c>dotnet</c> runs, or a native program.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (started, all) = Built.Launch(program, arguments);
        return StartProgram(started, all, environment, Path.GetFileNameWithoutExtension(program));
    }

    /// <summary>Starts a program that is not ours.</summary>
    public static ChildProcess StartProgram(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? name = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            // Relative paths in somebody's settings must not end up in the tree.
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What the test host was told must not be told to the programs under test.
        foreach (var key in start.Environment.Keys.Where(k => k.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || k.StartsWith("Ops__", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(key);
        }

        start.Environment["DOTNET_NOLOGO"] = "1";
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        return new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"), name ?? Path.GetFileName(program));
    }

    /// <summary>Waits until a line fits, looking at all written so far.</summary>
    /// <exception cref="TimeoutException">None came in time, or the process ended; the message has its output.</exception>
    public async Task<T> LineAsync<T>(Func<string, T?> find, TimeSpan within)
        where T : class
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            lock (_lines)
            {
                if (_lines.Select(find).FirstOrDefault(found => found is not null) is { } found)
                {
                    return found;
                }
            }

            if (HasEnded || waiting.Elapsed > within)
            {
                throw new TimeoutException($"{_name} did not say what was waited for within {within.TotalSeconds} s.\n{Log}");
            }

            await Task.Delay(20);
        }
    }

    public Task<string> LineAsync(string part, TimeSpan within) => LineAsync(line => line.Contains(part, StringComparison.Ordinal) ? line : null, within);

    /// <summary>Ends its standard input, which is how LockMaker and its kin are told to end, and waits.</summary>
    public async Task CloseInputAsync()
    {
        _process.StandardInput.Close();
        await EndedAsync(TimeSpan.FromSeconds(30));
    }

    public async Task EndedAsync(TimeSpan within)
    {
        using var late = new CancellationTokenSource(within);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{_name} did not end within {within.TotalSeconds} s.\n{Log}");
        }
    }

    /// <summary>At once, as a crash would.</summary>
    public void Kill()
    {
        if (!HasEnded)
        {
            _process.Kill();
        }

        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        Kill();
        // For the log of a test that fails later.
        (_isDisposed, _pid) = (true, Pid);
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}
