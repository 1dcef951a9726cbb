namespace Ops.Bench;

/// <summary>Damage in mailboxes that the traffic leaves alone, while it goes on in the others.</summary>
internal static class LivingDamage
{
    private const int KeptMessages = 4;
    private const string Kept = "Kept";

    /// <summary>A mailbox into which a message of the first is linked.</summary>
    private const string Linked = "Linked";

    /// <summary>Makes the mailboxes in which damage is planted later, by the server itself.</summary>
    public static async Task KeepAsync(LivingDovecot server)
    {
        foreach (var user in LivingDovecot.Users)
        {
            using var client = server.Connect(user);
            foreach (var (mailbox, messages) in new[] { (Kept, KeptMessages), (Linked, 1) })
            {
                await client.SayAsync("CREATE " + mailbox);
                for (var number = 0; number < messages; number++)
                {
                    if (!await client.AppendAsync(mailbox, LivingTraffic.Message(Random.Shared)))
                        throw new InvalidOperationException($"Dovecot took no message for {user}");
                }
            }
        }
    }

    /// <returns>What an audit that reads every message has to find: check and path.</returns>
    // Neither format keeps a hash of the bytes: of the same size, only other line ends can be known. Which messages there should be is in Dovecot's index, which the audit does not read.
    public static IEnumerable<(string Check, string Path)> Plant(LivingDovecot server, string user)
    {
        var (files, linked) = (Messages(server, user, Kept), Messages(server, user, Linked));
        if (files.Count != KeptMessages || linked.Count != 1)
            throw new InvalidOperationException($"{files.Count} and {linked.Count} files where {KeptMessages} messages and 1 of {user} should be");
        File.WriteAllBytes(files[0], Longer(files[0]));
        var other = File.ReadAllBytes(files[1]);
        other[Array.IndexOf(other, (byte)'x')] = (byte)'\n';
        File.WriteAllBytes(files[1], other);
        // As a staging file that is linked into a mailbox: a later writer of the one name writes into the other.
        File.Delete(linked[0]);
        if (Mono.Unix.Native.Syscall.link(files[2], linked[0]) != 0)
            throw new IOException("no hard link could be made");
        File.WriteAllBytes(files[2], Longer(files[2]));
        return [("size", files[0]), ("content", files[1]), ("size", files[2]), ("size", linked[0])];
    }

    private static byte[] Longer(string file)
    {
        var bytes = File.ReadAllBytes(file).ToList();
        bytes.InsertRange(bytes.IndexOf((byte)'x'), "yyyyyyy"u8);
        return [.. bytes];
    }

    private static List<string> Messages(LivingDovecot server, string user, string mailbox) =>
        [.. Directory.EnumerateFiles(Path.Join(server.Store, user), "*", SearchOption.AllDirectories).Where(f => f.Contains(mailbox, StringComparison.Ordinal) && IsMessage(f)).Order(StringComparer.Ordinal)];

    private static bool IsMessage(string file) =>
        Path.GetFileName(Path.GetDirectoryName(file)!) is "cur" or "new" || Path.GetFileName(file).StartsWith("u.", StringComparison.Ordinal);
}
