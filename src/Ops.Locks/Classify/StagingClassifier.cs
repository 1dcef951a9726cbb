namespace Ops.Locks;

/// <summary>Hitching posts, stage files, PID-linked files and temporary files.</summary>
public static class StagingClassifier
{
    internal static Verdict Classify(ArtefactFacts artefact, IReadOnlyList<ConventionMatch> fits, HostFacts host, JudgingOptions options)
    {
        var file = artefact.File;
        var evidence = new EvidenceList(host.Now);
        var matches = fits.Where(m => m.Convention is StagingFile).ToList();
        var systems = matches.Select(m => m.System.Name).Distinct().ToList();
        var conventions = matches.ConvertAll(m => (StagingFile)m.Convention);
        var first = conventions[0];
        ArtefactClassifier.AddShape(artefact, evidence,
            first.IsDirectory ? FileKind.Directory : first.IsSocket ? FileKind.Socket : FileKind.Regular,
            first.MayBeSymbolicLink ? FileKind.SymbolicLink : FileKind.Regular);
        evidence.Add(Questions.Convention, Answer.Yes, first.Source, $"named like a {Noun(first)} of {string.Join(" or ", matches.Select(m => m.System.Title).Distinct())}");
        AddOwnerOfFile(artefact, first, evidence);
        var isHostile = evidence.Any(e => e.Blocks);
        ArtefactClassifier.AddLocality(artefact, host, evidence);

        if (Overwriter(artefact, conventions, host, options) is { } overwriter)
            return Overwritten(artefact, first, systems, overwriter, evidence);

        var requiredUid = first.RequiredUid(DirectoryName(artefact.Directory));
        var owner = FindOwner(artefact, matches, host, options, requiredUid, evidence);
        // A process that writes to it has it, whatever number is in its name.
        if (!isHostile && WriterOf(artefact, owner, host) is { } writer)
        {
            evidence.Add(Questions.FileOpen, Answer.Yes, "/proc/PID/fd", $"{Activity.Who(writer)} has it open for writing", blocks: true);
            var claim = owner.Pid is { } named && named != writer.Pid && owner.Process?.Pid != writer.Pid ? $"; its name gives pid {named}" : "";
            return new Verdict(VerdictWord.Held, first.Kind, $"In use: {Activity.Who(writer)} has it open for writing{claim}.",
                systems[0], systems, new Owner(writer.Pid, null, writer, Answer.Yes), evidence.ToList(), []);
        }
        // A hostile shape or place is refused whatever the pid in the name does.
        if (owner.IsAlive == Answer.Yes && !evidence.Any(e => e.Blocks))
        {
            return new Verdict(VerdictWord.Held, first.Kind, $"In use: {Activity.Who(owner.Process!)}, which made it, is alive.",
                systems[0], systems, owner, evidence.ToList(), []);
        }

        var activity = Activity.On(file, host);
        activity.AddTo(evidence, Questions.FileOpen, Questions.FileLocked, "it");
        foreach (var inner in artefact.Contents ?? [])
        {
            var inside = Activity.On(inner, host);
            if (!inside.IsIdle)
                inside.AddTo(evidence, Questions.FileOpen, Questions.FileLocked, $"{inner.Path.Display} inside it");
        }
        var recheck = ArtefactClassifier.AddGrace(file, host, options, evidence);
        AddAge(artefact, conventions, owner, host, options, evidence);

        if (evidence.FirstBlock is not null || owner.IsAlive == Answer.Yes)
        {
            var onlyGrace = recheck is not null && evidence.Where(e => e.Blocks).All(e => e.Question == Questions.GracePeriod);
            return ArtefactClassifier.Refused(first.Kind, systems, owner, evidence, null, onlyGrace ? recheck : null);
        }
        var linked = file.LinkCount > 1 && file.Kind != FileKind.Directory;
        if (linked && artefact.Twins.FirstOrDefault(t => t.Matches.Any(m => m.Convention is DotLock)) is { } @lock)
            return LinkedToLock(artefact, first, systems, owner, @lock, evidence);
        AddReturn(owner, host, linked && first.MayHoldMail, evidence);
        return new Verdict(
            linked ? VerdictWord.OrphanLinked : VerdictWord.Orphan, first.Kind, Summary(artefact, first, owner, linked), systems[0], systems,
            owner with { IsAlive = Answer.No }, evidence.ToList(), [OperatorAction.Remove]);
    }

