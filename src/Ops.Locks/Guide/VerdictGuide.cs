namespace Ops.Locks;

/// <summary>What one verdict means, in the words of the docs and the pages. Text is Markdown; lists hold phrases or sentences.</summary>
/// <param name="Name">The word as it stands in JSON, in the audit and on the pages.</param>
/// <param name="InShort">One phrase.</param>
/// <param name="Offered">What the page and the command line let a user ask for; empty when nothing.</param>
/// <param name="LookedAt">What has to be seen for it.</param>
/// <param name="Concluded">What it says, in paragraphs.</param>
/// <param name="ToDo">What an administrator may do.</param>
/// <param name="Refused">What we refuse to do about it, or in doubt about it.</param>
public sealed record VerdictEntry(
    VerdictWord Word,
    string Name,
    string InShort,
    IReadOnlyList<OperatorAction> Offered,
    IReadOnlyList<string> LookedAt,
    IReadOnlyList<string> Concluded,
    IReadOnlyList<string> ToDo,
    IReadOnlyList<string> Refused);

/// <summary>The ten verdicts, explained.</summary>
public static class VerdictGuide
{
    /// <summary>In the order of <see cref="VerdictWord"/>.</summary>
    public static IReadOnlyList<VerdictEntry> All { get; } = [.. Enum.GetValues<VerdictWord>().Select(Entry)];

    public static VerdictEntry Of(VerdictWord word) => All[(int)word];

