using System.Diagnostics;

namespace Ops.Bench;

/// <summary>Small C programs that do the least there is to do, as a measure for the others. Compiled by this machine's own compiler.</summary>
internal static class CReference
{
    private static readonly string[] Compilers = ["cc", "gcc", "clang"];

    /// <returns>The program, or what is missing to make it.</returns>
    public static async Task<Tool> BuildAsync(string name)
    {
        if (Compilers.Select(Tool.Find).FirstOrDefault(c => c.Path is not null) is not { Path: { } compiler })
        {
            return Tool.Missing(name, "not built: install a C compiler (Debian: apt-get install gcc libc6-dev)");
        }

        var source = Path.Join("bench", name + ".c");
        var program = Path.Join(Directory.CreateDirectory(Path.Join("artifacts", "bench")).FullName, name);
        using var process = Process.Start(new ProcessStartInfo(compiler, ["-O2", "-o", program, source]) { RedirectStandardError = true, UseShellExecute = false })!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? new Tool(program, null)
            : Tool.Missing(name, $"not built: {errors.Split('\n')[0]} (Debian: apt-get install gcc libc6-dev)");
    }
}

/// <summary>A program to compare with.</summary>
/// <param name="Path">Null where this machine does not have it.</param>
/// <param name="WhyMissing">Null where it does.</param>
internal sealed record Tool(string? Path, string? WhyMissing)
{
    public static Tool Find(string name) => All(name) is [var path, ..] ? new Tool(path, null) : Missing(name, "not installed");

    /// <summary>Every program of this name on the PATH: a newer one may be in front of the distribution's own.</summary>
    public static IReadOnlyList<string> All(string name) =>
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => System.IO.Path.Join(d, name)).Where(File.Exists)
            .DistinctBy(p => File.ResolveLinkTarget(System.IO.Path.GetDirectoryName(p)!, true)?.FullName ?? System.IO.Path.GetDirectoryName(p))];

    public static Tool Missing(string name, string why) => new(null, $"{name}: {why}");
}
