using System.Text;
using System.Text.RegularExpressions;

namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Sympa.</summary>
    public static MailSystem Sympa { get; } = new()
    {
        Name = "sympa",
        Title = "Sympa",
        About = "Sympa locks X by X,lock through File::NFSLock: a line HOST PID TIME RANDOM for each owner, several where the lock is shared.",
        LookedAt = ["host, pid and start time in the line of the owner"],
        LeftAlone = ["to break the lock: the next process removes the lines of dead owners itself", "a lock of another host, and a shared one with several owners"],
        Notes = ["Sympa removes a lock 20 min after its mtime, even from a living owner."],
        Conventions =
        [
            new DotLock
            {
                Form = "X,lock, HOST PID TIME RANDOM on each line",
                What = "lock with a line for each owner",
                OwnRule = "lines of dead processes of this host at once; the whole file 20 min after its mtime",
                Name = Pattern.Whole(".+,lock(?:\\.shared)?"),
                Screen = SympaNames.Screen,
                AsKind = ArtefactKind.LockFile,
                Looks = static file => Look.Regular(file) && SympaNames.HasOwners(file.Content),
                UsualModes = [Look.Octal(600), Look.Octal(601)],
                ReadHolder = SympaNames.Owner,
                ChecksOwner = true,
                LeavesNoTrace = true,
                StaleAfter = TimeSpan.FromMinutes(20),
                Clock = FileClock.Modified,
                WhyNever = "The next process of Sympa removes the lines of dead owners itself, and the file with the last of them.",
                Source = "sympa src/lib/Sympa/LockedFile.pm: open; File-NFSLock lib/File/NFSLock.pm: new, create_magic, do_lock_shared",
            },
            new StagingFile
            {
                Form = "X,lock.TIME.PID.RANDOM, the line of its owner",
                What = "file that is linked to X,lock",
                Name = Pattern.Whole($"(.+,lock)\\.[0-9]{{1,4}}\\.({Pattern.Pid})\\.[0-9]{{1,4}}"),
                Screen = SympaNames.Screen,
                Looks = static file => Look.Regular(file) && SympaNames.HasOwners(file.Content),
                LockName = static m => m.Groups[1].Value,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[2].Value)),
                Source = "sympa src/lib/Sympa/LockedFile.pm: File::NFSLock::rand_file",
            },
        ],
    };

    private static class SympaNames
    {
        public static NameScreen Screen { get; } = new(null, "0123456789dk", static name => name.IndexOf(",lock"u8) > 0);

        private static readonly Regex Lines = Pattern.Whole($"(?:([A-Za-z0-9_.-]{{1,255}}) ({Pattern.Pid}) ({Pattern.Seconds}) [0-9]{{1,5}}\\n)+");

        public static bool HasOwners(FileContent content) => Match(content) is not null;

        /// <summary>The one owner; null where there are several.</summary>
        public static OwnerClaim? Owner(FileContent content) =>
            Match(content) is { } m && m.Groups[1].Captures.Count == 1 && LockText.Pid(m.Groups[2].Value) is { } pid
                ? new OwnerClaim(pid, m.Groups[1].Value, At: NameText.Time(m.Groups[3].Value)) : null;

        private static Match? Match(FileContent content) =>
            content.Bytes is { Length: > 0 and <= 4096 } bytes && Lines.Match(Encoding.Latin1.GetString(bytes)) is { Success: true } match ? match : null;
    }
}
