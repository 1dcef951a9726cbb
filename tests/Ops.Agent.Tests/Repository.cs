using System.Runtime.CompilerServices;

namespace Ops.Agent.Tests;

/// <summary>Files of the repository that are written by the code: compared by tests, and written again with <c>OPS_RECORD_GOLDENS=1</c> in the environment.</summary>
internal static class Repository
{
    public static string Read(string file) => File.ReadAllText(PathOf(file));

    public static void Check(string file, string text)
    {
        if (Environment.GetEnvironmentVariable("OPS_RECORD_GOLDENS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
            File.WriteAllText(PathOf(file), text);
        }
        Assert.True(File.Exists(PathOf(file)) && Read(file) == text, $"{file} differs from what the code writes. Where that is meant, run this test with OPS_RECORD_GOLDENS=1.");
    }

    private static string PathOf(string file, [CallerFilePath] string here = "") => Path.GetFullPath(Path.Join(Path.GetDirectoryName(here)!, "..", "..", file));
}
