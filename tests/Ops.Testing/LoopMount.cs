using System.Diagnostics;

namespace Ops.Testing;

/// <summary>A small file system of its own, ext4 unless told, in an image file, mounted through the loop device: a disk that may be filled, taken away or made read-only. Needs root.</summary>
public sealed class LoopMount : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("ops-loop-").FullName;
    private bool _isMounted;

    /// <param name="directory">Where the image file lies; null for the temporary directory.</param>
    public LoopMount(int megabytes = 8, string? directory = null, string fileSystem = "ext4")
    {
        Image = System.IO.Path.Join(directory ?? _scratch, "disk.img");
        Path = System.IO.Path.Join(_scratch, "mounted");
        Directory.CreateDirectory(Path);
        using (var file = File.Create(Image))
        {
            file.SetLength(megabytes * 1024L * 1024);
        }

        if (fileSystem == "ext4")
        {
            Run("mkfs.ext4", "-q", "-F", "-m", "0", Image); // no blocks kept for root: full is full
        }
        else
        {
            Run($"mkfs.{fileSystem}", "-q", "-f", Image);
        }

        Mount();
    }

    public string Path { get; }

    public string Image { get; }

    public void Mount()
    {
        Run("mount", "-o", "loop", Image, Path);
        _isMounted = true;
    }

    public void Unmount()
    {
        if (_isMounted)
        {
            _isMounted = false;
            Run("umount", "--lazy", Path);
        }
    }

    /// <summary>As after an error of the disk: the journal is aborted, and nothing can be written any more, not even what was open.</summary>
    public void Abort() => Run("mount", "-o", "remount,abort", Path);

    /// <summary>What an administrator does then: takes it down, has it checked, and mounts it again.</summary>
    public void Repair()
    {
        Unmount();
        // The loop device goes with its last user; until then the image is still being written to.
        Wait(() => !Output("losetup", "-j", Image).Contains(Image, StringComparison.Ordinal));
        Run([0, 1, 2], "e2fsck", "-y", Image);
        Mount();
    }

    /// <summary>Writes a file until not a byte more fits, then makes room for so many blocks.</summary>
    public void Fill(int blocksLeft) => Fill(Path, blocksLeft);

    public static void Fill(string directory, int blocksLeft)
    {
        var name = System.IO.Path.Join(directory, "ballast");
        using var file = new FileStream(name, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var block = new byte[1024];
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
        }

        file.SetLength(Math.Max(0, file.Length - (blocksLeft * 1024L)));
        file.Flush(flushToDisk: true);
    }

    public void Dispose()
    {
        Unmount();
        Directory.Delete(_scratch, recursive: true);
    }

    public static void Run(string program, params string[] arguments) => Run([0], program, arguments);

    private static void Run(int[] good, string program, params string[] arguments)
    {
        var (code, text) = Start(program, arguments);
        Assert.True(good.Contains(code), $"{program} {string.Join(' ', arguments)} ended with {code}: {text}");
    }

    public static string Output(string program, params string[] arguments) => Start(program, arguments).Text;

    private static (int Code, string Text) Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    private static void Wait(Func<bool> condition)
    {
        for (var tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 100, "What is waited for has not happened.");
            Thread.Sleep(50);
        }
    }
}
