using System.Diagnostics;

namespace Ops.Agent.Tests;

/// <summary>The shell under the name of another program: what a scan looks at is the name, the arguments, the directory and the children. Ends when disposed.</summary>
internal sealed class StandIn : IDisposable
{
    private readonly Process _process;

    private StandIn(Process process) => _process = process;

    public int Pid => _process.Id;

    /// <param name="folder">Where the copy of the shell goes.</param>
    /// <param name="script">What it runs; it has to say one line once it is where the test needs it.</param>
    /// <param name="arguments">The shell has them as $0, $1...; the scan sees them in the command line.</param>
    public static StandIn Start(string folder, string command, string script, params string[] arguments)
    {
        var program = Path.Join(folder, command);
        if (!File.Exists(program))
            File.Copy("/bin/sh", program);
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in arguments.Prepend(script).Prepend("-c"))
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        Assert.NotNull(process.StandardOutput.ReadLine());
        return new StandIn(process);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
