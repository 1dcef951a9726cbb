using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>
    /// flufl.lock, which Mailman 3 uses: every process has a claim file <c>NAME|HOST|PID|RANDOM</c>, and the lock is a hard link to the holder's. Its mtime
    /// lies in the future: it is the time at which the lock expires.
    /// </summary>
    public static MailSystem FluflLock { get; } = new()
    {
        Name = "flufl-lock",
        Title = "flufl.lock (Mailman 3)",
        Conventions =
        [
            new StagingFile
            {
                Name = FluflNames.Claim,
                Screen = new NameScreen(null, "0123456789", static name => name.Contains((byte)'|')),
                Looks = static file => FluflNames.Owner(file.Content) is not null,
                LockName = static m => m.Groups[1].Value,
                MinimumAge = TimeSpan.FromHours(1),
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[3].Value), m.Groups[2].Value),
                Source = "flufl.lock src/flufl/lock/_lockfile.py: Lock._set_claimfile",
            },
            new DotLock
            {
                Name = Pattern.Whole(@".+\.(?:lck|lock)"),
                Screen = new NameScreen(null, "k", static name => name.EndsWith(".lck"u8) || name.EndsWith(".lock"u8)),
                AsKind = ArtefactKind.LockFile,
                Looks = static file => Look.Regular(file) && FluflNames.Owner(file.Content) is not null,
                ReadHolder = FluflNames.Owner,
                ChecksOwner = true,
                StaleAfter = TimeSpan.FromSeconds(10),                    // after its mtime, which is its expiry
                Clock = FileClock.Modified,
                WhyNever = "It carries its expiry as its mtime and goes by itself soon after: only the program can set that.",
                Source = "flufl.lock src/flufl/lock/_lockfile.py: Lock.lock, Lock._break",
            },
        ],
    };

    private static class FluflNames
    {
        public static System.Text.RegularExpressions.Regex Claim { get; } = Pattern.Whole($"(.+)\\|([^|]+)\\|({Pattern.Pid})\\|([0-9]+)");

        /// <summary>The text of lock and claim file is the path of the claim file.</summary>
        public static OwnerClaim? Owner(FileContent content) =>
            content.Bytes is { Length: > 0 and <= 4096 } bytes && Claim.Match(Encoding.Latin1.GetString(bytes).TrimEnd('\n')) is { Success: true } m
            && LockText.Pid(m.Groups[3].Value) is { } pid ? new OwnerClaim(pid, m.Groups[2].Value) : null;
    }
}
