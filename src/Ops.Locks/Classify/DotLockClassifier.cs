namespace Ops.Locks;

/// <summary>Locks by existence: <c>mailbox.lock</c> and the like.</summary>
/// <remarks>Order of questions as in Dovecot's <c>file-dotlock.c</c>: owner's claim, is the process there, is anybody on the mailbox, only then age.</remarks>
public static class DotLockClassifier
{
    internal static Verdict Classify(ArtefactFacts artefact, IReadOnlyList<ConventionMatch> matches, HostFacts host, JudgingOptions options)
    {
        var file = artefact.File;
        var evidence = new EvidenceList(host.Now);
        var fits = matches.Where(m => m.Convention is DotLock).ToList();
        var kind = fits[0].Convention.Kind;
        ArtefactClassifier.AddShape(artefact, evidence, FileKind.Regular);
        if (file.Kind != FileKind.Regular)
            return ArtefactClassifier.Refused(kind, [], Owner.Unknown, evidence);

        var systems = fits.Select(m => m.System.Name).Distinct().ToList();
        var conventions = fits.ConvertAll(m => (DotLock)m.Convention);
        evidence.Add(Questions.Convention, Answer.Yes, conventions[0].Source,
            $"looks like a lock of {Titles(fits)}");

        var posts = AddLinkCount(artefact, evidence);
        // Which program it is says the other name, where there is one.
        if (posts.Count > 0)
            systems = [.. posts.Select(p => p.System.Name).Distinct()];
        AddOwnerOfFile(artefact, evidence);
        ArtefactClassifier.AddLocality(artefact, host, evidence);

        var owner = FindOwner(artefact, conventions, posts, host, options, evidence);
        var selfHealsAt = SelfHealsAt(artefact, [.. fits.Where(m => systems.Contains(m.System.Name)).Select(m => (DotLock)m.Convention)], owner.IsAlive);
        if (owner.IsAlive == Answer.Yes)
            return Held(artefact, conventions, kind, systems, owner, evidence, $"{Activity.Who(owner.Process!)} holds it");

        var onLock = Activity.On(file, host);
        onLock.AddTo(evidence, Questions.FileOpen, Questions.FileLocked, "the lock file");
        Activity? onMailbox = null;
        if (!MailboxPlace.AddTo(artefact, host, evidence))
        {
            // Nothing further can be asked about it.
        }
        else if (artefact.Subject is { } mailbox)
        {
            onMailbox = Activity.On(mailbox, host, artefact.Route);
            onMailbox.AddTo(evidence, Questions.MailboxOpen, Questions.MailboxLocked, MailboxPlace.Words(artefact));
            AddFurtherSigns(mailbox, artefact.Route, host, evidence);
        }
        else if (artefact.StandIns is [var standIn, ..])
        {
            evidence.Add(Questions.MailboxOpen, Answer.Unknown, "statx",
                $"there is no mailbox of this name, but {standIn.Path.Display} may be it, caught between two renames: a process may be working on it", blocks: true);
        }
        else
        {
            evidence.Add(Questions.MailboxOpen, Answer.No, "statx", "there is no mailbox of this name");
        }

        if (AddNeighbours(artefact, owner, host, evidence) is { } user)
            return Held(artefact, conventions, kind, systems, new Owner(user.Pid, null, user, Answer.Yes), evidence, $"{Activity.Who(user)} has what it protects open for writing");

        if (owner.Pid is null && (onLock.SoleWriter() ?? onMailbox?.SoleWriter()) is { } locker)
        {
            return Held(artefact, conventions, kind, systems, new Owner(locker.Pid, null, locker, Answer.Yes), evidence,
                $"{Activity.Who(locker)} has the kernel lock that goes with it");
        }
        if (owner.Pid is null && onMailbox is { } box && !box.Held.Any() && box.SoleOpener(file) is { IsOlder: not Answer.No } opener)
        {
            var isOlder = opener.IsOlder == Answer.Yes;
            return Held(artefact, conventions, kind, systems, isOlder ? new Owner(opener.Process.Pid, null, opener.Process, Answer.Yes) : Owner.Unknown, evidence,
                $"{Activity.Who(opener.Process)} has the mailbox open for writing and {(isOlder ? "is older than the lock" : "started with the lock, as its owner or with it")}");
        }

        if (owner is { Pid: null, IsAlive: Answer.Unknown })
        {
            if (LockTools.KeeperOf(artefact, host) is { } keeper)
                return Held(artefact, conventions, kind, systems, new Owner(keeper.Pid, null, keeper, Answer.Yes), evidence, $"{Activity.Who(keeper)} was started for this lock and runs a command under it");
            if (LockTools.ToucherOf(artefact, host) is { } toucher)
                return Held(artefact, conventions, kind, systems, Owner.Unknown, evidence, $"{Activity.Who(toucher)} refreshes it for its owner");
            AddUnseenOwners(artefact, conventions, host, evidence);
        }
        var recheck = ArtefactClassifier.AddGrace(file, host, options, evidence);
        if (owner.IsAlive == Answer.Unknown)
        {
            if (owner.Pid is not null)
                return ArtefactClassifier.Refused(kind, systems, owner, evidence, selfHealsAt);
            recheck = AddAge(artefact, conventions, host, options, evidence) ? recheck : null;
        }
        if (evidence.FirstBlock is { } block)
        {
            var onlyGrace = recheck is not null && evidence.Where(e => e.Blocks).All(e => e.Question == Questions.GracePeriod);
            return ArtefactClassifier.Refused(kind, systems, owner, evidence, selfHealsAt, onlyGrace ? recheck : null) with
            {
                Summary = block.Question is Questions.MailboxLocked or Questions.MailboxOpen && owner.IsAlive == Answer.No
                    ? $"Left alone: its owner is gone, but {block.Detail}."
                    : $"Left alone: {block.Detail}.",
            };
        }
        var idle = artefact.Subject is null ? "there is no mailbox of its name" : "no process is on the mailbox";
        var summary = owner.Pid is { } gone
            ? $"Its owner, pid {gone}, is gone, and {idle}."
            : owner.IsAlive == Answer.No
                ? $"It is older than the boot of this host: no process of that time is left, and {idle}."
                : $"It names no owner and no living process was found that could own it; {idle}, and it is {ArtefactClassifier.Words(host.Now - options.Youngest(file))} old, more than its own software respects.";
        return new Verdict(VerdictWord.Stale, kind, summary, systems[0], systems, owner with { IsAlive = Answer.No }, evidence.ToList(),
            conventions.Exists(c => c.Write is not null) ? [OperatorAction.Break] : [], selfHealsAt);
    }

