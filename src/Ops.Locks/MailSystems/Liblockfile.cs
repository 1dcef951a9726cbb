using System.Text.RegularExpressions;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>liblockfile, dotlockfile(1).</summary>
    public static MailSystem Liblockfile { get; } = new()
    {
        Name = "liblockfile",
        Title = "liblockfile, dotlockfile(1)",
        About = "liblockfile, dotlockfile(1), lockfile-progs and their users (nmh on Debian, bsd-mailx, mail.local...). With a pid flag the text is a "
            + "pid, often that of the calling shell; without one it is 0.",
        LookedAt =
        [
            "the pid in all pid namespaces and its start time: a number that now belongs to a younger process is proof that the owner is gone, which "
                + "the library itself does not see",
            "in a staging name, where pid, time and host stand without a separator: all readings",
        ],
        LeftAlone =
        [
            "0 that is not 30 minutes old, although the library itself would take it after 5",
            "0 at any age without a mailbox next to it, or while a script of its user may be the one that made it",
            "any pid on a shared file system, where the library calls a pid of another host dead",
        ],
        Notes =
        [
            "The library's own rule depends on the access time. Lock files are therefore read without changing it or, where the agent may not, not at "
                + "all; then the verdict is refused.",
            "A pile of .lk files of dead processes means that a stale lock next to them could not be unlinked.",
        ],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, PID and line feed",
                What = "dot lock. dotlockfile -l -p writes the pid of its caller, usually a shell; dotlockfile -p X COMMAND its own",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.PidLine,
                UsualModes = [Look.Octal(644)],
                ReadHolder = LockText.PidLine,
                ChecksOwner = true,                                       // those who call it with a pid flag; the others go by age
                StaleAfter = TimeSpan.FromMinutes(5),
                Clock = FileClock.Modified,
                Write = static (pid, _) => LiblockfileNames.Written(pid),
                Source = "liblockfile lockfile.c: lockfile_create_save_tmplock, lockfile_check; dotlockfile.c: main",
            },
            new DotLock
            {
                Form = "X.lock, 0 and line feed",
                What = "dot lock that names no owner; a living holder may touch it every 30 or 60 s",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.Exactly("0\n"u8.ToArray()),
                UsualModes = [Look.Octal(644)],
                StaleAfter = TimeSpan.FromMinutes(5),
                Clock = FileClock.Modified,
                Heartbeat = TimeSpan.FromSeconds(60),                     // lockfile-touch; dotlockfile with a command every 30 s
                Write = static (pid, _) => LiblockfileNames.Written(pid),
                Source = "liblockfile lockfile.c: lockfile_create_save_tmplock, lockfile_check; lockfile-progs lockfile-progs.c",
            },
            new StagingFile
            {
                Form = ".lkPPPPPxHOST",
                OwnRule = "removed by its maker; left behind when a stale lock cannot be unlinked",
                What = "staging file: exists for the whole wait, so one of a living process means that it waits",
                Name = Pattern.Whole(@"\.lk([0-9]{5,7}[0-9a-f].*)"),
                Screen = Screens.StartsWith(".lk"),
                Looks = static file => file.Size <= 16,                   // what the lock will say
                ReadName = LiblockfileNames.Claims,
                Source = "liblockfile lockfile.c: lockfilename (31 characters at most)",
            },
            new NotALock
            {
                Form = ".nfs...",
                What = "a deleted file that a process has open over NFS",
                Name = Pattern.Whole(@"\.nfs[0-9A-Za-z].*"),
                Screen = Screens.StartsWith(".nfs"),
                AsKind = ArtefactKind.TempFile,
                Why = "The NFS client gives this name to a file that was deleted while open: a process still uses it. nfslock.so's temporary files look the same.",
                Source = "Linux fs/nfs/unlink.c: nfs_sillyrename; liblockfile nfslock.c",
            },
        ],
    };

    private static class LiblockfileNames
    {
        /// <summary>A buffer of 32 bytes less the final NUL.</summary>
        private const int Longest = 31;

        /// <summary>Whatever the lock looked like before: a living pid is respected by those who ask for it and 5 minutes by the others.</summary>
        public static LockLooks Written(int pid) =>
            new(System.Text.Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{pid}\n")), Look.Octal(644));

        /// <summary>
        /// <c>.lk</c>, pid in five figures or more, one hexadecimal figure of the time, host up to its first dot: nothing stands between them, and a
        /// host may begin with figures too.
        /// </summary>
        public static List<OwnerClaim> Claims(Match match, string directory)
        {
            var text = match.Groups[1].Value;
            List<OwnerClaim> claims = [];
            for (var figures = 5; figures <= 7 && figures < text.Length; figures++)
            {
                if (!text.AsSpan(0, figures).ContainsAnyExceptInRange('0', '9') && (figures == 5 || text[0] != '0')
                    && text[figures] is (>= '0' and <= '9') or (>= 'a' and <= 'f')
                    && LockText.Pid(text[..figures]) is { } pid)
                {
                    claims.Add(new OwnerClaim(pid, text[(figures + 1)..], HostIsTruncated: match.Length == Longest, HostIsShort: true));
                }
            }
            return claims;
        }
    }
}
