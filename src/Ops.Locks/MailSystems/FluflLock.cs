using System.Globalization;
using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>flufl.lock (Mailman 3).</summary>
    public static MailSystem FluflLock { get; } = new()
    {
        Name = "flufl-lock",
        Title = "flufl.lock (Mailman 3)",
        About = "flufl.lock is used by Mailman 3. Every process has a claim file NAME|HOST|PID|RANDOM, and the lock is a hard link to the holder's. Its "
            + "mtime is in the future: it is the time at which the lock expires.",
        LookedAt = ["host and pid in the text, which is the path of the claim file", "the claim file itself: it is the same inode as the lock while that is held"],
        LeftAlone = ["a claim that is linked to its lock: the two go together, by breaking the lock", "a lock of another host"],
        Notes = ["The master of Mailman 3 sets the expiry of master.lck 30 h ahead: until then one that was killed keeps the next from starting (mailman start --force)."],
        Conventions =
        [
            new StagingFile
            {
                Form = "NAME.lck|HOST|PID|RANDOM",
                What = "claim file of one process; the holder's is linked to the lock",
                Name = FluflNames.Claim,
                Screen = new NameScreen(null, "0123456789", static name => name.Contains((byte)'|')),
                Looks = static file => FluflNames.Owner(file.Content) is not null,
                LockName = static m => m.Groups[1].Value,
                MinimumAge = TimeSpan.FromHours(1),
                ModifiedIsExpiry = true,
                // socket.getfqdn(), which may be what a resolver or /etc/hosts says and not the machine's own name.
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[3].Value), m.Groups[2].Value, configured: true),
                Source = "flufl.lock src/flufl/lock/_lockfile.py: Lock._set_claimfile",
            },
            new DotLock
            {
                Form = "NAME.lck, NAME.lock, path of a claim file",
                What = "lock; its mtime is the time at which it expires",
                OwnRule = "10 s after its mtime, which is in the future",
                Name = Pattern.Whole(@".+\.(?:lck|lock)"),
                Screen = new NameScreen(null, "k", static name => name.EndsWith(".lck"u8) || name.EndsWith(".lock"u8)),
                IsGeneral = true,
                AsKind = ArtefactKind.LockFile,
                Looks = static file => Look.Regular(file) && FluflNames.Owner(file.Content) is not null,
                ReadHolder = FluflNames.Owner,
                ChecksOwner = true,
                StaleAfter = TimeSpan.FromSeconds(10),                    // after its mtime, which is its expiry
                Clock = FileClock.Modified,
                ModifiedIsExpiry = true,
                // A process that breaks ours unlinks the claim that it names, too: there must be none.
                Write = static (pid, host) => new LockLooks(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"ops|{host}|{pid}|1")), Look.Octal(664)),
                Source = "flufl.lock src/flufl/lock/_lockfile.py: Lock.lock, Lock._break",
            },
        ],
    };

    private static class FluflNames
    {
        public static System.Text.RegularExpressions.Regex Claim { get; } = Pattern.Whole($"(.+)\\|([A-Za-z0-9_.:-]+)\\|({Pattern.Pid})\\|([0-9]+)");

        /// <summary>The text of lock and claim file is the path of the claim file.</summary>
        public static OwnerClaim? Owner(FileContent content) =>
            content.Bytes is { Length: > 0 and <= 4096 } bytes && Claim.Match(Encoding.Latin1.GetString(bytes).TrimEnd('\n')) is { Success: true } m
            && LockText.Pid(m.Groups[3].Value) is { } pid ? new OwnerClaim(pid, m.Groups[2].Value, HostIsConfigured: true) : null;
    }
}
