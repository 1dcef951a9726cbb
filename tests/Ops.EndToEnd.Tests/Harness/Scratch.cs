namespace Ops.Testing;

/// <summary>A directory that goes with the test.</summary>
/// <param name="prefix">How its name begins.</param>
public sealed class Scratch(string prefix = "ops-e2e-") : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory(prefix).FullName;

    public string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Join(Path, name)).FullName;

    public string File(string name, string content)
    {
        var path = System.IO.Path.Join(Path, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
