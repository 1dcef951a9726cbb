using System.Diagnostics;

namespace Ops.Testing;

/// <summary>A file system that knows no flag of <c>renameat2</c>: a small ext4 in an image file, served through FUSE by fuse2fs (e2fsprogs). Needs root.</summary>
public sealed class FuseMount : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("ops-fuse-").FullName;
    private readonly bool _isMounted;

    public FuseMount()
    {
        Path = System.IO.Path.Join(_scratch, "mounted");
        Directory.CreateDirectory(Path);
        if (!Environment.IsPrivilegedProcess)
        {
            return; // a fixture is made for skipped tests too
        }

        var image = System.IO.Path.Join(_scratch, "disk.img");
        using (var file = File.Create(image))
        {
            file.SetLength(8 * 1024 * 1024);
        }

        Run("mkfs.ext4", "-q", "-F", image);
        Run("fuse2fs", "-o", "rw,allow_other", image, Path);
        _isMounted = true;
    }

    public string Path { get; }

    /// <summary>Null without root: then nothing is mounted.</summary>
    public string? Mounted => _isMounted ? Path : null;

    public void Dispose()
    {
        if (_isMounted)
        {
            Run("umount", "--lazy", Path);
        }

        try
        {
            Directory.Delete(_scratch, recursive: true);
        }
        catch (IOException)
        {
            // The server may have the image open for a moment yet.
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var exited = process.WaitForExit(TimeSpan.FromSeconds(30)); // what the server says goes on after that
        Assert.True(exited && process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {(exited ? process.ExitCode : "nothing")}");
    }
}