    /// <summary>The name is a lock's, but nothing that is known to make one made this.</summary>
    internal static Verdict Misfit(ArtefactFacts artefact, HostFacts host)
    {
        var evidence = new EvidenceList(host.Now);
        ArtefactClassifier.AddShape(artefact, evidence, FileKind.Regular);
        evidence.Add(Questions.Convention, Answer.No, "text, size, mode", Misfit(artefact.File), blocks: true);
        return ArtefactClassifier.Refused(artefact.Matches.First(m => m.Convention is DotLock).Convention.Kind, [], Owner.Unknown, evidence);
    }

    /// <summary>The conventions among the matches whose looks fit, most likely first.</summary>
    public static IReadOnlyList<DotLock> Fitting(ArtefactFacts artefact) =>
        [.. ConventionMatcher.Fitting(artefact.Matches, artefact.File).Select(m => m.Convention).OfType<DotLock>()];

    private static string Misfit(FileFacts file) => file.Content switch
    {
        _ when file.Kind != FileKind.Regular => $"no program known here makes a lock that is a {ArtefactClassifier.Words(file.Kind)}",
        { Bytes: null, Unread: { } why } when file.Size <= FileContent.Limit => $"its text could not be read ({FilePath.Escape(why)})",
        _ when file.Size > 512 => $"it is {file.Size} bytes long: no program known here writes such a lock",
        { Bytes: { } bytes } => $"no program known here writes this text: \"{FilePath.Escape(bytes.AsSpan(0, Math.Min(bytes.Length, 40)))}\"",
        _ => "no program known here writes such a lock",
    };

