using System.Collections.Concurrent;
using System.Globalization;
using Mono.Unix.Native;

namespace Ops.Agent;

/// <summary>Names of users.</summary>
internal static class Users
{
    private static readonly ConcurrentDictionary<uint, string> Names = new();

    /// <summary>The login name, or the number as text when no database has one. Remembered: a directory service may be slow.</summary>
    public static string NameOf(uint uid) => Names.GetOrAdd(uid, static id =>
        Syscall.getpwuid(id)?.pw_name is { Length: > 0 } name ? name : id.ToString(CultureInfo.InvariantCulture));

    /// <summary>Whether a user of this login name exists.</summary>
    public static bool Exists(string name) => Syscall.getpwnam(name) is not null;
}