    /// <summary>The best evidence there is of who has the lock: it stays as long as the lock does.</summary>
    private static Verdict LinkedToLock(ArtefactFacts artefact, StagingFile convention, List<string> systems, Owner owner, Twin @lock, EvidenceList evidence)
    {
        evidence.Add(Questions.LinkCount, Answer.No, "statx", $"it is the same file as the lock {@lock.Path.Display}, and says whose that is", blocks: true);
        return new Verdict(VerdictWord.OrphanLinked, convention.Kind,
            $"{(owner.Pid is { } pid ? $"Its owner, pid {pid}, is gone. " : "")}It is another name of the lock {@lock.Path.Display}: this name can go when that lock is gone.",
            systems[0], systems, owner with { IsAlive = Answer.No }, evidence.ToList(), []);
    }

    /// <summary>The living process that has it, or a file directly inside it, open for writing: the one in its name first. Readers hold nothing.</summary>
    internal static ProcessFacts? WriterOf(ArtefactFacts artefact, Owner owner, HostFacts host) =>
        (artefact.Contents ?? []).Prepend(artefact.File).SelectMany(f => host.OpenFiles.Of(f.Identity)).Where(o => o is { CanWrite: true, IsThroughLayer: false, Process.IsAlive: true }).Select(o => o.Process)
            .OrderBy(p => p.Pid == owner.Process?.Pid ? 0 : 1).FirstOrDefault();

    /// <summary>
    /// Who writes into a message that already had another name: an inode that is older than its writer was not made by it but found under this name, and opened
    /// for writing. Its own maker is older than the inode and may write on, whatever it has linked the file to.
    /// </summary>
    private static ProcessFacts? Overwriter(ArtefactFacts artefact, List<StagingFile> conventions, HostFacts host, JudgingOptions options)
    {
        if (artefact is not { File: { Kind: FileKind.Regular, LinkCount: > 1, BornAt: { } bornAt } file, Mount.HasOurClock: true } || !conventions.Exists(c => c.MayHoldMail))
            return null;
        var certainlyLater = bornAt.ToDateTimeOffset() + (2 * Activity.Grain) + options.ClockSetForward;
        List<OpenFile> writers = [.. host.OpenFiles.Of(file.Identity).Where(o => o.CanWrite)];
        // From a maker that is still there others may have got the descriptor.
        return writers.TrueForAll(w => w.Process.StartedAt > certainlyLater) ? writers.Find(w => !w.IsThroughLayer)?.Process : null;
    }

    private static Verdict Overwritten(ArtefactFacts artefact, StagingFile convention, List<string> systems, ProcessFacts writer, EvidenceList evidence)
    {
        var file = artefact.File;
        evidence.Add(Questions.LinkCount, Answer.No, "statx", $"its inode has {file.LinkCount} names: what is written to it changes what the others show{(artefact.OtherNames is { } found ? ": " + found.Besides(file.Path, file.LinkCount) : "")}", blocks: true);
        evidence.Add(Questions.FileOpen, Answer.Yes, "/proc/PID/fd", $"{Activity.Who(writer)} has it open for writing", blocks: true);
        evidence.Add(Questions.SameProcess, Answer.No, "/proc, statx",
            $"{Activity.Who(writer)} started {writer.StartedAt:u}, after the file was made ({file.BornAt!.Value.ToDateTimeOffset():u}): it opened what another process left", blocks: true);
        return new Verdict(VerdictWord.GhostWrite, convention.Kind,
            $"{Activity.Who(writer)} did not make this file and writes to it, and its inode has {file.LinkCount} names: {Damaged(artefact)} is being overwritten.",
            systems[0], systems, new Owner(writer.Pid, null, writer, Answer.Yes), evidence.ToList(), []);
    }

    private static string Damaged(ArtefactFacts artefact) =>
        artefact.OtherNames is { } found && found.AnyBesides(artefact.File.Path) ? $"the message {found.Besides(artefact.File.Path, artefact.File.LinkCount)}"
            : artefact.OtherNames is { } none ? $"the message under the other name ({none.Besides(artefact.File.Path, artefact.File.LinkCount)})"
            : "the message under the other name";

