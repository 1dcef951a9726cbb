using System.Buffers.Binary;
using System.Net.Sockets;
using Mono.Unix.Native;

namespace Ops.Linux;

/// <summary>Who is at the other end of a Unix socket: the kernel says it, the peer cannot.</summary>
public static class LocalPeer
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>User id of the process that connected, or that listens (SO_PEERCRED).</summary>
    public static uint UserOf(Socket socket)
    {
        // struct ucred: pid, uid, gid, four bytes each.
        Span<byte> credentials = stackalloc byte[12];
        if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) < credentials.Length)
            throw new IOException("the kernel did not say who is at the other end of the socket");
        return BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
    }

    /// <summary>Whether a user may speak for this host to a program of ours: root, which sees all anyway, or our own user.</summary>
    public static bool MaySpeakForHost(uint peer) => MaySpeakForHost(peer, Accounts.EffectiveUserId);

    internal static bool MaySpeakForHost(uint peer, uint own) => peer == 0 || peer == own;

    /// <summary>Why no socket of ours may be made at this path; null when it may. What is there must be a socket of our user, as a killed program leaves it.</summary>
    public static string? ProblemOfPlace(string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (Syscall.stat(directory, out var around) != 0)
            return $"{directory} cannot be looked at; make it, for the console's user alone";
        if (Syscall.lstat(path, out var there) == 0)
            return ProblemOfPlace(path, around, there, Accounts.EffectiveUserId);
        return Stdlib.GetLastError() == Mono.Unix.Native.Errno.ENOENT ? ProblemOfPlace(path, around, null, Accounts.EffectiveUserId) : $"{path} cannot be looked at";
    }

    internal static string? ProblemOfPlace(string path, Stat directory, Stat? there, uint own) =>
        (directory.st_mode & (FilePermissions.S_IWGRP | FilePermissions.S_IWOTH)) != 0 ? $"other users can write to the directory of {path}"
        : directory.st_uid != own && directory.st_uid != 0 ? $"the directory of {path} belongs to user {directory.st_uid}"
        : there is not { } file ? null
        : (file.st_mode & FilePermissions.S_IFMT) != FilePermissions.S_IFSOCK ? $"{path} is there and is no socket; it was left as it is"
        : file.st_uid != own ? $"{path} is a socket of user {file.st_uid}; it was left as it is"
        : null;

    /// <summary>Why the listener at this socket may not be trusted; null when it may: only the owner of its directory can have made it.</summary>
    public static string? ProblemOfListener(string path, uint peer)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (Syscall.stat(directory, out var status) != 0)
            return $"{directory} cannot be looked at";
        if ((status.st_mode & (FilePermissions.S_IWGRP | FilePermissions.S_IWOTH)) != 0)
            return $"other users can write to {directory}, so any of them may have made the socket there";
        return peer == status.st_uid || peer == 0 ? null : $"user {peer} listens at {path}, but {directory} belongs to user {status.st_uid}";
    }
}
