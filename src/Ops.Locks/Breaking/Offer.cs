namespace Ops.Locks;

/// <summary>Whether what the evidence allows can be carried out where the file is. The last part of every verdict that offers to break or remove: scan, preview and act ask it in the
/// same way, so nothing is offered that the act would then refuse. Pure.</summary>
public static class Offer
{
    /// <summary>The room that the record of an act, its folders and a lock of our own may take, with some to spare.</summary>
    public const long NeededBytes = 256 * 1024;

    /// <summary>The same in inodes.</summary>
    public const long NeededFiles = 16;

    /// <param name="verdict">One that offers an act; any other comes back as it is.</param>
    /// <param name="mayUseWeaker">Whether the policy of the host allows <see cref="WeakerProtocol"/> for this path.</param>
    public static Verdict Judge(Verdict verdict, ArtefactFacts artefact, ActSurroundings surroundings, HostFacts host, bool mayUseWeaker)
    {
        if (verdict.Actions is not [var action, ..])
            return verdict;
        var evidence = new EvidenceList(host.Now);
        if (AddWay(surroundings, evidence))
        {
            AddDirectory(surroundings, evidence);
            AddFile(artefact, surroundings, evidence);
            if (action == OperatorAction.Break)
            {
                AddShape(artefact, evidence);
                AddMailbox(artefact, surroundings, evidence);
                AddExchange(artefact, mayUseWeaker, evidence);
                AddOwnLock(artefact, surroundings, evidence);
            }
            AddFamilyLock(surroundings, host, evidence);
            AddQuarantine(surroundings, evidence);
            AddRoom(surroundings, evidence);
        }
        IReadOnlyList<Evidence> all = [.. verdict.Evidence, .. evidence];
        // Its own programs are at work, for a moment: that says nothing about the owner of this file.
        if (evidence.FirstBlock is { Question: Questions.FamilyLock } busy && surroundings.FamilyLock is { Kind: FileKind.Regular } && evidence.Count(e => e.Blocks) == 1)
            return verdict with { Actions = [], Evidence = all, Summary = $"{verdict.Summary} Not now: {busy.Detail}." };
        return evidence.FirstBlock is { } block
            ? verdict with { Word = VerdictWord.Refused, Actions = [], Evidence = all, Summary = $"Left alone: {block.Detail.TrimEnd('.')}. Nothing else stands in the way: {Lowered(verdict.Summary)}" }
            : verdict with { Evidence = all, MayNeedWeaker = action == OperatorAction.Break && WeakerProtocol.MayBeNeeded(artefact.Mount, mayUseWeaker) };
    }

    private static bool AddWay(ActSurroundings surroundings, EvidenceList evidence)
    {
        if (surroundings.Root is null)
            evidence.Add(Questions.DirectoryWritable, Answer.No, "policy", "it is outside the directories that this agent may touch: name its store in the policy, or with --root", blocks: true);
        else if (surroundings.NoWay is { } why)
            evidence.Add(Questions.SafeDirectory, Answer.No, "openat2", Lowered(why), blocks: true);
        else if (surroundings.Directory is null)
            evidence.Add(Questions.DirectoryWritable, Answer.Unknown, "openat2", "its directory could not be examined", blocks: true);
        return evidence.FirstBlock is null;
    }

    private static void AddDirectory(ActSurroundings surroundings, EvidenceList evidence)
    {
        var directory = surroundings.Directory!;
        var why = WhyNotWritable(directory, $"its directory {directory.Path.Display}", surroundings.Rights)
            ?? (directory.Flags.HasFlag(Protections.AppendOnly)
                ? $"its directory {directory.Path.Display} has the append-only flag (chattr +a): no name in it can be removed" : null);
        evidence.Add(Questions.DirectoryWritable, why is null ? Answer.Yes : Answer.No, "faccessat2, statx", why ?? "names in its directory can be changed", blocks: why is not null);
    }

