using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;
using Ops.Contracts;

namespace Ops.Agent.Tests;

/// <summary>This assembly run as a program: an agent that carries out one act, to which something happens at one of its steps.
/// <code>STORE STATE REQUEST.json kill|eio STEP running|done</code>
/// <c>kill</c>: it ends by SIGKILL there. <c>eio</c>: from there on the kernel answers every fsync of it with EIO; step 0 is before the act. Prints the result.</summary>
internal static partial class ActProgram
{
    private const int Killed = 137;

    public static int Main(string[] arguments)
    {
        if (arguments is not [var store, var state, var file, var what, var step, var stepState])
            return 2;
        var policy = new Policy { SettlePeriod = TimeSpan.Zero, Verbs = ["break", "remove", "undo", "purge", "term", "rescue"] };
        var settings = new AgentSettings
        {
            Policy = policy,
            Roots = StoreRoots.Named([store]),
            StateDirectory = state,
            Judging = policy.Judging with { AgeBy = Locks.AgeClock.Modified },
        };
        var request = JsonSerializer.Deserialize(File.ReadAllText(file), OpsJson.Default.ExecuteRequest)!;
        var handler = new OperationHandler(settings, new HostSurvey(settings, TimeProvider.System), TimeProvider.System, NullLogger.Instance);
        var at = int.Parse(step, CultureInfo.InvariantCulture);
        if (at == 0)
            Happen(what);
        var result = handler.Execute(request, p =>
        {
            if (p.Step == at && p.State == stepState)
                Happen(what);
        });
        Console.WriteLine(JsonSerializer.Serialize(result, OpsJson.Default.OperationResult));
        return 0;
    }

    /// <returns>The result; null when it was killed.</returns>
    public static OperationResult? Run(Store store, ExecuteRequest request, string what, int step, string stepState)
    {
        var file = store.Write("../request.json", JsonSerializer.Serialize(request, OpsJson.Default.ExecuteRequest));
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["exec", typeof(ActProgram).Assembly.Location, store.Path, store.State, file, what, step.ToString(CultureInfo.InvariantCulture), stepState])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or Killed, $"{process.ExitCode}: {errors.Result}");
        return process.ExitCode == Killed ? null : JsonSerializer.Deserialize(output, OpsJson.Default.OperationResult);
    }

    private static void Happen(string what)
    {
        if (what == "kill")
            _ = Syscall.kill(Environment.ProcessId, Signum.SIGKILL); // the kernel does not return from that call
        else
            FailEveryFsync();
    }

    // A seccomp filter of this thread, and of those that it starts, for the rest of their lives.
    private static unsafe void FailEveryFsync()
    {
        const int SetNoNewPrivileges = 38, SetSeccomp = 22, Filter = 2;
        const ushort Load = 0x20, JumpIfEqual = 0x15, Return = 0x06;
        const uint Allow = 0x7fff0000, FailWith = 0x00050000, InputOutput = 5;
        var (fsync, fdatasync) = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (82u, 83u) : (74u, 75u);
        Instruction* code = stackalloc Instruction[]
        {
            new(Load, 0, 0, 0), // the number of the system call
            new(JumpIfEqual, 2, 0, fsync),
            new(JumpIfEqual, 1, 0, fdatasync),
            new(Return, 0, 0, Allow),
            new(Return, 0, 0, FailWith | InputOutput),
        };
        var program = new FilterProgram { Length = 5, Code = code };
        if (prctl(SetNoNewPrivileges, 1, 0, 0, 0) != 0 || prctl(SetSeccomp, Filter, (nint)(&program), 0, 0) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint first, nint second, nint third, nint fourth);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct FilterProgram
    {
        public ushort Length;
        public Instruction* Code;
    }
}
