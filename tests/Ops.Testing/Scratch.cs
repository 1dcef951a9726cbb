using System.Text;

namespace Ops.Testing;

/// <summary>A directory of a test's own, removed with everything in it when the test ends.</summary>
/// <param name="prefix">How its name begins.</param>
public sealed class Scratch(string prefix = "ops-test-") : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory(prefix).FullName;

    public byte[] Bytes => Encoding.UTF8.GetBytes(Path);

    /// <summary>Path of this name, or the name itself if it is rooted; nothing is made.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Sub(string name) => Directory.CreateDirectory(File(name)).FullName;

    /// <summary>A file with this text, its directories made, its mtime set back by <paramref name="age"/>.</summary>
    /// <returns>Its path.</returns>
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
