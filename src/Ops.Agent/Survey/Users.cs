using System.Collections.Concurrent;
using System.Globalization;
using Mono.Unix.Native;

namespace Ops.Agent;

/// <summary>Names of users.</summary>
internal static class Users
{
    private static readonly ConcurrentDictionary<uint, string> Names = new();

    private static readonly ConcurrentDictionary<string, uint?> Uids = new(StringComparer.Ordinal);

    // In a store of virtual users no file has the name of an account: each would be a question to the directory service.
    private const int MostAsked = 2000;

    /// <summary>The uid of an account; null when there is none, or too many were asked for.</summary>
    public static uint? UidOf(string name) => Uids.TryGetValue(name, out var known) ? known
        : Uids.Count >= MostAsked ? null : Uids.GetOrAdd(name, static n => Syscall.getpwnam(n)?.pw_uid);

    /// <summary>The login name, or the number as text when no database has one. Remembered: a directory service may be slow.</summary>
    public static string NameOf(uint uid) => Names.GetOrAdd(uid, static id =>
        Syscall.getpwuid(id)?.pw_name is { Length: > 0 } name ? name : id.ToString(CultureInfo.InvariantCulture));

    /// <summary>Whether a user of this login name exists.</summary>
    public static bool Exists(string name) => Syscall.getpwnam(name) is not null;
}
