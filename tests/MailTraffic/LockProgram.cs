using System.Diagnostics;

namespace Ops.Testing;

/// <summary>The real programs that scripts and mail programs take dot locks with, one process for each lock and each release.</summary>
internal sealed class LockProgram
{
    private readonly Func<string, (string Program, string[] Arguments)> _take;
    private readonly Func<string, (string Program, string[] Arguments)> _release;

    private LockProgram(Func<string, (string, string[])> take, Func<string, (string, string[])> release) => (_take, _release) = (take, release);

    /// <summary>Null for a program that is not known.</summary>
    public static LockProgram? Of(string name) => name switch
    {
        // Names nobody. (With -p it names its caller, but then it also takes locks of dead processes away itself, by looking and unlinking, which loses mail without
        // any help of ours.) No retries: the next mailbox is as good.
        "dotlockfile" => new(l => ("dotlockfile", ["-l", "-r", "0", l]), l => ("dotlockfile", ["-u", l])),
        // Writes "0" and names nobody; scripts release it with rm.
        "lockfile" => new(l => ("lockfile", ["-r", "0", l]), l => ("rm", [l])),
        _ => null,
    };

    public DotLock? TryTake(string mailbox)
    {
        var path = mailbox + ".lock";
        return Run(_take(path)) ? new DotLock(path, Kernel.InodeOf(path) ?? 0) : null;
    }

    /// <returns>False when the name was gone. <c>dotlockfile -u</c> does not tell, so that is looked at before.</returns>
    public bool Release(DotLock held) => Kernel.InodeOf(held.Path) is not null && Run(_release(held.Path));

    private static bool Run((string Program, string[] Arguments) command)
    {
        var start = new ProcessStartInfo(command.Program) { RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in command.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        _ = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
