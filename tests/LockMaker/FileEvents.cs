using System.Runtime.InteropServices;
using System.Text;

namespace Ops.Testing;

/// <summary>What anybody does to the files of some directories, as inotify(7) tells it: opened, read, written, changed, made, moved, removed. A reference without access
/// (<c>O_PATH</c>), a <c>stat</c> and the text of a link are no events.</summary>
public sealed unsafe partial class FileEvents : IDisposable
{
    public const uint Read = 1, Written = 2, Attributes = 4, ClosedAfterWriting = 8, Opened = 0x20, MovedFrom = 0x40, MovedTo = 0x80, Made = 0x100, Removed = 0x200;
    private const uint All = Read | Written | Attributes | ClosedAfterWriting | Opened | MovedFrom | MovedTo | Made | Removed;
    private const uint Overflow = 0x4000, WatchEnded = 0x8000, IsDirectory = 0x40000000;
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000, HeaderBytes = 16;
    private readonly int _queue;
    private readonly Dictionary<int, string> _directories = [];

    /// <param name="directories">Without those below them.</param>
    public FileEvents(IEnumerable<string> directories)
    {
        _queue = Check(inotify_init1(NonBlocking | CloseOnExec), "inotify_init1");
        foreach (var directory in directories)
        {
            _directories[Check(inotify_add_watch(_queue, directory, All), directory)] = directory;
        }
    }

    /// <summary>What has happened since the last call, in order. The name of a directory itself stands for what was done to it.</summary>
    /// <exception cref="InvalidOperationException">Some events were lost.</exception>
    public IReadOnlyList<FileEvent> Drain()
    {
        var events = new List<FileEvent>();
        var buffer = new byte[256 * 1024];
        while (true)
        {
            nint filled;
            fixed (byte* start = buffer)
            {
                filled = read(_queue, start, buffer.Length);
            }

            if (filled <= 0)
            {
                return events;
            }

            for (var at = 0; at < filled;)
            {
                var mask = BitConverter.ToUInt32(buffer, at + 4);
                var length = BitConverter.ToInt32(buffer, at + 12);
                if ((mask & Overflow) != 0)
                {
                    throw new InvalidOperationException("events were lost");
                }

                if ((mask & WatchEnded) == 0)
                {
                    var name = Encoding.UTF8.GetString(buffer, at + HeaderBytes, length).TrimEnd('\0');
                    var directory = _directories[BitConverter.ToInt32(buffer, at)];
                    events.Add(new FileEvent(name.Length == 0 ? directory : Path.Join(directory, name), mask & All, (mask & IsDirectory) != 0));
                }

                at += HeaderBytes + length;
            }
        }
    }

    public void Dispose() => _ = close(_queue);

    private static int Check(int returned, string what) => returned >= 0
        ? returned
        : throw new InvalidOperationException($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int queue, string path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}

/// <param name="What">Bits of <see cref="FileEvents"/>.</param>
public sealed record FileEvent(string Path, uint What, bool IsDirectory);
