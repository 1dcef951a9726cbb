namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>
    /// mutt and mutt_dotlock: an empty <c>.lock</c> of mode 0000, made by a helper that is gone at once, under a kernel lock that mutt itself keeps on the
    /// mailbox. NeoMutt makes and respects none since 2017.
    /// </summary>
    public static MailSystem Mutt { get; } = new()
    {
        Name = "mutt",
        Title = "mutt, mutt_dotlock",
        Conventions =
        [
            new DotLock
            {
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
                Name = Pattern.Whole($"(.+)\\.([^./]+)\\.({Pattern.Pid})"),
                Screen = Screens.NumberLast,
                Looks = Look.EmptyWithoutMode,                            // the name alone would fit too much
                LockName = static m => m.Groups[1].Value + ".lock",
                ReadName = static (m, _) => LockText.Pid(m.Groups[3].Value) is { } pid ? [new OwnerClaim(pid, m.Groups[2].Value, HostIsShort: true)] : [],
                Source = "mutt dotlock.c: dotlock_prepare, dotlock_lock",
            },
            new StagingFile
            {
                Name = Pattern.Whole($"\\.mutt-(.+)-({Pattern.Pid})-[0-9]+"),
                Screen = Screens.StartsWith(".mutt-"),
                AsKind = ArtefactKind.TempFile,
                MayHoldMail = true,
                MinimumAge = TimeSpan.FromHours(36),
                ReadName = static (m, _) => NameText.ShortOrFullHost(LockText.Pid(m.Groups[2].Value), m.Groups[1].Value),
                Source = "mutt mh.c: mh_mkstemp",
            },
            new NotALock
            {
                Name = Pattern.Whole($"mutt-.+-[0-9]+-{Pattern.Pid}-[0-9]+.*|mutt\\..+-.+-{Pattern.Pid}"),
                Screen = Screens.StartsWith("mutt"),
                AsKind = ArtefactKind.TempFile,
                Why = "After a crash it may be the only copy of a draft, or of the end of a mailbox that mutt was writing back.",
                Source = "mutt muttlib.c: _mutt_mktemp, mutt_save_path; mbox.c: mbox_sync_mailbox",
            },
            new NotALock
            {
                Name = Pattern.Whole(".+-lock-hack"),
                Screen = Screens.EndsWith("-lock-hack"),
                Why = "Only a kernel lock on it means anything; it guards an old header cache.",
                Source = "mutt hcache.c: hcache_open_db4",
            },
        ],
    };
}
