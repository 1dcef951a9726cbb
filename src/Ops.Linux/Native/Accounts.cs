using System.Collections.Concurrent;
using System.Globalization;
using Mono.Unix.Native;

namespace Ops.Linux;

/// <summary>Who we are, and the names of users.</summary>
internal static class Accounts
{
    private static readonly ConcurrentDictionary<uint, string> Names = new();

    public static uint EffectiveUserId => Libc.geteuid();

    /// <summary>The login name, or the number as text when no database has one. Remembered for the life of the process: a
    /// directory service may be slow, and users are not renamed often.</summary>
    public static string NameOf(uint userId) => Names.GetOrAdd(userId, static id =>
        Syscall.getpwuid(id)?.pw_name is { Length: > 0 } name ? name : id.ToString(CultureInfo.InvariantCulture));
}
