using System.Text;

namespace Ops.Linux.Tests;

/// <summary>A directory of its own for one test, removed afterwards.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public ScratchDirectory() => Path = Directory.CreateTempSubdirectory("ops-test-").FullName;

    public string Path { get; }

    public byte[] Bytes => Encoding.UTF8.GetBytes(Path);

    public string File(string name, string content = "")
    {
        var path = System.IO.Path.Join(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    public FileDescriptor Open() => FileDescriptor.OpenDirectory(Bytes).Value;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
