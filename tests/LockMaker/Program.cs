using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ops.Testing;

/// <summary>
/// Takes the locks it is told to, prints <c>pid N ready</c> and holds them until standard input closes. Specs are separated by <c>--</c>:
/// <code>
/// posix|ofd read|write PATH [START LENGTH]   record lock; length 0 is to the end of the file
/// flock read|write PATH
/// lease read|write PATH
/// poll PATH                    tries for a dot lock by bare O_EXCL until it has it, asleep in between like a program that is written in C
/// name COMMAND                 calls itself so, in /proc/PID/comm
/// watch PATH                   has an inotify watch on it, as one that waits for a lock to go
/// await PATH                   waits until this file is there
/// thread SPEC...              the same by another thread than the first
/// dotlock PATH [CONTENT]       O_EXCL; CONTENT defaults to the pid, {pid} stands for it; removed on a normal end
/// many COUNT DIR [KIND]        COUNT write locks (posix unless told) on files 0, 1, 2... in DIR
/// ranges COUNT PATH [KIND]     COUNT write locks (posix or ofd) on bytes 0, 2, 4... of one open file
/// open read|write PATH         only opens
/// mapped read|write PATH       flock, shared mapping, descriptor closed
/// map read|write PATH          shared mapping alone, descriptor closed
/// bind PATH                    a datagram socket with this name
/// pass SOCKET                  sends every descriptor of the specs before it to whom listens there
/// receive SOCKET               takes them, until the sender closes
/// </code>
/// Each byte on standard input closes the descriptor that was opened last (prints <c>closed</c>).
/// Options before the first spec: <c>--wait</c> waits for locks (prints ready before, <c>locked</c> after), <c>--fork</c> lets a child share every
/// open file (prints <c>pid N ready child M</c>), <c>--orphan</c> is the same, but this process ends and leaves them to the child,
/// <c>--zombie-leader</c> ends the first thread only, <c>--ignore-term</c> does not listen to SIGTERM. <c>--told</c> prints <c>pid N begun thread T</c>, with the number of a
/// second thread, and reads further specs from standard input, one a line, words separated by tabs, until the line <c>go</c>.
/// </summary>
internal static class Program
{
    private static readonly List<string> DotLocks = [];
    private static readonly List<System.Net.Sockets.Socket> Sockets = [];
    private static readonly Stream Input = Console.OpenStandardInput();

    private static int Main(string[] arguments)
    {
        var options = arguments.TakeWhile(a => a.StartsWith("--", StringComparison.Ordinal) && a != "--").ToHashSet();
        var specs = SplitSpecs(arguments.Skip(options.Count)).ToList();
        var wait = options.Contains("--wait");
        using var deaf = options.Contains("--ignore-term") ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, s => s.Cancel = true) : null;

        if (options.Contains("--told"))
        {
            specs.AddRange(ReadSpecs());
        }

        new Thread(EndWhenInputCloses) { IsBackground = true }.Start();
        if (wait)
        {
            Say($"pid {Environment.ProcessId} ready");
        }

        foreach (var spec in specs)
        {
            Take(spec, wait);
        }

        if (options.Contains("--fork") || options.Contains("--orphan"))
        {
            // It inherits every descriptor above and standard input, so it ends when that closes, like this process.
            using var child = Process.Start(new ProcessStartInfo("cat") { UseShellExecute = false })!;
            Say($"pid {Environment.ProcessId} ready child {child.Id}");
            if (options.Contains("--orphan"))
            {
                Posix.ExitProcess(0);
            }
        }
        else
        {
            Say(wait ? "locked" : $"pid {Environment.ProcessId} ready");
        }

