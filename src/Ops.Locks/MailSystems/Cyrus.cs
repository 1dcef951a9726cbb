namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>Cyrus IMAP.</summary>
    public static MailSystem Cyrus { get; } = new()
    {
        Name = "cyrus",
        Title = "Cyrus IMAP",
        About = "Cyrus IMAP locks through the kernel only: its lock files are empty, stay permanently, and unlinking one that is held lets a second "
            + "process in. What it leaves behind after a crash are staging names with a pid, often hard links to users' messages.",
        LookedAt =
        [
            "the pid in the name (or in the name of the directory) and its start time; who has the inode open; how many names it has. Several names for "
                + "one message are normal (single-instance store, COPY)",
            "a kernel lock on master.pid: that is whether Cyrus runs, whatever the text says",
        ],
        LeftAlone =
        [
            "every NAME.lock: an unlocked one is just a name",
            "names in stage. of a form that Cyrus does not write",
            "cyrus.*.NEW and database copies: the next writer takes care of them",
        ],
        Notes =
        [
            "Cyrus before 2.3.9 (sync.), before 2.3.13 (stage.), and 2.4.0 to 2.4.22 opened a leftover name of the same pid for writing, and overwrote "
                + "the user's mail. See [incidents](../incidents.md).",
        ],
        Conventions =
        [
            new StagingFile
            {
                Form = "stage./PID-TIME-N, stage./PID-N",
                What = "message being appended; linked into mailboxes",
                // PID-INTERNALDATE-N up to 3.8, PID-COUNTER since 3.10.
                Name = Pattern.Whole($"({Pattern.Pid})-(?:-?[0-9]+-)?[0-9]+"),
                Place = CyrusPlaces.Stage,
                MayHoldMail = true,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "cyrus imap/append.c: append_newstage, append_newstage_full",
            },
            new LookAlike
            {
                Form = "stage./ANYTHING ELSE",
                What = "no name that Cyrus writes there",
                Name = Pattern.Whole(".+"),
                Place = CyrusPlaces.Stage,
                IsGeneral = true,
                AsKind = ArtefactKind.StagingFile,
                Why = "Cyrus gives its staging files a pid and one or two numbers; this name has another form.",
                Source = "cyrus imap/append.c: append_newstage",
            },
            new StagingFile
            {
                Form = "sync./PID/GUID, sync./PID/N.",
                What = "message being replicated; linked into mailboxes",
                // GUID (SHA-1 of the bytes) since 2.4; N. in 2.3, the one whose reuse destroyed mail in 2007.
                Name = Pattern.Whole(@"[0-9a-f]{40}|[0-9]+\."),
                Place = CyrusPlaces.SyncStage,
                MayHoldMail = true,
                ReadName = static (_, directory) => NameText.Claim(LockText.Pid(directory)),
                Source = "cyrus imap/dlist.c: dlist_reserve_path; imap/sync_support.c: sync_message_add, reserve_one",
            },
            new StagingFile
            {
                Form = "sync./PID",
                What = "the directory of a sync_server; it removes it when it ends by itself",
                Name = Pattern.Whole($"({Pattern.Pid})"),
                Place = CyrusPlaces.Sync,
                IsDirectory = true,
                OnlyWhenEmpty = true,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "cyrus imap/dlist.c: dlist_reserve_path; imap/sync_server.c: cmd_restart",
            },
            new StagingFile
            {
                Form = "sync./PID.cache",
                What = "cache records of 2.3",
                Name = Pattern.Whole($"({Pattern.Pid})\\.cache"),
                Place = CyrusPlaces.Sync,
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "cyrus 2.3 imap/sync_support.c: sync_message_list_create",
            },
            new StagingFile
            {
                Form = "proc/PID, proc/PID.new",
                What = "entry of the session registry: counts against login limits, and Cyrus tools signal its number",
                Name = Pattern.Whole($"({Pattern.Pid})(?:\\.new)?"),
                Place = CyrusPlaces.Proc,
                Looks = CyrusPlaces.IsSession,
                AsKind = ArtefactKind.TempFile,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "cyrus imap/proc.c: proc_register",
            },
            new StagingFile
            {
                Form = "socket/idle.PID",
                What = "socket of a client in IDLE",
                OwnRule = "unlinked by the next process of that pid",
                Name = Pattern.Whole($"idle\\.({Pattern.Pid})"),
                Screen = Screens.StartsWith("idle."),
                Place = CyrusPlaces.Sockets,
                AsKind = ArtefactKind.TempFile,
                IsSocket = true,
                ReadName = static (m, _) => NameText.Claim(LockText.Pid(m.Groups[1].Value)),
                Source = "cyrus imap/idlemsg.c: idle_init_sock",
            },
            NameLock("lock/X/NAME.lock", @".+\.lock", CyrusPlaces.HashedLocks),
            NameLock("lock/NAME.lock", @".+\.lock", CyrusPlaces.FlatLocks),
            NameLock("lock/X/*U*user/USER.lock", @".+\.lock", CyrusPlaces.UserLocks),
            // *U*user, *S*server*user, $GLOBAL and the like: no other program writes such names, so the place does not matter.
            NameLock("*U*USER.lock, *S*SERVER*USER.lock, $CREATE.lock, ...", @"(?:\*[A-Z]\*|\$[A-Z]).*\.lock", Place.Anywhere) with { Screen = new NameScreen("*$", "k", static name => name.EndsWith(".lock"u8)) },
            // Unique ids: 24 letters and figures, a UUID, or 16 hexadecimal figures.
            NameLock("lock/UNIQUEID.lock", @"(?:[a-z0-9]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16})\.lock", CyrusPlaces.AnyLocks),
            new NotALock
            {
                Form = "socket/SERVICE-N.lock",
                What = "turn-taking in accept()",
                Name = Pattern.Whole(@".+-[0-9]+\.lock"),
                Screen = Screens.LockSuffix,
                Place = CyrusPlaces.Sockets,
                Looks = Look.EmptyOfAnyMode,
                Why = "Children of the Cyrus master take turns in accept() by a kernel lock on it. An idle child holding it is normal.",
                Source = "cyrus master/service.c: getlockfd",
            },
            new NotALock
            {
                Form = "sync/lock",
                What = "handle for a kernel lock, 2.3",
                Name = Pattern.Whole("lock"),
                Place = CyrusPlaces.SyncLog,
                Looks = Look.EmptyOfAnyMode,
                Why = "Cyrus 2.3 keeps it permanently and locks it through the kernel.",
                Source = "cyrus 2.3 imap/sync_support.c: sync_lock",
            },
            new NotALock
            {
                Form = "sync/log, log-run, log-PID",
                What = "what is still to be replicated",
                OwnRule = "worked off",
                Name = Pattern.Whole($"log(?:-run|-{Pattern.Pid})?"),
                Place = CyrusPlaces.SyncLog,
                AsKind = ArtefactKind.TempFile,
                Why = "It lists what still has to be replicated. A log-run found at the next start is worked off then.",
                Source = "cyrus imap/sync_log.c; imap/sync_client.c",
            },
            new NotALock
            {
                Form = "cyrus.index.NEW, cyrus.cache.NEW, ...",
                OwnRule = "overwritten by the next repack",
                What = "next generation of a mailbox's file",
                Name = Pattern.Whole(@"cyrus\.(?:index|cache|header|expunge)\.NEW"),
                Screen = Screens.NewSuffix,
                AsKind = ArtefactKind.TempFile,
                Why = "The next generation of a mailbox's file. After a crash between its two renames cyrus.cache.NEW is the good one: run reconstruct.",
                Source = "cyrus imap/mailbox.c: mailbox_repack_setup, mailbox_repack_commit",
            },
            new NotALock
            {
                Form = "NAME.db.NEW, NAME.seen.NEW, ...",
                OwnRule = "unlinked or truncated by the next writer",
                What = "next generation of a database",
                Name = Pattern.Whole(@".+\.(?:db|seen|sub|conversations|counters|mboxkey|xapianactive|annotations)\.NEW"),
                Screen = Screens.NewSuffix,
                AsKind = ArtefactKind.TempFile,
                Why = "A whole copy of a database, made under the lock of the database. The next writer removes or overwrites it itself.",
                Source = "cyrus lib/cyrusdb_flat.c, lib/cyrusdb_skiplist.c, lib/cyrusdb_twoskip.c: mycheckpoint",
            },
            new NotALock
            {
                Form = "N., cyrus.index, ...",
                What = "messages and indexes",
                Name = Pattern.Whole(@"[0-9]+\.|cyrus\.(?:index|header|cache|expunge|squat|annotations)"),
                Screen = new NameScreen("c0123456789", null, static name => name.StartsWith("cyrus."u8) || (name.Length > 1 && name[^1] == (byte)'.')),
                IsGeneral = true,                                         // sync./PID/N. of 2.3 is called like a message and is none
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is a message or index of a Cyrus mailbox. Several names for one message are normal (single-instance store, COPY).",
                Source = "cyrus imap/mailbox.c: mailbox_parse_datafilename",
            },
            new StagingFile
            {
                Form = "cyrus_tmpfile_XXXXXX",
                What = "temporary file; usually unlinked at once",
                Name = Pattern.Whole("cyrus_tmpfile_[A-Za-z0-9]{6}"),
                Screen = Screens.StartsWith("cyrus_tmpfile_"),
                AsKind = ArtefactKind.TempFile,
                OrphanByAge = TimeSpan.FromHours(36),
                Source = "cyrus lib/util.c: create_tempfile",
            },
            new PidFile
            {
                Form = "master.pid, cyrus-master.pid",
                What = "pid file with a kernel lock on it",
                Name = Pattern.Whole(@"(?:cyrus-)?master\.pid"),
                Programs = ["master", "cyrus-master", "cyrmaster"],
                Screen = Screens.PidSuffix,
                OwnerLocksIt = true,
                IsPermanent = true,
                ReadHolder = LockText.Fhs,
                Source = "cyrus master/master.c: main",
            },
            new NotALock
            {
                Form = "master.pid.lock",
                What = "handle for a kernel lock while the master starts",
                Name = Pattern.Whole(@"(?:cyrus-)?master\.pid\.lock"),
                Screen = Screens.LockSuffix,
                Looks = Look.EmptyOfAnyMode,
                Why = "The starting Cyrus master locks it through the kernel and unlinks it when the daemon runs.",
                Source = "cyrus master/master.c: main",
            },
        ],
    };

    private static NotALock NameLock(string form, string name, Place place) => new()
    {
        Form = form,
        What = "handle for the kernel lock of a mailbox or user",
        Name = Pattern.Whole(name),
        Screen = Screens.LockSuffix,
        Place = place,
        Looks = Look.EmptyOfAnyMode,
        Why = "Cyrus keeps one for every mailbox and user permanently and locks it through the kernel. Unlinking a held one lets a second process in: mail is lost.",
        Source = "cyrus imap/mboxname.c: mboxname_lock; imap/user.c: user_namespacelock; imap/sync_support.c: sync_lock",
    };

    private static class CyrusPlaces
    {
        public static Place Stage { get; } = new(Directory: Pattern.Whole(@"stage\."));

        public static Place Sync { get; } = new(Directory: Pattern.Whole(@"sync\."));

        public static Place SyncStage { get; } = new(Directory: Pattern.Whole(Pattern.Pid), Parent: Pattern.Whole(@"sync\."));

        public static Place Proc { get; } = new(Directory: Pattern.Whole("proc"));

        public static Place Sockets { get; } = new(Directory: Pattern.Whole("socket"));

        /// <summary>A hash letter below <c>lock</c>, the same inside <c>domain</c>, and before 3.6 the components of the mailbox name.</summary>
        public static Place HashedLocks { get; } = new(Path: Pattern.Whole(".*/lock/(?:domain/[^/]/[^/]+/)?[a-zA-Z](?:/.*)?"));

        /// <summary>Without hashing: <c>lock</c> next to <c>proc</c>, but not the root's.</summary>
        public static Place FlatLocks { get; } = new(Path: Pattern.Whole(".+/lock"), Siblings: ["proc"]);

        /// <summary>Since 3.12 a user's lock is named after the inbox: <c>*U*user/fred.lock</c>.</summary>
        public static Place UserLocks { get; } = new(Directory: Pattern.Whole(@"\*[A-Z]\*.*"));

        public static Place AnyLocks { get; } = new(Directory: Pattern.Whole("lock"));

        public static Place SyncLog { get; } = new(Path: Pattern.Whole(".*/sync(?:/[^/]+)?"));

        /// <summary>
        /// One line: service, client, user, mailbox and command since 2.5; client with its address, user and mailbox before. A message of an MH
        /// folder called <c>proc</c> has the same name and is no such line.
        /// </summary>
        public static bool IsSession(FileFacts file)
        {
            if (file is not { Kind: FileKind.Regular, Size: > 0 and <= 4096, Content.Bytes: { } bytes } || bytes[^1] != (byte)'\n')
                return false;
            var line = bytes.AsSpan(0, bytes.Length - 1);
            var tabs = line.Count((byte)'\t');
            var client = tabs > 0 ? line[..line.IndexOf((byte)'\t')] : line;
            return line.IndexOf((byte)'\n') < 0 && (tabs == 4 || (tabs <= 2 && client.EndsWith("]"u8) && client.Contains((byte)'[')));
        }
    }
}
