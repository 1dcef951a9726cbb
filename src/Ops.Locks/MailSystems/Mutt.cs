namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>mutt, mutt_dotlock.</summary>
    public static MailSystem Mutt { get; } = new()
    {
        Name = "mutt",
        Title = "mutt, mutt_dotlock",
        About = "mutt and mutt_dotlock make an empty X.lock of mode 0000 through a helper that is gone at once, under a kernel lock that mutt itself "
            + "keeps on the mailbox. NeoMutt makes and respects none since 2017.",
        LookedAt = ["the fcntl lock on the mailbox: mutt takes it before the dot lock and keeps both, so a living mutt is always seen as its holder"],
        LeftAlone = ["what may be the only copy of a draft or of a mailbox's end: mutt-... and mutt.USER-HOST-PID"],
        Notes = ["mutt_dotlock -r 20 ends with 0 after 10 seconds without owning the lock, and mutt_dotlock -f takes any lock at once: its success proves nothing."],
        Conventions =
        [
            new DotLock
            {
                Form = "X.lock, empty, mode 0000",
                What = "dot lock, made by a helper that ends at once",
                OwnRule = "never by age; mutt asks its user, whose default answer is to remove it",
                Name = Pattern.LockBesideMailbox,
                Screen = Screens.LockSuffix,
                IsGeneral = true,
                Looks = Look.EmptyWithoutMode,
                UsualModes = [0],
                AlsoLocksMailbox = true,
                Write = static (_, _) => new LockLooks([], 0),
                Source = "mutt dotlock.c: dotlock_lock; mx.c: mx_lock_file",
            },
            new StagingFile
            {
                Form = "X.HOST.PID, empty, mode 0000",
                What = "hitching post; the pid is the helper's",
                OwnRule = "unlinked by the next helper of that name",
                Name = Pattern.Whole($"(.+)\\.([^./]+)\\.({Pattern.Pid})"),
                Screen = Screens.NumberLast,
                Looks = Look.EmptyWithoutMode,                            // the name alone would fit too much
                LockName = static m => m.Groups[1].Value + ".lock",
                ReadName = static (m, _) => LockText.Pid(m.Groups[3].Value) is { } pid ? [new OwnerClaim(pid, m.Groups[2].Value, HostIsShort: true)] : [],
                Source = "mutt dotlock.c: dotlock_prepare, dotlock_lock",
            },
            new StagingFile
            {
                Form = ".mutt-HOST-PID-N",
                What = "message on its way into an MH folder",
                Name = Pattern.Whole($"\\.mutt-(.+)-({Pattern.Pid})-[0-9]+"),
                Screen = Screens.StartsWith(".mutt-"),
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                ReadName = static (m, _) => NameText.ShortOrFullHost(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "mutt mh.c: mh_mkstemp",
            },
            new NotALock
            {
                Form = "mutt-HOST-UID-PID-N, mutt.USER-HOST-PID",
                What = "draft or attachment, or the rest of a mailbox that could not be written back",
                Name = Pattern.Whole($"mutt-.+-[0-9]+-{Pattern.Pid}-[0-9]+.*|mutt\\..+-.+-{Pattern.Pid}"),
                Screen = Screens.StartsWith("mutt"),
                AsKind = ArtefactKind.TempFile,
                Why = "After a crash it may be the only copy of a draft, or of the end of a mailbox that mutt was writing back.",
                Source = "mutt muttlib.c: _mutt_mktemp, mutt_save_path; mbox.c: mbox_sync_mailbox",
            },
            new NotALock
            {
                Form = "NAME-lock-hack",
                What = "handle for a kernel lock on a header cache",
                Name = Pattern.Whole(".+-lock-hack"),
                Screen = Screens.EndsWith("-lock-hack"),
                Why = "Only a kernel lock on it means anything; it guards an old header cache.",
                Source = "mutt hcache.c: hcache_open_db4",
            },
        ],
    };
}
