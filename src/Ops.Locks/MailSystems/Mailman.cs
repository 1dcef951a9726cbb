using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Mailman 2, and flufl.lock before version 3.</summary>
    public static MailSystem Mailman { get; } = new()
    {
        Name = "mailman",
        Title = "Mailman 2",
        About = "Every process of Mailman 2 that wants a lock has a claim file X.lock.HOST.PID.N, and X.lock is a hard link to the holder's. The mtime of both is in the future: "
            + "it is the time at which the lock expires, hours ahead for master-qrunner.",
        LookedAt = ["host and pid in the text, which is the path of the claim file", "the claim file itself: it is the same inode as the lock while that is held"],
        LeftAlone = ["a claim that is linked to its lock: the two go together, by breaking the lock", "a lock of another host"],
        Notes = ["Mailman removes a lock 10 s after its mtime, also that of a living owner that did not refresh it."],
        Conventions =
        [
            new StagingFile
            {
                Form = "X.lock.HOST.PID.N, master-qrunner.HOST.PID.N, its own path",
                What = "claim file of one process; the holder's is linked to the lock",
                Name = MailmanNames.Claim,
                Screen = MailmanNames.ClaimScreen,
                Looks = MailmanNames.IsClaim,
                LockName = static m => m.Groups[1].Value,
                MinimumAge = TimeSpan.FromHours(1),
                ModifiedIsExpiry = true,
                ReadName = static (m, _) => MailmanNames.Owners(m),
                Source = "mailman 2.1 Mailman/LockFile.py: LockFile.__init__, lock, __write; flufl.lock 2 flufl/lock/_lockfile.py: Lock.__init__",
            },
            new DotLock
            {
                Form = "X.lock, master-qrunner, path of a claim file",
                What = "lock; its mtime is the time at which it expires",
                OwnRule = "10 s after its mtime, which is in the future",
                Name = Pattern.Whole(@".+\.lock|master-qrunner"),
                Screen = MailmanNames.Screen,
                IsGeneral = true,
                AsKind = ArtefactKind.LockFile,
                Looks = static file => Look.Regular(file) && MailmanNames.ClaimOf(file.Content) is { } claim && (claim.Groups[1].Value == file.Path.NameLatin1 || claim.Groups[1].Value == MailmanNames.Ours),
                UsualModes = [Look.Octal(664)],
                ReadHolder = static content => MailmanNames.ClaimOf(content) is { } claim && MailmanNames.Owners(claim) is [var owner, ..] ? owner : null,
                StaleAfter = TimeSpan.FromSeconds(10),                    // after its mtime, which is its expiry
                Clock = FileClock.Modified,
                ModifiedIsExpiry = true,
                // A process that breaks ours unlinks the claim that it names, too: there must be none.
                Write = static (pid, host) => new LockLooks(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/{MailmanNames.Ours}.{host}.{pid}.1")), Look.Octal(664)),
                Source = "mailman 2.1 Mailman/LockFile.py: LockFile.lock, __break, __releasetime",
            },
        ],
    };

    private static class MailmanNames
    {
        public const string Ours = "ops.lock";

        public static NameScreen Screen { get; } = new(null, "kr", static name => name.EndsWith(".lock"u8) || name.SequenceEqual("master-qrunner"u8));

        public static NameScreen ClaimScreen { get; } = new(null, "0123456789", static name => name.IndexOf(".lock."u8) > 0 || name.StartsWith("master-qrunner."u8));

        public static Regex Claim { get; } = Pattern.Whole($"(.+\\.lock|master-qrunner)\\.(.+?)\\.({Pattern.Pid})(?:\\.([0-9]+))?");

        public static bool IsClaim(FileFacts file) => Look.Regular(file) && ClaimOf(file.Content) is { } claim && claim.Value == file.Path.NameLatin1;

        /// <summary>The text of lock and claim file is the path of the claim file.</summary>
        public static Match? ClaimOf(FileContent content)
        {
            if (content.Bytes is not { Length: > 0 and <= 4096 } bytes || bytes[0] != (byte)'/')
                return null;
            var path = Encoding.Latin1.GetString(bytes);
            return Claim.Match(path[(path.LastIndexOf('/') + 1)..]) is { Success: true } match ? match : null;
        }

        /// <summary>Old versions write no N: then the last number may be the pid.</summary>
        public static IReadOnlyList<OwnerClaim> Owners(Match match)
        {
            var (host, pid, count) = (match.Groups[2].Value, LockText.Pid(match.Groups[3].Value), match.Groups[4]);
            var owners = NameText.Claim(pid, host);
            return count.Success && LockText.Pid(count.Value) is { } last
                ? [.. owners, new OwnerClaim(last, string.Create(CultureInfo.InvariantCulture, $"{host}.{match.Groups[3].Value}"))]
                : owners;
        }
    }
}
