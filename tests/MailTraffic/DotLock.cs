using System.Globalization;
using System.Text;

namespace Ops.Testing;

/// <summary>A dot lock as liblockfile, procmail and Exim take it: a file of one's own under another name, then link(2) to the lock's name.</summary>
/// <param name="Inode">Of the lock's file: what its name must mean until it is released.</param>
public sealed record DotLock(string Path, ulong Inode)
{
    private static long _made;

    /// <summary>Content as three families of programs write it: a pid, the single byte <c>0</c>, nothing.</summary>
    public static byte[] ContentOf(int family) => (family % 3) switch
    {
        0 => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")),
        1 => [(byte)'0'],
        _ => [],
    };

    /// <summary>Tries <paramref name="attempts"/> times, with short pauses.</summary>
    /// <returns>Null when somebody else had it each time.</returns>
    public static DotLock? TryTake(string mailbox, byte[] content, int attempts, Random random)
    {
        // The name that liblockfile gives its temporary file: pid, a figure of the time, host; ours adds a number, so that no two are ever the same.
        var staging = System.IO.Path.Join(
            System.IO.Path.GetDirectoryName(mailbox), string.Create(CultureInfo.InvariantCulture, $".lk{Environment.ProcessId:00000}{_made++ % 10}{Environment.MachineName}"));
        if (!Kernel.CreateNew(staging, content, content.Length == 1 ? 0x124u : 0x1A4u))
        {
            throw new IOException($"{staging} is there already");
        }

        try
        {
            for (var attempt = 0; attempt < attempts; attempt++)
            {
                if (Kernel.Link(staging, mailbox + ".lock"))
                {
                    return new DotLock(mailbox + ".lock", Kernel.InodeOf(staging)!.Value);
                }

                Thread.Sleep(random.Next(0, 3));
            }

            return null;
        }
        finally
        {
            Kernel.Unlink(staging);
        }
    }

    /// <summary>Whether the name still means this lock; null when the name is not there at all.</summary>
    public bool? IsStillThere() => Kernel.InodeOf(Path) is { } inode ? inode == Inode : null;

    /// <summary>As programs do: by name, whatever it means.</summary>
    /// <returns>False when the name was gone: somebody else released it.</returns>
    public bool Release() => Kernel.Unlink(Path);
}

/// <summary>Names of files, for tests that need what .NET lacks.</summary>
public static class Names
{
    /// <summary>Gives a file a further name.</summary>
    /// <returns>False when the name is taken.</returns>
    public static bool Link(string existing, string added) => Kernel.Link(existing, added);
}
