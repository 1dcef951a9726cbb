namespace Ops.Incidents;

/// <summary>One of the incidents that a drill makes, and the right answer to it.</summary>
/// <param name="Name">As it is written in tables: lower case with hyphens.</param>
/// <param name="Mailbox">Its mailbox, or the file that a person would ask about, below the store of the drill.</param>
/// <param name="Happened">What happened, in a sentence.</param>
/// <param name="Verdict">Of the file or lock that decides.</param>
/// <param name="Step">The single safest next step.</param>
/// <param name="Because">Why that is the right answer, in a sentence.</param>
/// <param name="Offers">Acts that take a file away and may be offered for it. Every other offer is a danger, whatever the verdict.</param>
/// <param name="NeedsRoot">Why only root can judge it; null where any user can.</param>
public sealed record DrillIncident(
    string Name, string Mailbox, string Happened, VerdictWord Verdict, StepVerb Step, string Because, IReadOnlyList<string> Offers, string? NeedsRoot = null)
{
    private const string OthersFiles = "whether a process of another user has the file open can be seen by root alone";

    public static DrillIncident KilledHolder { get; } = new(
        "killed-holder", "anna", "A delivery was killed while it had the dot lock.", VerdictWord.Stale, StepVerb.Break,
        "The process that the lock names has ended, and no other process uses the mailbox or the lock.", ["break"], OthersFiles);

    public static DrillIncident RecycledPid { get; } = new(
        "recycled-pid", "bert", "A dot lock names a pid that a younger program has now.", VerdictWord.Stale, StepVerb.Break,
        "The process that has the number started after the lock was made: it cannot be the owner, and must not be ended.", ["break"], OthersFiles);

    public static DrillIncident RenameOver { get; } = new(
        "rename-over", "clara", "The mailbox was replaced while one process wrote to it and another waited for its lock.", VerdictWord.GhostWrite, StepVerb.Rescue,
        "What was written to the old file is lost when its last process ends: save it first.", []);

    public static DrillIncident EmptyLock { get; } = new(
        "empty-lock", "dirk", "A dot lock is empty, and the process that made it has ended.", VerdictWord.Refused, StepVerb.Look,
        "An empty lock names no owner. That its maker has ended is known to the drill alone: it may be any living program's.", []);

    public static DrillIncident TwoBreakers { get; } = new(
        "two-breakers", "emil", "The owner of a dot lock was killed, and two programs have opened the lock to remove it.", VerdictWord.Refused, StepVerb.Look,
        "Two programs are about to remove it: the slower one would remove the lock that the faster one has made in between, and both would write. A third must not join them.", []);

    public static DrillIncident FrozenHolder { get; } = new(
        "frozen-holder", "frieda", "The holder of the mailbox was stopped (SIGSTOP), and two processes wait.", VerdictWord.Held, StepVerb.Resume,
        "It lives, and has everything in memory that it has not written yet: continue it.", []);

    public static DrillIncident Deadlock { get; } = new(
        "deadlock", "georg", "One process has the dot lock and waits for the kernel lock; the other has the kernel lock and waits for the dot lock.", VerdictWord.Waiting, StepVerb.EndOne,
        "Neither gives up: one of them has to be ended, the one that loses least.", []);

    public static DrillIncident ForeignHost { get; } = new(
        "foreign-host", "hilde", "A dot lock names a process of another host.", VerdictWord.Refused, StepVerb.Look,
        "The number means nothing on this host: only the other one knows whether its process lives.", []);

    public static DrillIncident LinkedOrphan { get; } = new(
        "linked-orphan", "cyrus/stage.", "A delivery was killed after it had linked its staging file, named after its pid, into a mailbox.", VerdictWord.OrphanLinked, StepVerb.Remove,
        "Only this name may go: the same file is a message of the user under its other name.", ["remove"], OthersFiles);

    /// <summary>All, in the order in which they are made.</summary>
    public static IReadOnlyList<DrillIncident> All { get; } =
        [KilledHolder, RecycledPid, RenameOver, EmptyLock, TwoBreakers, FrozenHolder, Deadlock, ForeignHost, LinkedOrphan];
}
