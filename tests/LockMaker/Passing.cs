using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Ops.Testing;

/// <summary>Open files on their way through a unix socket (<c>SCM_RIGHTS</c>, unix(7)): afterwards a process has them that never opened them.</summary>
internal static unsafe partial class Passing
{
    private const int AtOnce = 100, SocketLevel = 1, Rights = 1, HeaderBytes = 16;

    public static Socket Bind(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    public static void Send(string path, IReadOnlyList<int> descriptors)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        foreach (var some in descriptors.Chunk(AtOnce))
        {
            Call((int)socket.Handle, some, some.Length, isSent: true);
        }
    }

    /// <summary>Returns when the sender has closed its side.</summary>
    public static void Receive(string path)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var socket = listener.Accept();
        while (Call((int)socket.Handle, new int[AtOnce], AtOnce, isSent: false) > 0)
        {
        }
    }

    private static nint Call(int socket, int[] descriptors, int count, bool isSent)
    {
        var control = stackalloc byte[HeaderBytes + (AtOnce * sizeof(int))];
        *(nint*)control = HeaderBytes + (count * sizeof(int));
        *(int*)(control + 8) = SocketLevel;
        *(int*)(control + 12) = Rights;
        descriptors.CopyTo(new Span<int>(control + HeaderBytes, AtOnce));
        byte one = 1;
        var part = new Part { Start = &one, Length = 1 };
        var message = new Message { Parts = &part, PartCount = 1, Control = control, ControlLength = HeaderBytes + (count * sizeof(int)) };
        var done = isSent ? sendmsg(socket, &message, 0) : recvmsg(socket, &message, 0);
        return done >= 0 ? done : throw new InvalidOperationException($"{(isSent ? "sendmsg" : "recvmsg")}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        public byte* Start;
        public nint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public int NameLength;
        public Part* Parts;
        public nint PartCount;
        public void* Control;
        public nint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, Message* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, Message* message, int flags);
}
