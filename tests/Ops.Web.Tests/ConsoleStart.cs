using System.Diagnostics;

namespace Ops.Web.Tests;

/// <summary>The console as a process of its own: whether it starts, or what it says when it does not.</summary>
internal static class ConsoleStart
{
    /// <returns>A null code: it listens. Then it is ended.</returns>
    public static async Task<(int? Code, string Errors)> TryAsync(string data, params IEnumerable<string> more)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Join(AppContext.BaseDirectory, "Ops.Web.dll"), "--data", data, "--urls", "http://127.0.0.1:0", "--Ops:EmbeddedAgent", "false", .. more])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var listens = false;
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            listens |= line.Contains("The console listens on", StringComparison.Ordinal);
            if (listens)
                break;
        }
        if (listens)
            process.Kill();
        await process.WaitForExitAsync(limit.Token);
        return listens ? (null, "") : (process.ExitCode, await errors);
    }
}
