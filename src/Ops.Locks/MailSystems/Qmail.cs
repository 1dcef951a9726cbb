namespace Ops.Locks;

public static partial class MailSystems
{
    /// <summary>qmail, notqmail.</summary>
    public static MailSystem Qmail { get; } = new()
    {
        Name = "qmail",
        Title = "qmail",
        About = "qmail makes no dot locks at all: its mbox deliveries use flock, its queue guards itself by the order in which names are made, and its daemons by "
            + "flock on files that stay permanently. Its deliveries into maildirs are under maildir.",
        LookedAt = ["kernel locks on the files in queue/lock: whether qmail-send runs"],
        LeftAlone = ["everything in the queue: the names are inode numbers and say how far a message got. qmail-send and qmail-clean clear it after 36 hours by atime"],
        Notes = ["A queue that was copied or restored is broken: every message must be called by its own inode number."],
        Conventions =
        [
            new NotALock
            {
                Form = "queue/lock/sendmutex, queue/lock/tcpto",
                What = "handle for the flock of qmail-send, or of who looks up dead hosts",
                Name = Pattern.Whole("sendmutex|tcpto"),
                Place = QmailPlaces.Locks,
                Why = "qmail keeps it permanently. While qmail-send runs it holds a flock on sendmutex; unlinking it lets a second one start on the same queue.",
                Source = "qmail qmail-send.c: main; tcpto.c; hier.c",
            },
            new NotALock
            {
                Form = "queue/lock/trigger",
                What = "FIFO that wakes qmail-send",
                Name = Pattern.Whole("trigger"),
                Place = QmailPlaces.Locks,
                Why = "qmail-queue wakes qmail-send through this FIFO. Without it new mail waits for the next look at the queue.",
                Source = "qmail trigger.c; triggerpull.c",
            },
            new NotALock
            {
                Form = "queue/pid/PID.TIME.N",
                What = "message being received, before it got the name of its inode",
                OwnRule = "qmail-clean after 36 h by atime",
                Name = Pattern.Whole($"{Pattern.Pid}\\.[0-9]+\\.[0-9]"),
                Screen = Screens.Figure,
                Place = QmailPlaces.Pids,
                AsKind = ArtefactKind.Message,
                Why = "It is a message on its way into qmail's queue. qmail-clean removes it when it is 36 hours old.",
                Source = "qmail qmail-queue.c: pidopen; qmail-clean.c: cleanuppid",
            },
            new NotALock
            {
                Form = "queue/mess/N/INODE, queue/intd/INODE, queue/todo/INODE, queue/info/N/INODE, ...",
                What = "queued message",
                OwnRule = "leftovers of an unfinished message: qmail-send after 36 h by atime",
                Name = Pattern.Whole("[0-9]+"),
                Screen = Screens.Figure,
                Place = QmailPlaces.Queue,
                AsKind = ArtefactKind.Message,
                IsOrdinary = true,
                Why = "It is part of a queued message and called by the inode number of the message.",
                Source = "qmail fmtqfn.c; qmail-send.c: messdone, cleanup_do",
            },
        ],
    };

    private static class QmailPlaces
    {
        public static Place Locks { get; } = new(Directory: Pattern.Whole("lock"), Parent: Pattern.Whole("queue"));

        public static Place Pids { get; } = new(Directory: Pattern.Whole("pid"), Parent: Pattern.Whole("queue"));

        public static Place Queue { get; } = new(Path: Pattern.Whole(".*/queue/(?:mess|intd|todo|info|local|remote|bounce)(?:/[0-9]+)?"));
    }
}