    /// <summary>The owners a name may stand for. Where it can be read in several ways, those that name this host, if any do.</summary>
    internal static IReadOnlyList<OwnerClaim> Claims(ConventionMatch match, DirectoryFacts directory, HostFacts host) =>
        OwnerClaim.OfHost(((StagingFile)match.Convention).ReadName(match.Match, DirectoryName(directory)), host);

    private static string DirectoryName(DirectoryFacts directory) => directory.Path.NameLatin1;

    private static string Noun(StagingFile convention) => convention.AsKind switch
    {
        ArtefactKind.PidLinkedFile => "PID-linked file",
        ArtefactKind.TempFile => "temporary file",
        _ => "staging file",
    };

    private static Owner FindOwner(
        ArtefactFacts artefact, List<ConventionMatch> matches, HostFacts host, JudgingOptions options, uint? requiredUid, EvidenceList evidence)
    {
        // Several systems may share a form of name.
        if (OwnerFinder.FindAny(matches.SelectMany(m => Claims(m, artefact.Directory, host)), artefact, host, options, requiredUid, "its name", evidence) is { } named)
            return named;
        if (artefact.Guards is { Count: > 0 } guards)
            return OwnerByGuards(guards, host, options, evidence);
        evidence.Add(Questions.OwnerNamed, Answer.No, "its name", "it names no owner, which does not mean that it has none");
        return Owner.Unknown;
    }

    /// <summary>Only the holder of the lock writes it: its owner is the lock's, and gone when no process has the lock.</summary>
    private static Owner OwnerByGuards(IReadOnlyList<GuardLook> guards, HostFacts host, JudgingOptions options, EvidenceList evidence)
    {
        var owner = Owner.Unknown with { IsAlive = Answer.No };
        foreach (var guard in guards)
        {
            if (guard.Unread is { } why)
            {
                evidence.Add(Questions.GuardHeld, Answer.Unknown, "statx", $"{guard.Path.Display}, whose holder writes it, could not be examined: {why}", blocks: true);
                return Owner.Unknown;
            }
            var verdict = guard.Lock is { } file ? ArtefactClassifier.Classify(file, host, options) : null;
            if (guard.Lock is null)
            {
                evidence.Add(Questions.GuardHeld, Answer.No, "statx", $"only the holder of {guard.Path.Display} writes it, and there is no such lock");
            }
            else if (verdict is { Word: VerdictWord.Stale })
            {
                evidence.Add(Questions.GuardHeld, Answer.No, "text of the lock", $"only the holder of {guard.Path.Display} writes it, and that lock is stale: {verdict.Summary}");
                owner = verdict.Owner with { IsAlive = Answer.No };
            }
            else if (verdict is { Word: VerdictWord.Held, Owner.IsAlive: Answer.Yes })
            {
                evidence.Add(Questions.GuardHeld, Answer.Yes, "text of the lock", $"{guard.Path.Display}, whose holder writes it, is held");
                return verdict.Owner;
            }
            else if (verdict is { Word: VerdictWord.NotALock } && Activity.On(guard.Lock.File, host) is var onGuard)
            {
                // A file that is kept permanently: only a kernel lock on it says anything.
                if (onGuard.SoleWriter() is { } holder)
                {
                    evidence.Add(Questions.GuardHeld, Answer.Yes, "/proc/locks", $"{Activity.Who(holder)} has the kernel lock on {guard.Path.Display}, whose holder writes it");
                    return new Owner(holder.Pid, null, holder, Answer.Yes);
                }
                onGuard.AddTo(evidence, Questions.FileOpen, Questions.FileLocked, $"{guard.Path.Display}, whose holder writes it,");
                if (!onGuard.IsIdle || !onGuard.IsComplete)
                    return Owner.Unknown;
            }
            else
            {
                evidence.Add(Questions.GuardHeld, Answer.Unknown, "text of the lock", $"whether {guard.Path.Display}, whose holder writes it, is held could not be determined", blocks: true);
                return Owner.Unknown;
            }
        }
        return owner;
    }

