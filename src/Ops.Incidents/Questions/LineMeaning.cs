namespace Ops.Incidents;

/// <summary>What a complaint means, whichever program wrote it.</summary>
/// <param name="Sentence">For the operator.</param>
/// <param name="IsLock">False when it is not about a lock that another process holds: breaking one would not help.</param>
public sealed record LineMeaning(string Sentence, bool IsLock)
{
    // First match decides: what names the cause comes before what only names the failure. Texts of errno values as strerror(3) of glibc has them.
    private static readonly (string[] Words, LineMeaning Meaning)[] Known =
    [
        (["permission denied", "operation not permitted", "read-only file system"],
            new("The program has no right to the file or its directory. This is about owner and mode, not about a stale lock.", IsLock: false)),
        (["no space left", "disk quota exceeded", "quota exceeded", "disk full"],
            new("The disk or a quota is full. This is not about a stale lock.", IsLock: false)),
        (["no locks available", "lockd", "stale file handle", "stale nfs"],
            new("The lock service of a network file system does not answer. Whether another host holds a lock cannot be seen from here.", IsLock: false)),
        (["bad file number", "bad file descriptor"],
            new("The lock call failed inside that process: its descriptor was not open. No other process holds anything because of this.", IsLock: false)),
        (["no such file or directory"],
            new("The file or its directory does not exist. This is not about a lock that another process holds.", IsLock: false)),
        (["deadlock"],
            new("The kernel or the program found that processes wait for each other in a circle.", IsLock: true)),
        (["lock held by", "locked by", "held by pid"],
            new("The line names the holder of the lock, or who held it when the line was written.", IsLock: true)),
        (["already running", "another instance"],
            new("The program's own lock on its pid file is held, as a rule by an instance that still runs.", IsLock: true)),
        (["database is locked", "sqlite_busy"],
            new("Another process is writing to that SQLite database. The lock is a kernel lock and ends with its process.", IsLock: true)),
        (["forced unlock denied"],
            new("The program wanted to remove an old dot lock and was not allowed to: owner or mode of the directory or of the lock.", IsLock: true)),
        (["file exists", "lock failure", "lock file exists", "lockfile exists", "can't lock", "cannot create lock", "unable to create lock", "couldn't create lock", "failed to create lock"],
            new("A lock file of that name existed already, and the program gave up on it.", IsLock: true)),
        (["interrupted system call"],
            new("The process waited for a kernel lock until a timer or a signal interrupted it.", IsLock: true)),
        (["already locked", "resource temporarily unavailable", "would block", "failed to lock", "unable to lock", "unable to get write lock", "could not lock", "locking failed"],
            new("Another process held a kernel lock on the file.", IsLock: true)),
        (["timeout", "timed out", "gave up"],
            new("The process waited for the lock as long as its setting allows, and gave up.", IsLock: true)),
        (["waiting for", "will abort in", "is locked"],
            new("The process was still waiting when it wrote this line.", IsLock: true)),
    ];

    /// <summary>Null when the text has no such words.</summary>
    public static LineMeaning? Of(string text) =>
        Known.FirstOrDefault(k => k.Words.Any(w => text.Contains(w, StringComparison.OrdinalIgnoreCase))).Meaning;
}
