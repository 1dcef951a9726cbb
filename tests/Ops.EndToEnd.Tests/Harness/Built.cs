using System.Reflection;

namespace Ops.Testing;

/// <summary>Where the build put the programs that are started as separate processes.</summary>
public static class Built
{
    public static string Console { get; } = Find("Ops.Console");

    /// <summary>The <c>ops</c> command line, which is also the agent.</summary>
    public static string CommandLine { get; } = Find("Ops.CommandLine");

    public static string Traffic { get; } = Existing(Path.Join(AppContext.BaseDirectory, "MailTraffic.dll"));

    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Find(string key) =>
        Existing(typeof(Built).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!);

    private static string Existing(string path) =>
        File.Exists(path) ? Path.GetFullPath(path) : throw new InvalidOperationException($"{path} was not built");
}