    /// <summary>Names beyond the lock's own must be hitching posts of it: those name the owner. Anything else may be a user's mail.</summary>
    private static List<ConventionMatch> AddLinkCount(ArtefactFacts artefact, EvidenceList evidence)
    {
        // The same inode: what it looks like under one name, it looks like under the other.
        var named = artefact.Twins.Select(t => t.Matches.Where(m => m.Convention is StagingFile { AsKind: ArtefactKind.StagingFile } post && post.Looks(artefact.File with { Path = t.Path })).ToList())
            .Where(m => m.Count > 0).ToList();
        var posts = named.SelectMany(m => m).ToList();
        var known = named.Count;
        var links = artefact.File.LinkCount;
        if (links <= 1)
            evidence.Add(Questions.LinkCount, Answer.Yes, "statx", "it has one name");
        else if (links == 1 + known)
            evidence.Add(Questions.LinkCount, Answer.Yes, "statx", $"its other name is the hitching post {artefact.Twins[0].Path.Display}");
        else
            evidence.Add(Questions.LinkCount, Answer.No, "statx", $"its inode has {links} names, {links - 1 - known} of which are not known to belong to the lock", blocks: true);
        return posts;
    }

    private static void AddOwnerOfFile(ArtefactFacts artefact, EvidenceList evidence)
    {
        var uid = artefact.File.Uid;
        var expected = uid == 0 || uid == artefact.Directory.Uid || uid == artefact.Subject?.Uid;
        evidence.Add(Questions.ExpectedOwner, expected ? Answer.Yes : Answer.No, "statx", expected
            ? $"it belongs to uid {uid}: {(uid == 0 ? "root" : uid == artefact.Subject?.Uid ? "the owner of the mailbox" : "the owner of the directory")}"
            : $"it belongs to uid {uid}, who owns neither the mailbox nor the directory", blocks: !expected);
    }

    private static Owner FindOwner(
        ArtefactFacts artefact, List<DotLock> conventions, List<ConventionMatch> posts, HostFacts host, JudgingOptions options, EvidenceList evidence)
    {
        var claim = conventions.Select(c => c.ReadHolder(artefact.File.Content)).FirstOrDefault(c => c is not null);
        if (claim is not null)
            return OwnerFinder.Find(claim, artefact.File, artefact.Mount, host, options, null, "text of the lock", evidence);
        if (OwnerFinder.FindAny(posts.SelectMany(p => StagingClassifier.Claims(p, artefact.Directory, host)), artefact, host, options, null, "name of its hitching post", evidence) is { } named)
            return named;
        // No process survives a reboot: a lock older than the boot needs no name.
        // An empty file may be a handle that a program keeps for every start, unless its mailbox or its looks say that it is a lock.
        if (artefact.File.ChangedAt.ToDateTimeOffset() + options.GreyZone < host.BootedAt && artefact.Mount is { HasOurClock: true }
            && !conventions.Exists(c => c.MayBeHandle) && IsSurelyALock(artefact, conventions))
        {
            evidence.Add(Questions.AfterBoot, Answer.No, "statx, boot clock", $"it is older than the boot of this host ({host.BootedAt:u})");
            return Owner.Unknown with { IsAlive = Answer.No };
        }
        evidence.Add(Questions.OwnerNamed, Answer.No, "text of the lock", "it names no owner, which does not mean that it has none");
        return Owner.Unknown;
    }

    /// <summary>Who has the databases or the index next to the lock open. The one process that has, and can write to them, where the lock names no owner: nothing else shows who its owner is.
    /// One that only reads may be its owner between two writes, or any other reader: it blocks, and is not called the owner.</summary>
    private static ProcessFacts? AddNeighbours(ArtefactFacts artefact, Owner owner, HostFacts host, EvidenceList evidence)
    {
        var (users, writers) = (new List<ProcessFacts>(), new HashSet<int>());
        foreach (var (neighbour, activity) in artefact.Neighbours.Select(n => (n, Activity.On(n, host))).Where(n => !n.Item2.IsIdle).Take(4))
        {
            activity.AddTo(evidence, Questions.MailboxOpen, Questions.MailboxLocked, FilePath.Escape(neighbour.Path.Name));
            users.AddRange(activity.Open.Select(o => o.Process).Concat(activity.Held.SelectMany(e => e.Parties).Select(p => p.Process)));
            writers.UnionWith(activity.Open.Where(o => o is { CanWrite: true, IsThroughLayer: false }).Select(o => o.Process.Pid)
                .Concat(activity.Held.Where(e => e.Lock.Mode == LockMode.Write).SelectMany(e => e.Parties).Select(p => p.Process.Pid)));
        }
        return owner.Pid is null && users.DistinctBy(u => u.Pid).ToList() is [var user] && writers.Contains(user.Pid) ? user : null;
    }