    private static void AddFile(ArtefactFacts artefact, ActSurroundings surroundings, EvidenceList evidence)
    {
        var (file, directory, rights) = (artefact.File, surroundings.Directory!, surroundings.Rights);
        var isSticky = (directory.Mode & 0x200) != 0;
        var why = FlagsOf(file.Flags) is { } flag ? $"it has {flag}: its name cannot be changed"
            : isSticky && !rights.ActsForOwners && file.Uid != rights.Uid && directory.Uid != rights.Uid
                ? $"its directory is sticky, and it belongs to uid {file.Uid}: uid {rights.Uid}, as whom this program runs, may not rename it"
            : surroundings.OnlyInLayer is { } layer
                ? $"it is only in {layer.Display}, a lower layer of the overlay: whatever is done to it there is done to a copy that the overlay makes first, and is not proven for that"
            : surroundings.Inner is { } inner and not (WriteAnswer.Granted or WriteAnswer.Unknown) ? $"it is a directory that may not be written to ({Words(inner)}), so it cannot be moved"
            : null;
        evidence.Add(Questions.FileMovable, why is null ? Answer.Yes : Answer.No, "statx", why ?? "its name can be changed", blocks: why is not null);
    }

    // Only what stands in the way: the classifier has said the rest. A scan may know other names in other directories, which the act, that looks at one directory, does not.
    private static void AddShape(ArtefactFacts artefact, EvidenceList evidence)
    {
        if (artefact.File.Kind != FileKind.Regular)
            evidence.Add(Questions.RegularFile, Answer.No, "statx", $"it is a {ArtefactClassifier.Words(artefact.File.Kind)}: only a regular file can be exchanged with a lock of ours", blocks: true);
        if (artefact.Twins.FirstOrDefault(t => t.Path.Parent != artefact.File.Path.Parent) is { } far)
            evidence.Add(Questions.LinkCount, Answer.No, "statx", $"its other name {far.Path.Display} is in another directory: no program makes its lock that way", blocks: true);
    }

    private static void AddMailbox(ArtefactFacts artefact, ActSurroundings surroundings, EvidenceList evidence)
    {
        if (artefact.Subject is not { } mailbox)
            return;
        var why = mailbox.Kind != FileKind.Regular ? $"the mailbox {mailbox.Path.Display} is a {ArtefactClassifier.Words(mailbox.Kind)}: it cannot be locked while the lock is broken"
            : FlagsOf(mailbox.Flags) is { } flag ? $"the mailbox {mailbox.Path.Display} has {flag}: it cannot be opened for locking"
            : surroundings.Mailbox is { } write and not (WriteAnswer.Granted or WriteAnswer.Unknown) ? $"the mailbox {mailbox.Path.Display} cannot be opened for locking: {Words(write)}"
            : null;
        evidence.Add(Questions.MailboxLockable, why is null ? Answer.Yes : Answer.No, "faccessat2, statx", why ?? "the mailbox can be opened for locking", blocks: why is not null);
    }

    private static void AddExchange(ArtefactFacts artefact, bool mayUseWeaker, EvidenceList evidence)
    {
        var kind = artefact.Mount is { } mount ? FilePath.Escape(mount.FileSystem) : "its file system";
        var answer = artefact.Mount?.Exchanges ?? Answer.Unknown;
        const string policy = "The policy of this host could allow the weaker protocol for its store (weakerProtocol)";
        evidence.Add(Questions.Exchange, answer, "kind of the file system", answer switch
        {
            Answer.Yes => $"{kind} exchanges two names in one step",
            Answer.No => mayUseWeaker ? $"{kind} cannot exchange two names in one step; the policy of this host allows the weaker protocol here"
                : $"{kind} cannot exchange two names in one step, so no lock on it is taken over. {policy}",
            _ => mayUseWeaker ? $"whether {kind} can exchange two names in one step is known when it is tried; the policy of this host allows the weaker protocol here"
                : $"whether {kind} can exchange two names in one step is not known, so no lock on it is taken over. {policy}",
        }, blocks: answer != Answer.Yes && !mayUseWeaker);
    }

    // Our own lock gets the owner of the stale one, whom the mail system expects.
    private static void AddOwnLock(ArtefactFacts artefact, ActSurroundings surroundings, EvidenceList evidence)
    {
        var (uid, gid, rights, directory) = (artefact.File.Uid, artefact.File.Gid, surroundings.Rights, surroundings.Directory!);
        // In a directory with the setgid bit a new file has the directory's group by itself.
        var isOurGroup = rights.Groups.Contains(gid) || ((directory.Mode & 0x400) != 0 && directory.Gid == gid);
        var knowsHow = DotLockClassifier.Fitting(artefact).Any(c => c.Write is not null);
        var why = !knowsHow ? "how a lock of this kind is written is not known, so it cannot be taken over"
            : uid != rights.Uid && !rights.GivesFilesAway ? $"it belongs to uid {uid}, and uid {rights.Uid}, as whom this program runs, cannot make such a lock in its place"
            : !isOurGroup && !rights.GivesFilesAway ? $"it belongs to group {gid}, and uid {rights.Uid}, as whom this program runs, is not in it and cannot make such a lock in its place"
            : null;
        evidence.Add(Questions.OwnLock, why is null ? Answer.Yes : Answer.No, "capabilities", why ?? "a lock like it, naming this program, can be put in its place", blocks: why is not null);
    }