        if (options.Contains("--zombie-leader"))
        {
            Posix.ExitThread();
        }

        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static List<string[]> ReadSpecs()
    {
        using var started = new ManualResetEventSlim();
        var thread = 0;
        new Thread(() =>
        {
            thread = Posix.ThreadId;
            started.Set();
            Thread.Sleep(Timeout.Infinite);
        })
        { IsBackground = true }.Start();
        started.Wait();
        Say($"pid {Environment.ProcessId} begun thread {thread}");

        var specs = new List<string[]>();
        var line = new List<byte>();
        while (Input.ReadByte() is var next && next >= 0)
        {
            if (next != '\n')
            {
                line.Add((byte)next);
                continue;
            }

            var spec = System.Text.Encoding.UTF8.GetString([.. line]);
            if (spec == "go")
            {
                return specs;
            }

            specs.Add(spec.Split('\t'));
            line.Clear();
        }

        Posix.ExitProcess(0);
        return specs;
    }

    private static void EndWhenInputCloses()
    {
        var input = Input;
        while (input.ReadByte() >= 0)
        {
            Posix.CloseLast();
            Say("closed");
        }

        foreach (var path in DotLocks)
        {
            File.Delete(path);
        }

        Posix.ExitProcess(0);
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    private static IEnumerable<string[]> SplitSpecs(IEnumerable<string> arguments)
    {
        var spec = new List<string>();
        foreach (var argument in arguments.Append("--"))
        {
            if (argument != "--")
            {
                spec.Add(argument);
            }
            else if (spec.Count > 0)
            {
                yield return [.. spec];
                spec.Clear();
            }
        }
    }

    private static void Take(string[] spec, bool wait)
    {
        switch (spec)
        {
            case ["posix" or "ofd", var mode, var path, .. var range]:
                var (start, length) = range is [var first, var second] ? (Number(first), Number(second)) : (0, 0);
                Posix.LockRange(Posix.Open(path, mode), spec[0] == "ofd", mode, start, length, wait);
                break;
            case ["flock", var mode, var path]:
                Posix.Flock(Posix.Open(path, mode), mode, wait);
                break;
            case ["lease", var mode, var path]:
                Posix.Lease(Posix.Open(path, mode), mode);
                break;
            case ["dotlock", var path, .. var content]:
                var text = content is [var given] ? given : "{pid}";
                using (var file = new FileStream(path, FileMode.CreateNew))
                {
                    file.Write(System.Text.Encoding.UTF8.GetBytes(
                        text.Replace("{pid}", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)));
                }

                DotLocks.Add(path);
                break;
            case ["thread", .. var inner]:
                var thread = new Thread(() => Take(inner, wait));
                thread.Start();
                thread.Join();
                break;
            case ["many", var count, var directory, .. var kind]:
                for (var index = 0; index < Number(count); index++)
                {
                    Take([kind is [var one] ? one : "posix", "write", Path.Join(directory, index.ToString(CultureInfo.InvariantCulture))], wait);
                }

                break;
            case ["ranges", var count, var path, .. var kind]:
                var ranged = Posix.Open(path, "write");
                for (var index = 0; index < Number(count); index++)
                {
                    // Every second byte: the kernel would join neighbours into one lock.
                    Posix.LockRange(ranged, kind is ["ofd"], "write", 2 * index, 1, wait);
                }

                break;
            case ["open", var mode, var path]:
                Posix.Open(path, mode);
                break;
            case ["poll", var path]:
                while (!Posix.TryCreate(path))
                {
                    Posix.Sleep(TimeSpan.FromMilliseconds(200));
                }

                DotLocks.Add(path);
                break;
            case ["name", var command]:
                Posix.Name(command);
                break;
            case ["watch", var path]:
                Posix.Watch(path);
                break;
            case ["await", var path]:
                while (!File.Exists(path))
                {
                    Posix.Sleep(TimeSpan.FromMilliseconds(50));
                }

                break;
            case ["mapped", var mode, var path]:
                var descriptor = Posix.Open(path, mode);
                Posix.Flock(descriptor, mode, wait);
                Posix.MapAndClose(descriptor, mode);
                break;
            case ["map", var mode, var path]:
                Posix.MapAndClose(Posix.Open(path, mode), mode);
                break;
            case ["bind", var path]:
                Sockets.Add(Passing.Bind(path));
                break;
            case ["pass", var path]:
                Passing.Send(path, Posix.Opened);
                break;
            case ["receive", var path]:
                Passing.Receive(path);
                break;
            default:
                throw new ArgumentException($"not a lock: {string.Join(' ', spec)}");
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>The few calls this program needs, on bare descriptors that stay open until it ends and that children inherit.</summary>
internal static unsafe partial class Posix
{
    private static int _last = -1;
    private static readonly bool Arm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    private static readonly List<int> OpenDescriptors = [];

    /// <summary>Every descriptor that was opened for a spec.</summary>
    public static IReadOnlyList<int> Opened => OpenDescriptors;

    public static int ThreadId => (int)syscall(Arm64 ? 178 : 186, 0);

    public static int Open(string path, string mode)
    {
        const int readOnly = 0, readWrite = 2, create = 0x40;
        var descriptor = Check(open(path, mode == "write" ? readWrite | create : readOnly, 0x180), $"open {path}");
        OpenDescriptors.Add(descriptor);
        return _last = descriptor;
    }

    public static void CloseLast() => Check(close(_last), "close");

    /// <summary>Whether it was not there and has been made now.</summary>
    public static bool TryCreate(string path)
    {
        const int writeOnly = 1, create = 0x40, exclusive = 0x80;
        return open(path, writeOnly | create | exclusive, 0x180) is var made && made >= 0 && close(made) == 0;
    }

    /// <summary>Of the calling thread, which is the first.</summary>
    public static void Name(string command)
    {
        const int setName = 15;
        Check(prctl(setName, command), "name");
    }

    public static void Watch(string path)
    {
        const uint create = 0x100, delete = 0x200, deleteSelf = 0x400, move = 0xc0, modify = 0x2;
        Check(inotify_add_watch(Check(inotify_init1(0x80000), "inotify"), path, create | delete | deleteSelf | move | modify), $"watch {path}");
    }

    /// <summary>Sleeps where C programs do; the runtime's own sleep waits for a condition.</summary>
    public static void Sleep(TimeSpan time) => _ = usleep((uint)time.TotalMicroseconds);

    public static void LockRange(int descriptor, bool ofd, string mode, long start, long length, bool wait)
    {
        var range = new RecordLock { Type = (short)(mode == "write" ? 1 : 0), Start = start, Length = length };
        Check(fcntl(descriptor, (ofd ? 37 : 6) + (wait ? 1 : 0), (nint)(&range)), "fcntl");
    }

    public static void Flock(int descriptor, string mode, bool wait) =>
        Check(flock(descriptor, (mode == "write" ? 2 : 1) | (wait ? 0 : 4)), "flock");

    public static void Lease(int descriptor, string mode)
    {
        // Without this the signal that says "somebody wants to open" would end this process.
        signal(29, 1);
        Check(fcntl(descriptor, 1024, mode == "write" ? 1 : 0), "lease");
    }

    public static void MapAndClose(int descriptor, string mode)
    {
        if (mmap(0, 4096, mode == "write" ? 3 : 1, 1, descriptor, 0) == -1)
        {
            Check(-1, "mmap");
        }

        Check(close(descriptor), "close");
        OpenDescriptors.Remove(descriptor);
    }

    public static void ExitThread() => syscall(Arm64 ? 93 : 60, 0);

    public static void ExitProcess(int code) => syscall(Arm64 ? 94 : 231, code);

    private static int Check(int returned, string what) => returned >= 0
        ? returned
        : throw new InvalidOperationException($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");

    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private struct RecordLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int usleep(uint microseconds);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int prctl(int option, string text);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int descriptor, string path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int descriptor, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint argument);
}