    // Without a default: a new verdict does not compile until it is explained.
#pragma warning disable CS8524
    private static VerdictEntry Entry(VerdictWord word) => word switch
    {
        VerdictWord.Held => new(word, "held", "a living process has it", [],
            LookedAt:
            [
                "For a **kernel lock**: the kernel's own list, `/proc/locks`, and who shows the lock in `/proc/PID/fdinfo` (or in that of a thread). The pid column "
                    + "is -1 for OFD locks, and for `flock` it is the process that took the lock, which may have ended while a child still has the descriptor.",
                "For a **dot lock**: the process named in its text or in the name of its hitching post, if it runs and is older than the lock's last change.",
                "For a dot lock that names no owner: the one process that holds a write lock on the lock file or on the mailbox; else, where no kernel lock is on the "
                    + "mailbox, the one process that has the mailbox open for writing and did not start after the lock was made.",
                "For a **staging file**: the process named in its name, if it runs and is older than the file. For one that only the holder of a lock writes: that holder.",
                "For an **MBX lock**: a kernel lock on it. For a **pid file**: a kernel lock on it, or its process.",
            ],
            Concluded:
            [
                "A living process has the lock, or is at work on the file. A kernel lock is never stale: the kernel drops it with its last holder. Where no process shows a "
                    + "kernel lock the verdict is still `held`, with the note that the holder could not be found: a descriptor in flight over a socket, a mapping, a kernel thread.",
            ],
            ToDo:
            [
                "Look who it is. The summary says when the holder is stopped (state `T`) or in an uninterruptible wait (state `D`).",
                "Wait, or ask the program to let go; `ops explain PATH` says who waits behind it.",
            ],
            Refused: ["Break and Remove. Removing the file releases nothing: the next program makes a new one, and two are in the mailbox."]),
        VerdictWord.Waiting => new(word, "waiting", "a living process is queued for it", [],
            LookedAt:
            [
                "Rows with `->` in `/proc/locks`, at any depth, and all holders that conflict with them: a writer waits for every reader, not only for the one under which the kernel shows it.",
                "For OFD locks, whose waiters have no pid: the system call in which a thread sleeps.",
                "For dot locks: staging files of living processes, and where their names do not show the lock, the command line of their maker.",
            ],
            Concluded:
            [
                "The process goes on when those before it let go. The finding lists all of them.",
                "A program that waits for a *dot lock* polls, and the kernel knows nothing about it. What shows it is the staging file that it keeps next to the lock while it tries (see "
                    + "[liblockfile](../systems/liblockfile.md)): that file is `held` by its maker, and the lock has a finding of its own that says who waits for it.",
            ],
            ToDo: ["Look at the blocker. `ops explain` shows the chain to its far end, and says when it is a circle (a deadlock)."],
            Refused: ["To do anything to a waiter: it holds nothing."]),
        VerdictWord.Stale => new(word, "stale", "a lock whose owner is proven gone", [OperatorAction.Break],
            LookedAt:
            [
                "It is a regular file in a directory in which not every user can swap names, it has one name (or its other name is its own hitching post), and it belongs to root, to the owner of the mailbox or to the owner of the directory.",
                "Its text, size and mode are those of a mail system we know.",
                "Its file system is used by this host alone.",
                "The process it names does not exist in any pid namespace, or its number now belongs to a younger process, or the lock is older than the boot of this host. "
                    + "If it names no owner: it is older than 30 minutes by ctime *and* mtime, longer than any mailer respects its own locks.",
                "No process has the lock file or the mailbox open or mapped, no process has a kernel lock on them, and every process could be inspected.",
                "It did not change during the grace period (5 seconds).",
            ],
            Concluded: ["Its owner is gone and will never release it. Programs that ask for it wait until their own rule, if they have one, removes it: `selfHealsAt`."],
            ToDo: ["**Break**. It takes the lock over and releases it, as described in [breaking.md](../breaking.md)."],
            Refused:
            [
                "To remove it by its name alone, as `rm` does: between check and removal another process may have made a new one of the same name.",
                "To break a lock that holds data (some of Dovecot's): it may be called stale, and nothing is offered.",
            ]),
        VerdictWord.Orphan => new(word, "orphan", "a leftover whose owner is proven gone; its only name", [OperatorAction.Remove],
            LookedAt:
            [
                "The same proof as for a stale lock, without the mailbox: place and form of the name, kind and owner of the file, the process named, open descriptors and kernel locks.",
                "Where the readers of such files grant an age, that age by ctime and mtime: 36 hours for a message in a maildir's `tmp`.",
                "Where the name gives no owner: the age after which it can no longer be in use. Without such an age it is refused.",
            ],
            Concluded: ["A staging file, temporary file, PID-linked file or pid file that no program will use any more. This name is its only one."],
            ToDo: ["**Remove**. The file goes to quarantine and can be put back. It may hold a message: the summary says so."],
            Refused: ["To delete it at once: what was removed is kept for the retention period."]),
        VerdictWord.OrphanLinked => new(word, "orphan-linked", "the same, but the content has other names", [OperatorAction.Remove],
            LookedAt: ["The link count, and the other names of the inode where the scan saw them. The rest as for [orphan](orphan.md)."],
            Concluded:
            [
                "The name is litter, but its content is not: it may be a user's message under another name. Typical: a Cyrus staging file that is a hard link to a message, or a maildir "
                    + "delivery that crashed after linking into `new`.",
            ],
            ToDo: ["**Remove**. It renames this one name into quarantine and does not touch the content."],
            Refused: ["To open it for writing, ever: that would change the user's mail. Old Cyrus did so; see [incidents.md](../incidents.md)."]),
        VerdictWord.GhostWrite => new(word, "ghost-write", "a process writes to a file that its path no longer names, or into a message under another name", [],
            LookedAt:
            [
                "Write locks and waiters on an inode that the path under which it was opened no longer names.",
                "The same where nothing is at that name now and the file itself shows that it was a mailbox: mbox, MMDF, Babyl or MBX by its first bytes, or empty with the name of its owner.",
                "Files without a name that a process has open for writing without any lock, where that name now leads to another mailbox, or to nothing and the file was a mailbox.",
                "Staging files that may hold mail, have other names, and are open for writing in a process that started after they were made.",
                "Of processes in another mount namespace (containers, units with `PrivateTmp` or `ProtectSystem`) the name that the host's own mounts give to the same place of the same file system. Where "
                    + "no mount of the host shows it, or the process has changed its root, a lock on a replaced file is `held`, and `path-current` is `unknown`.",
            ],
            Concluded:
            [
                "The mailbox was replaced by a rename, or removed, while this process had it open or waited for it. What it writes goes into a file that no name leads to, and is lost when it closes the file.",
                "Of a staging file: the process found it under the name that another left, and writes into the message it is linked to.",
            ],
            ToDo:
            [
                "Save the bytes before the process ends (`ops rescue PID FD --to FILE --reason TEXT`; `ops explain` prints the command). See [incidents.md](../incidents.md).",
                "Of a staging file: end the process before it writes more, then compare the message under the other name with the other copy.",
            ],
            Refused: ["To deliver the bytes again ourselves, or to end the process before they are saved."]),
        VerdictWord.SplitBrain => new(word, "split-brain", "two living holders of one lock who do not see each other", [],
            LookedAt:
            [
                "Holders of kernel locks on inodes that were opened under the same name, where that name is opened only to lock it: MBX locks, name locks, pid files.",
                "`flock` holders and `fcntl` holders of one mailbox, who do not see each other on a local file system.",
            ],
            Concluded:
            [
                "A lock file was unlinked while it was held, and the next program made a new one and locked that; or two programs lock one mailbox by different calls. Both believe that they are alone.",
            ],
            ToDo: ["Stop one of the two, then check the mailbox. For two calls: configure one way of locking for all programs on it."],
            Refused: ["To decide which of the two is right."]),
        VerdictWord.NotALock => new(word, "not-a-lock", "stays there permanently by design", [],
            LookedAt: ["Name, place and looks; see the page of its system. A kernel lock on it is a finding of its own."],
            Concluded:
            [
                "It is a handle for kernel locks, a spool file, a journal, a database copy, a mailbox that is being rewritten. Unlinking it breaks locking or loses data. The summary says why.",
                "A free MBX lock in `/tmp` has this verdict too: its programs reuse it as it is.",
            ],
            ToDo: ["Leave it. Where the summary names a tool of the mail system, use that."],
            Refused: ["Everything, whatever its age, and even if its system does not run."]),
        VerdictWord.Mismatch => new(word, "mismatch", "content differs from what the index says", [],
            LookedAt: ["Content and index of a mailbox."],
            Concluded: ["The content differs from what the index says, twice the same. `ops audit-store` gives this verdict in its own output; scans read no message and never give it. See [integrity.md](../integrity.md)."],
            ToDo: ["Compare with the other replica before anything is repaired; `reconstruct -G -R` makes the index agree with the wrong bytes."],
            Refused: ["To repair it: which side is right is for an administrator to say."]),
        VerdictWord.Refused => new(word, "refused", "not proven either way, or hostile", [],
            LookedAt:
            [
                "What is missing is the first blocking answer among the evidence. Examples: the lock names another host; it is on NFS, on FUSE, or on a disk that this host exports; the process with that number started within "
                    + "2 seconds of the file's last change; some processes could not be inspected, because the agent does not run as root.",
                "Or the owner is proven gone, and the act cannot be carried out where the file is: a read-only mount, an immutable or append-only flag, a mailbox that cannot be locked, no room, no "
                    + "private quarantine, no exchange of names. The summary says what is in the way first, and then that nothing else is.",
                "Or it is not what it should be: a symbolic link, a FIFO, a device, an unexpected name or owner, a text that no known program writes.",
            ],
            Concluded: ["Nothing. \"Unknown\" is never taken for \"no\"."],
            ToDo: ["What can be done about each reason is in [refusals.md](../refusals.md)."],
            Refused: ["Everything, until the missing piece is there."]),
    };
#pragma warning restore CS8524
}