    private static void AddOwnerOfFile(ArtefactFacts artefact, StagingFile convention, EvidenceList evidence)
    {
        var directory = artefact.Directory;
        if (convention.RequiredUid(DirectoryName(directory)) is { } uid)
        {
            var ours = directory.Uid == uid && artefact.File.Uid == uid;
            evidence.Add(Questions.ExpectedOwner, ours ? Answer.Yes : Answer.No, "statx", ours
                ? $"directory and file belong to uid {uid}, as the name of the directory says"
                : $"the name of the directory says uid {uid}, but the directory belongs to uid {directory.Uid} and the file to uid {artefact.File.Uid}", blocks: !ours);
        }
        if (convention.PrivateDirectory && (directory.Mode & 0x12) != 0)
        {
            evidence.Add(Questions.SafeDirectory, Answer.No, "statx",
                $"its directory has mode {Convert.ToString(directory.Mode, 8)}: group or others can write to it", blocks: true);
        }
    }

    private static void AddAge(
        ArtefactFacts artefact, List<StagingFile> conventions, Owner owner, HostFacts host, JudgingOptions options, EvidenceList evidence)
    {
        // The lock says whether a process is working; age adds nothing, unless the system has an age for it nevertheless.
        if (artefact.Guards is { Count: > 0 } && conventions.TrueForAll(c => c.OrphanByAge is null))
            return;
        var byAccess = conventions.Exists(c => c.AgeCountsAccess) && options.AgeBy == AgeClock.Both;
        var youngest = (artefact.Contents ?? []).Append(artefact.File).Max(f => byAccess ? Later(options.Youngest(f), f.AccessedAt.ToDateTimeOffset()) : options.Youngest(f));
        var age = host.Now - youngest;
        var rule = owner.Pid is null ? OwnerlessRule.OfStaged(conventions) : new OwnerlessRule(VerdictWord.Orphan, conventions.Max(c => c.MinimumAge));
        if (rule.Word == VerdictWord.Refused)
        {
            evidence.Add(Questions.OldEnough, Answer.Unknown, "statx", rule.Why!, blocks: true);
            return;
        }
        var limit = rule.After ?? TimeSpan.Zero;
        if (limit == TimeSpan.Zero || ArtefactClassifier.AddForeignClock(artefact, evidence))
            return;
        var isOld = age > limit;
        evidence.Add(Questions.OldEnough, isOld ? Answer.Yes : Answer.No, "statx", isOld
            ? $"it is {ArtefactClassifier.Words(age)} old, more than the {ArtefactClassifier.Words(limit)} after which its readers clear such files"
            : $"it is only {ArtefactClassifier.Words(age)} old; such a file is left alone for {ArtefactClassifier.Words(limit)}", blocks: !isOld);
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    /// <summary>A pid is reused: the new process opens the same name, and with O_TRUNC writes into whatever is linked to it.</summary>
    private static void AddReturn(Owner owner, HostFacts host, bool intoMessage, EvidenceList evidence)
    {
        if (owner.Pid is not { } pid)
            return;
        var when = host.ForksPerSecond is > 0 and var rate
            ? $"at {rate:0.##} new processes a second the {host.PidMax} pids are used up in about {ArtefactClassifier.Words(TimeSpan.FromSeconds(Math.Min(host.PidMax / rate, 3e9)))}"
            : $"there are {host.PidMax} pids";
        evidence.Add(Questions.PidReturns, Answer.Yes, "/proc/sys/kernel/pid_max, /proc/stat",
            $"pid {pid} can be reused ({when}); a program with that pid would {(intoMessage ? "write into the message it is linked to" : "meet this file under its own name")}");
    }

    private static string Summary(ArtefactFacts artefact, StagingFile convention, Owner owner, bool linked)
    {
        var who = owner.Pid is { } pid ? $"Its owner, pid {pid}, is gone" : "It is too old to be in use";
        if (linked)
            return $"{who}. Its inode has {artefact.File.LinkCount} names, so what it holds lives on under another{(artefact.OtherNames is { } found ? $", {found.Besides(artefact.File.Path, artefact.File.LinkCount)}" : "")}: only this name may go, and nothing may ever write to it.";
        return convention.MayHoldMail && artefact.File.Size > 0
            ? $"{who}. This is its only name and it may hold a message: it goes to quarantine, from where it can be put back."
            : $"{who}, and no process has it open.";
    }
}
