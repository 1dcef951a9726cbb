using System.Reflection;

namespace Ops.Testing;

/// <summary>Where the build put the programs that are started as separate processes.</summary>
public static class Built
{
    public static string Console { get; } = Find("Ops.Console");

    /// <summary>The <c>ops</c> command line, which is also the agent: the one that was built, or the program that <c>OPS_PROGRAM</c> names, such as the native one of
    /// <c>build/publish.sh</c>.</summary>
    public static string CommandLine { get; } = Environment.GetEnvironmentVariable("OPS_PROGRAM") is { Length: > 0 } program ? Existing(program) : Find("Ops.CommandLine");

    /// <summary>Whether <see cref="CommandLine"/> runs by itself, without <c>dotnet</c>.</summary>
    public static bool IsNative => !CommandLine.EndsWith(".dll", StringComparison.Ordinal);

    public static string Traffic { get; } = Existing(Path.Join(AppContext.BaseDirectory, "MailTraffic.dll"));

    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>What starts a program of ours: the program itself, or <c>dotnet</c> and its dll.</summary>
    public static (string Program, IEnumerable<string> Arguments) Launch(string program, IEnumerable<string> arguments) =>
        program.EndsWith(".dll", StringComparison.Ordinal) ? (Dotnet, arguments.Prepend(program)) : (program, arguments);

    private static string Find(string key) =>
        Existing(typeof(Built).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!);

    private static string Existing(string path) =>
        File.Exists(path) ? Path.GetFullPath(path) : throw new InvalidOperationException($"{path} was not built");
}
