using System.Globalization;
using System.Text;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>SpamAssassin.</summary>
    public static MailSystem SpamAssassin { get; } = new()
    {
        Name = "spamassassin",
        Title = "SpamAssassin",
        About = "SpamAssassin locks its Bayes and auto-whitelist databases. By default it links bayes.lock.HOST.PID to bayes.lock, with HOST.PID in the text; "
            + "with lock_method flock it has a kernel lock on bayes.mutex, which stays permanently.",
        LookedAt = ["host and pid in the text of X.lock", "who has the databases next to it open", "kernel locks on X.mutex"],
        LeftAlone = ["X.mutex, held or free", "a lock of another host"],
        Notes = ["While bayes.lock is there, every scan waits up to 30 s for it and learns nothing. SpamAssassin removes one after 10 min, also that of a living owner that does not touch it."],
        Conventions =
        [
            Lock("bayes.lock, auto-whitelist.lock, txrep.lock", @"(?:bayes|auto-whitelist|txrep)\.lock", isGeneral: false),
            // Any other database: the text is what distinguishes it.
            Lock("X.lock", @".+\.lock", isGeneral: true),
            new StagingFile
            {
                Form = "X.lock.HOST.PID, HOST.PID and a line feed",
                What = "hitching post: linked to X.lock, or of a process that waits for it",
                Name = Pattern.Whole($"(.+\\.lock)\\.(.+)\\.({Pattern.Pid})"),
                Screen = Screens.LockInside,
                Looks = static file => Look.Regular(file) && SpamAssassinNames.IsOwnText(file),
                LockName = static m => m.Groups[1].Value,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[3].Value), m.Groups[2].Value, configured: true),
                Source = "spamassassin lib/Mail/SpamAssassin/Locker/UnixNFSSafe.pm: safe_lock",
            },
            new NotALock
            {
                Form = "X.mutex, pids",
                What = "handle for the kernel lock on a database",
                Name = Pattern.Whole(@".+\.mutex"),
                Screen = Screens.EndsWith(".mutex"),
                Looks = static file => file is { Kind: FileKind.Regular, Content.Bytes: { } bytes } && SpamAssassinNames.Pids.IsMatch(Encoding.Latin1.GetString(bytes)),
                Why = "Only a kernel lock on it means anything; its text is the pids of those who had it. SpamAssassin never unlinks it, since that would let two programs write at once.",
                Source = "spamassassin lib/Mail/SpamAssassin/Locker/Flock.pm: safe_lock, safe_unlock",
            },
        ],
    };

    private static DotLock Lock(string form, string name, bool isGeneral) => new()
    {
        Form = form + ", HOST.PID and a line feed",
        What = "lock of a database, with the owner's host and pid",
        OwnRule = "after 10 min by ctime, even from a living owner",
        Name = Pattern.Whole(name),
        Screen = Screens.LockSuffix,
        IsGeneral = isGeneral,
        AsKind = ArtefactKind.LockFile,
        Looks = static file => Look.Regular(file) && LockText.HostDotPid(file.Content) is not null,
        UsualModes = [Look.Octal(600)],
        ReadHolder = LockText.HostDotPid,
        StaleAfter = TimeSpan.FromMinutes(10),
        Clock = FileClock.Changed,
        Protects = isGeneral ? null : SpamAssassinNames.Database,
        Write = static (pid, host) => new LockLooks(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{host}.{pid}\n")), Look.Octal(600)),
        Source = "spamassassin lib/Mail/SpamAssassin/Locker/UnixNFSSafe.pm: safe_lock, safe_unlock, refresh_lock",
    };

    private static class SpamAssassinNames
    {
        public static System.Text.RegularExpressions.Regex Database { get; } = Pattern.Whole(@"bayes_(?:toks|seen|journal)|auto-whitelist|txrep");

        public static System.Text.RegularExpressions.Regex Pids { get; } = Pattern.Whole(@"[0-9\n]*");

        /// <summary>The text says what the name says: <c>HOST.PID</c> at its end.</summary>
        public static bool IsOwnText(FileFacts file) =>
            LockText.HostDotPid(file.Content) is { } claim
            && file.Path.NameLatin1.EndsWith(string.Create(CultureInfo.InvariantCulture, $".lock.{claim.Host}.{claim.Pid}"), StringComparison.Ordinal);
    }
}
