namespace Ops.Agent.Tests;

/// <summary>A directory of a test's own, removed at its end.</summary>
internal sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ops-agent-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A file with this text, its mtime set back.</summary>
    public string Write(string name, string text = "", TimeSpan? age = null)
    {
        var path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        if (age is { } old)
            System.IO.File.SetLastWriteTimeUtc(path, DateTime.UtcNow - old);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