    private static bool IsSurelyALock(ArtefactFacts artefact, List<DotLock> conventions) =>
        artefact.File is { Size: > 0 } or { Mode: 0 } || conventions.TrueForAll(c => !c.IsGeneral) || (artefact.Subject is { } subject && MailboxSign.Of(subject, lockIsTelling: false) is not null);

    /// <summary>A session of c-client has the mailbox open only while it reads or writes, but its lock in /tmp all the time; a writer to the former file of that name is in the mailbox as far as it knows.</summary>
    private static void AddFurtherSigns(FileFacts mailbox, MailboxRoute? route, HostFacts host, EvidenceList evidence)
    {
        foreach (var session in host.Locks.OnSessionLockOf(mailbox.Identity).Take(4))
        {
            var who = session.Parties.Count == 0 ? "a holder that could not be identified" : string.Join(", ", session.Parties.Select(p => Activity.Who(p.Process)).Distinct());
            evidence.Add(Questions.MailboxLocked, Answer.Yes, "/proc/locks", $"{who} {(session.Lock.IsWaiter ? "waits for" : "has")} a {session.Lock.Class} lock on {session.Path!.Value.Display}, the session lock of the mailbox", blocks: true);
        }
        foreach (var open in Activity.NamesOf(mailbox, route).SelectMany(host.OpenFiles.FormerlyAt).DistinctBy(o => o.Process.Pid).Take(4))
            evidence.Add(Questions.MailboxOpen, Answer.Yes, "/proc/PID/fd", $"{Activity.Who(open.Process)} has the former file of the mailbox's name open for writing", blocks: true);
    }

    /// <summary>Processes that may be the owner although nothing on disk and nothing open says so.</summary>
    private static void AddUnseenOwners(ArtefactFacts artefact, List<DotLock> conventions, HostFacts host, EvidenceList evidence)
    {
        var file = artefact.File;
        if (LockTools.EarlyPollerFor(artefact, host) is { } poller)
            evidence.Add(Questions.OwnerRunning, Answer.Unknown, "/proc", $"{Activity.Who(poller)} was started to take this lock before it was made: it may have it now", blocks: true);
        if (!host.Processes.IsComplete)
        {
            evidence.Add(Questions.OwnerRunning, Answer.Unknown, "/proc", $"it names no owner, and not all processes can be seen from here: {host.Processes.Gap}", blocks: true);
        }
        else if (ScriptOwner.Of(artefact, host, [.. conventions.SelectMany(c => c.UnseenOwners).Select(o => o.Command)]) is { } script)
        {
            evidence.Add(Questions.OwnerRunning, Answer.Unknown, "/proc",
                $"{Activity.Who(script.Process)} runs as uid {file.Uid}, as the lock's owner, since before the lock was made, and {script.Sign}: it may hold the lock with nothing open", blocks: true);
        }

        foreach (var program in conventions.SelectMany(c => c.UnseenOwners))
        {
            if (LockTools.UnseenOwnerOf(file, program, host) is { } process)
            {
                evidence.Add(Questions.OwnerRunning, Answer.Unknown, "/proc",
                    $"{Activity.Who(process)} runs as uid {file.Uid}, as the lock's owner, since before the lock was made: it may have the lock and nothing open yet", blocks: true);
            }
        }
    }