    private static void AddFamilyLock(ActSurroundings surroundings, HostFacts host, EvidenceList evidence)
    {
        if (surroundings.FamilyLock is not { } file)
            return;
        // Through fcntl, byte 0: what is locked beyond it, or by flock, is not in our way.
        var holder = host.Locks.On(file.Identity).FirstOrDefault(e => e.Lock is { IsWaiter: false, Class: LockClass.Posix or LockClass.Ofd, Start: 0 });
        var why = file.Kind != FileKind.Regular ? $"{file.Path.Display}, the lock of its own programs, is a {ArtefactClassifier.Words(file.Kind)}"
            : holder is null ? null
            : $"{(holder.Parties is [var party, ..] ? Activity.Who(party.Process) : "a process that could not be found")} has {file.Path.Display} locked, as its own programs do while they build or link";
        evidence.Add(Questions.FamilyLock, why is null ? Answer.Yes : Answer.No, "/proc/locks", why ?? $"no process has {file.Path.Display} locked; it is locked by us while the name is removed", blocks: why is not null);
    }

    private static void AddQuarantine(ActSurroundings surroundings, EvidenceList evidence)
    {
        var why = surroundings.Quarantines.Select(q => WhyNotUsable(q, surroundings.Rights)).FirstOrDefault(w => w is not null);
        evidence.Add(Questions.Quarantine, why is null ? Answer.Yes : Answer.No, "statx, faccessat2", why ?? "there is, or can be, a private quarantine on its file system", blocks: why is not null);
    }

    private static void AddRoom(ActSurroundings surroundings, EvidenceList evidence)
    {
        var why = surroundings.Rooms.Select(WhyNoRoom).FirstOrDefault(w => w is not null);
        evidence.Add(Questions.Space, why is null ? Answer.Yes : Answer.No, "statvfs", why ?? "there is room for the record of the act", blocks: why is not null);
    }

    private static string? WhyNoRoom(Room room) =>
        room.Bytes < NeededBytes ? $"the file system at {room.Path.Display} is full ({room.Bytes / 1024} KiB left): the record of an act needs {NeededBytes / 1024} KiB"
        : room.Files < NeededFiles ? $"the file system at {room.Path.Display} has {room.Files} inodes left: the record of an act needs {NeededFiles}"
        : null;

    private static string? WhyNotUsable(QuarantinePlace place, ActingRights rights) =>
        place.Problem is { } problem ? $"the quarantine in {place.Above.Path.Display} cannot be used: {problem}"
        : place.Itself is { } folder ? WhyNotWritable(folder, $"the quarantine {folder.Path.Display}", rights)
            ?? (folder.Flags.HasFlag(Protections.AppendOnly) ? $"the quarantine {folder.Path.Display} has the append-only flag (chattr +a)" : null)
        : WhyNotWritable(place.Above, $"no quarantine can be made: {place.Above.Path.Display}", rights);

    private static string? WhyNotWritable(WorkPlace place, string what, ActingRights rights) =>
        place.Flags.HasFlag(Protections.Immutable) ? $"{what} has the immutable flag (chattr +i)"
        : place.Write switch
        {
            WriteAnswer.ReadOnly => $"{what} is on a file system that is mounted read-only",
            WriteAnswer.Denied => $"{what} may not be written to by uid {rights.Uid}, as whom this program runs",
            WriteAnswer.Forbidden => $"{what} may not be written to, not even with the rights of this program",
            _ => null,
        };

    private static string? FlagsOf(Protections flags) =>
        flags.HasFlag(Protections.Immutable) ? "the immutable flag (chattr +i)"
        : flags.HasFlag(Protections.AppendOnly) ? "the append-only flag (chattr +a)"
        : null;

    private static string Words(WriteAnswer answer) => answer switch
    {
        WriteAnswer.ReadOnly => "its file system is mounted read-only",
        WriteAnswer.Denied => "this program has no right to",
        _ => "the kernel does not permit it",
    };

    private static string Lowered(string sentence) => sentence.Length == 0 ? sentence : char.ToLowerInvariant(sentence[0]) + sentence[1..];
}
