using System.Diagnostics;
using System.Globalization;

namespace Ops.Testing;

/// <summary>A running LockMaker process, for tests. Ends when disposed: its standard input is closed, which ends it and its child; if it
/// does not end by itself, this one process is killed by its pid.</summary>
public sealed class LockMaker : IDisposable
{
    private readonly Process _process;

    private LockMaker(Process process, int? child) => (_process, Child) = (process, child);

    public int Pid => _process.Id;

    /// <summary>The child that shares the open files, with <c>--fork</c> or <c>--orphan</c>.</summary>
    public int? Child { get; }

    /// <summary>Starts the program with these arguments (see <c>Program</c>) and waits until it holds its locks, or, with
    /// <c>--wait</c>, until it is about to wait for them.</summary>
    public static LockMaker Start(params string[] arguments)
    {
        var program = Path.Join(AppContext.BaseDirectory, "LockMaker.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments.Prepend(program))
        {
            start.ArgumentList.Add(argument);
        }

        // A small heap and no profiler or diagnostics pipe: tests run many of these.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        var process = Process.Start(start) ?? throw new InvalidOperationException("LockMaker did not start");
        var line = process.StandardOutput.ReadLine();
        if (line?.Split(' ') is not ["pid", _, "ready", .. var rest])
        {
            var error = process.StandardError.ReadToEnd();
            process.Dispose();
            throw new InvalidOperationException($"LockMaker {string.Join(' ', arguments)}: {error}");
        }

        return new LockMaker(process, rest is ["child", var child] ? int.Parse(child, CultureInfo.InvariantCulture) : null);
    }

    /// <summary>Kills it at once, as a crash would: locks in the kernel go, dot locks stay. Returns when it is gone.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Has it close the descriptor that it opened last; returns when that is closed. Not for one with a child, which would read the request.</summary>
    public void CloseLast()
    {
        _process.StandardInput.Write('c');
        _process.StandardInput.Flush();
        while (_process.StandardOutput.ReadLine() is { } line && line != "closed")
        {
        }
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public void WaitForExit() => _process.WaitForExit();

    /// <summary>Lets it end normally, as a program that releases its locks; returns when it is gone.</summary>
    public void Release()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            Kill();
        }
    }

    public void Dispose()
    {
        Release();
        _process.Dispose();
    }
}
