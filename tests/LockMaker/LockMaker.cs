using System.Diagnostics;
using System.Globalization;

namespace Ops.Testing;

/// <summary>A running LockMaker process, for tests. Ends when disposed: its standard input is closed, which ends it and its child; if it
/// does not end by itself, this one process is killed by its pid.</summary>
public sealed class LockMaker : IDisposable
{
    private readonly Process _process;

    private LockMaker(Process process) => (_process, OwnPid) = (process, process.Id);

    public int Pid => _process.Id;

    /// <summary>The child that shares the open files, with <c>--fork</c> or <c>--orphan</c>.</summary>
    public int? Child { get; private set; }

    /// <summary>Its number as it sees it itself: another than <see cref="Pid"/> in a pid namespace of its own. Known with <c>--told</c>.</summary>
    public int OwnPid { get; private set; }

    /// <summary>The number of a second thread of it, with <c>--told</c>.</summary>
    public int Thread { get; private set; }

    /// <summary>Starts the program with these arguments (see <c>Program</c>) and waits until it holds its locks, or, with
    /// <c>--wait</c>, until it is about to wait for them.</summary>
    public static LockMaker Start(params string[] arguments)
    {
        var maker = new LockMaker(Run([], arguments));
        maker.WaitUntilReady();
        return maker;
    }

    /// <summary>The same under the name of another program, which is how process lists show it.</summary>
    /// <param name="directory">Where a link of that name is made.</param>
    public static LockMaker StartAs(string name, string directory, params string[] arguments)
    {
        var link = Path.Join(Directory.CreateDirectory(Path.Join(directory, "bin")).FullName, name);
        if (!File.Exists(link))
            File.CreateSymbolicLink(link, Path.Join(AppContext.BaseDirectory, "LockMaker"));
        var maker = new LockMaker(Run([link], [], arguments));
        maker.WaitUntilReady();
        return maker;
    }

    /// <summary>Starts the program so that its numbers are known before it does anything; what it shall do it is told by <see cref="Go"/>.</summary>
    /// <param name="under">A program and its arguments that runs it, such as <c>unshare</c>; empty for none.</param>
    public static LockMaker Begin(IReadOnlyList<string> under, params string[] options)
    {
        var maker = new LockMaker(Run(under, ["--told", .. options]));
        if (maker._process.StandardOutput.ReadLine()?.Split(' ') is not ["pid", var pid, "begun", "thread", var thread])
        {
            throw maker.Failed(string.Join(' ', options));
        }

        (maker.OwnPid, maker.Thread) = (int.Parse(pid, CultureInfo.InvariantCulture), int.Parse(thread, CultureInfo.InvariantCulture));
        return maker;
    }

    /// <summary>Tells it the specs; each a list of words.</summary>
    public void Tell(IEnumerable<string[]> specs)
    {
        foreach (var spec in specs)
        {
            _process.StandardInput.Write(string.Join('\t', spec) + "\n");
        }

        _process.StandardInput.Write("go\n");
        _process.StandardInput.Flush();
    }

    /// <summary>Tells it the specs and waits until it has done them all.</summary>
    public void Go(IEnumerable<string[]> specs)
    {
        Tell(specs);
        WaitUntilReady();
    }

    public void WaitUntilReady()
    {
        var line = _process.StandardOutput.ReadLine();
        if (line?.Split(' ') is not ["pid", _, "ready", .. var rest])
        {
            throw Failed("");
        }

        Child = rest is ["child", var child] ? int.Parse(child, CultureInfo.InvariantCulture) : null;
    }

    private InvalidOperationException Failed(string what)
    {
        _process.StandardInput.Close();
        var error = _process.StandardError.ReadToEnd();
        _process.Dispose();
        return new InvalidOperationException($"LockMaker {what}: {error}");
    }

    private static Process Run(IReadOnlyList<string> under, string[] arguments) =>
        Run([Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Join(AppContext.BaseDirectory, "LockMaker.dll")], under, arguments);

    private static Process Run(IReadOnlyList<string> program, IReadOnlyList<string> under, string[] arguments)
    {
        string[] words = [.. under, .. program, .. arguments];
        var start = new ProcessStartInfo(words[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in words.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        // A small heap and no profiler or diagnostics pipe: tests run many of these.
        start.Environment["DOTNET_gcServer"] = "0";
        // Under another name it is not dotnet that starts it, and may not be where such programs look for the runtime.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Join(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start) ?? throw new InvalidOperationException("LockMaker did not start");
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