    /// <summary>
    /// No owner is named and none was found. Age and absence prove nothing by themselves: only where it is certain who makes such a lock, where they remove it
    /// at that age themselves, and where there is a mailbox on which a living owner would be seen.
    /// </summary>
    private static bool AddAge(ArtefactFacts artefact, List<DotLock> conventions, HostFacts host, JudgingOptions options, EvidenceList evidence)
    {
        var file = artefact.File;
        var rule = OwnerlessRule.OfLocks(conventions, file);
        if (rule is not { Word: VerdictWord.Stale, After: { } limit })
        {
            evidence.Add(Questions.OwnersRule, Answer.Unknown, "text, size, mode", $"{rule.Why}; this changes when its owner ends, or when the program that made it removes it", blocks: true);
            return false;
        }
        if (ArtefactClassifier.AddForeignClock(artefact, evidence) || (rule.NeedsMailbox && !AddMailbox(artefact, evidence)))
            return false;
        var age = host.Now - options.Youngest(file);
        var isOld = age > limit;
        evidence.Add(Questions.OldEnough, isOld ? Answer.Yes : Answer.No, "statx", isOld
            ? $"it is {ArtefactClassifier.Words(age)} old; those who make such a lock respect it for {ArtefactClassifier.Words(limit)} at most"
            : $"it names no owner and is only {ArtefactClassifier.Words(age)} old; without an owner it must be older than {ArtefactClassifier.Words(limit)}", blocks: !isOld);
        return isOld;
    }

    /// <summary>Whether there is a mailbox on which its owner would be seen.</summary>
    private static bool AddMailbox(ArtefactFacts artefact, EvidenceList evidence)
    {
        var file = artefact.File;
        var sign = artefact.Subject is { } subject ? MailboxSign.Of(subject, file.Size > 0 || file.Mode == 0) : null;
        if (sign is not null)
        {
            evidence.Add(Questions.Convention, Answer.Yes, "first bytes, place", $"what it locks is a mailbox: {sign}");
            return true;
        }
        evidence.Add(Questions.Convention, Answer.Unknown, "statx, first bytes", artefact.Subject switch
        {
            null => "it names no owner and no mailbox has its name: it may lock anything, and there is nothing at which its owner would be seen",
            { Content.Unread: { } why, Size: > 0, Kind: FileKind.Regular } => $"it names no owner, and whether what it locks is a mailbox is unknown: {FilePath.Escape(why)}",
            var other => $"it names no owner, and nothing shows that {other.Path.Display} is a mailbox: its owner may be a program that is never seen on it",
        }, blocks: true);
        return false;
    }

    private static string Titles(List<ConventionMatch> fits) => fits.Select(m => m.System.Title).Distinct().ToList() switch
    {
        [var one] => one,
        [var one, var other] => $"{one} or {other}",
        var many => $"{many[0]} (or {many.Count - 1} others)",
    };

    /// <summary>
    /// The earliest moment at which one of the systems that fit would remove it itself. Null while a living owner has it and one of them asks for the owner
    /// or is kept away by a heartbeat, and where nothing shows that one of them made it.
    /// </summary>
    private static DateTimeOffset? SelfHealsAt(ArtefactFacts artefact, List<DotLock> conventions, Answer isAlive)
    {
        var file = artefact.File;
        if (!IsSurelyALock(artefact, conventions))
            return null;
        conventions = [.. OwnerlessRule.Makers(conventions, file)];
        if (isAlive == Answer.Yes && conventions.Exists(c => c.ChecksOwner || c.Heartbeat is not null))
            return null;
        DateTimeOffset? earliest = null;
        foreach (var convention in conventions)
        {
            if (convention.StaleAfter is not { } after)
                continue;
            var clock = convention.Clock switch
            {
                FileClock.Modified => file.ModifiedAt,
                FileClock.Accessed => file.AccessedAt,
                _ => file.ChangedAt,
            };
            var at = clock.ToDateTimeOffset() + after;
            earliest = earliest is null || at < earliest ? at : earliest;
        }
        return earliest;
    }

    private static Verdict Held(
        ArtefactFacts artefact, List<DotLock> conventions, ArtefactKind kind, List<string> systems, Owner owner, EvidenceList evidence, string why) =>
        new(VerdictWord.Held, kind, $"Held: {why}.", systems[0], systems, owner, evidence.ToList(), [], SelfHealsAt(artefact, conventions, Answer.Yes));
}
