using System.Diagnostics;
using System.Text.Json;

namespace Ops.Testing;

/// <summary>One run of the <c>ops</c> command line.</summary>
public sealed record OpsCommand(int ExitCode, string Output, string Errors)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public IReadOnlyList<JsonElement> Json => [.. Lines.Select(l => JsonDocument.Parse(l).RootElement)];

    public static Task<OpsCommand> RunAsync(params string[] arguments) => RunAsync(Built.CommandLine, arguments);

    /// <param name="commandLine">The program, or another name of it.</param>
    public static async Task<OpsCommand> RunAsync(string commandLine, IReadOnlyList<string> arguments)
    {
        var (program, all) = Built.Launch(commandLine, arguments);
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in all)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new OpsCommand(process.ExitCode, await output, await errors);
    }

    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Errors}";
}
