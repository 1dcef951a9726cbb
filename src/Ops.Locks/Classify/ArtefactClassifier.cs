namespace Ops.Locks;

/// <summary>From the facts about one file to a verdict. Pure and total.</summary>
public static class ArtefactClassifier
{
    /// <returns>Null when the name is a coincidence: it fits a leftover's, but kind or content show that it is none.</returns>
    public static Verdict? Classify(ArtefactFacts artefact, HostFacts host, JudgingOptions options) =>
        ByFile(artefact, host, options) is { } verdict ? CreatorEvidence.AddTo(verdict, artefact, host) : null;

    private static Verdict? ByFile(ArtefactFacts artefact, HostFacts host, JudgingOptions options)
    {
        options = options.Within(host);
        var fits = ConventionMatcher.Fitting(artefact.Matches, artefact.File);
        if (fits.Count == 0)
        {
            // A name that any program would take for a lock blocks mail whatever it is: say so, and leave it alone.
            return artefact.Matches.Any(m => m.Convention is DotLock) ? DotLockClassifier.Misfit(artefact, host)
                : artefact.Matches.Any(m => m.Convention is PidFile) ? PidFileClassifier.Classify(artefact, artefact.Matches, host, options)
                : null;
        }
        // A lock that its owner dates ahead is not younger for it.
        if (artefact.File.ModifiedAt.ToDateTimeOffset() > host.Now && fits.Any(m => m.Convention is DotLock { ModifiedIsExpiry: true } or StagingFile { ModifiedIsExpiry: true }))
            options = options with { AgeBy = AgeClock.Changed };
        // Most cautious first: a name that any system keeps permanently is never a lock, whatever else it looks like.
        // What is listed one by one says more than "one of thousands".
        if ((Find<NotALock>([.. fits.Where(m => m.Convention is not NotALock { IsOrdinary: true })]) ?? Find<NotALock>(fits)) is { } permanent)
            return NotALockVerdict(artefact, host, permanent.System, permanent.Convention.AsKind, permanent.Convention.Why, permanent.Convention.Source);
        if (Find<MbxLock>(fits) is { } mbx)
            return MbxClassifier.Classify(artefact, fits, host, options, mbx.System, mbx.Convention);
        if (Find<LinkLock>(fits) is { } link)
            return LinkLockClassifier.Classify(artefact, link.System, link.Convention, host, options);
        // In a place where any name is a leftover's, that of a lock stays a lock's, also where its looks do not fit or could not be read.
        if (fits.All(m => m.Convention is DotLock or StagingFile { IsGeneral: true }) && artefact.Matches.Any(m => m.Convention is DotLock))
            return fits.Any(m => m.Convention is DotLock) ? DotLockClassifier.Classify(artefact, fits, host, options) : DotLockClassifier.Misfit(artefact, host);
        // A hitching post's name is more particular than anything that ends in ".lock".
        if (fits.Any(m => m.Convention is StagingFile { OnlyWhenEmpty: true }) && artefact.Contents is not [])
            return null;
        if (fits.Any(m => m.Convention is StagingFile))
            return StagingClassifier.Classify(artefact, fits, host, options);
        if (fits.Any(m => m.Convention is DotLock))
            return DotLockClassifier.Classify(artefact, fits, host, options);
        if (fits.Any(m => m.Convention is PidFile))
            return PidFileClassifier.Classify(artefact, fits, host, options);
        if (Find<LookAlike>(fits) is { } lookAlike)
            return Refuse(artefact, host, lookAlike.System, lookAlike.Convention);
        return null;
    }

    /// <summary>What the name of a dot lock protects: the path without <c>.lock</c>. Null when the name is not of that form.</summary>
    public static FilePath? SubjectOf(FilePath path)
    {
        var name = path.Name;
        return name.Length > 5 && name.EndsWith(".lock"u8) ? new FilePath(path.Bytes[..^5]) : null;
    }

    internal static Verdict NotALockVerdict(
        ArtefactFacts artefact, HostFacts host, MailSystem system, ArtefactKind kind, string why, string source)
    {
        var evidence = new EvidenceList(host.Now);
        evidence.Add(Questions.Convention, Answer.Yes, source, $"{system.Title}: {why}", blocks: true);
        // A message that is being received or delivered is held by its writer; a handle or a mailbox is open for writing at any time and means nothing by that.
        if (kind is ArtefactKind.Message or ArtefactKind.TempFile && artefact.File.Kind == FileKind.Regular && StagingClassifier.WriterOf(artefact, Owner.Unknown, host) is { } writer)
        {
            evidence.Add(Questions.FileOpen, Answer.Yes, "/proc/PID/fd", $"{Activity.Who(writer)} has it open for writing", blocks: true);
            return new Verdict(VerdictWord.Held, kind, $"In use: {Activity.Who(writer)} has it open for writing. {why}", system.Name, [system.Name],
                new Owner(writer.Pid, null, writer, Answer.Yes), evidence.ToList(), []);
        }
        var holder = Activity.On(artefact.File, host).Held.SelectMany(e => e.Parties).FirstOrDefault()?.Process;
        return new Verdict(VerdictWord.NotALock, kind, $"Not a lock by itself: {why}", system.Name, [system.Name],
            holder is null ? Owner.Unknown : new Owner(holder.Pid, null, holder, Answer.Yes), evidence.ToList(), []);
    }

    private static Verdict Refuse(ArtefactFacts artefact, HostFacts host, MailSystem system, LookAlike lookAlike)
    {
        var evidence = new EvidenceList(host.Now);
        AddShape(artefact, evidence, FileKind.Regular, lookAlike.MayBeSymbolicLink ? FileKind.SymbolicLink : FileKind.Regular, lookAlike.MayBeDirectory ? FileKind.Directory : FileKind.Regular);
        evidence.Add(Questions.Convention, Answer.No, "name", lookAlike.Why, blocks: true);
        return Refused(lookAlike.AsKind, [system.Name], Owner.Unknown, evidence);
    }

    /// <summary>The verdict that says no; the first blocking answer is the reason.</summary>
    internal static Verdict Refused(
        ArtefactKind kind, IReadOnlyList<string> systems, Owner owner, EvidenceList evidence, DateTimeOffset? selfHealsAt = null, DateTimeOffset? recheck = null)
    {
        var reason = evidence.FirstBlock?.Detail ?? "nothing proves that its owner is gone";
        return new Verdict(VerdictWord.Refused, kind, $"Left alone: {reason.TrimEnd('.')}.", systems.Count > 0 ? systems[0] : "unknown", systems,
            owner, evidence.ToList(), [], selfHealsAt, recheck);
    }

    /// <summary>Is it the kind of file it should be, in a directory where no other user can swap names?</summary>
    internal static void AddShape(ArtefactFacts artefact, EvidenceList evidence, params ReadOnlySpan<FileKind> expected)
    {
        var file = artefact.File;
        var wanted = expected.Contains(file.Kind);
        evidence.Add(Questions.RegularFile, wanted ? Answer.Yes : Answer.No, "statx",
            wanted ? $"it is a {Words(file.Kind)}, as expected" : $"it is a {Words(file.Kind)}: no mail system makes one", blocks: !wanted);

        var directory = artefact.Directory;
        if (directory.ReachedThrough is { } link)
        {
            evidence.Add(Questions.SafeDirectory, Answer.No, "readlink",
                $"it was reached through the symbolic link {link.Display}; act on its real name, in {directory.RealPath?.Display}", blocks: true);
        }
        else if (directory.IsOpenToAnyone)
        {
            evidence.Add(Questions.SafeDirectory, Answer.No, "statx",
                $"its directory has mode {Convert.ToString(directory.Mode, 8)} and no sticky bit: any user can swap the name between check and act", blocks: true);
        }
        else
        {
            evidence.Add(Questions.SafeDirectory, Answer.Yes, "statx", $"its directory has mode {Convert.ToString(directory.Mode, 8)}, owner uid {directory.Uid}");
        }
    }

    /// <summary>Can other hosts have it open? Then pids and locks seen here prove nothing.</summary>
    internal static void AddLocality(ArtefactFacts artefact, HostFacts host, EvidenceList evidence)
    {
        if (artefact.Mount is not { } mount)
        {
            evidence.Add(Questions.LocalFileSystem, Answer.Unknown, "/proc/self/mountinfo", "its file system was not found in the mount table", blocks: true);
        }
        else if (!mount.IsLocal)
        {
            evidence.Add(Questions.LocalFileSystem, Answer.No, "/proc/self/mountinfo",
                $"it is on {FilePath.Escape(mount.FileSystem)} from {FilePath.Escape(mount.Source)}: the agents of all hosts that mount it must answer", blocks: true);
        }
        else if (host.SharesLocalDisks is { } server)
        {
            evidence.Add(Questions.LocalFileSystem, Answer.Unknown, "/proc", $"{server}: other hosts may have this file open", blocks: true);
        }
        else if (host.LayerOver(artefact.File.Path) is { } layer)
        {
            evidence.Add(Questions.LocalFileSystem, Answer.Unknown, "/proc/PID/mountinfo", MailboxPlace.Words(layer, "it"), blocks: true);
        }
        else if (mount.IsSaidUnshared)
        {
            evidence.Add(Questions.LocalFileSystem, Answer.Yes, "policy",
                $"{FilePath.Escape(mount.FileSystem)} from {FilePath.Escape(mount.Source)}: the policy of this host says that no other host uses it (unshared)");
        }
        else
        {
            evidence.Add(Questions.LocalFileSystem, Answer.Yes, "/proc/self/mountinfo", $"{FilePath.Escape(mount.FileSystem)} at {mount.MountPoint.Display}, local");
        }
    }

    /// <summary>Where a file server stamps the files by its own clock, no age proves anything. True when that is so.</summary>
    internal static bool AddForeignClock(ArtefactFacts artefact, EvidenceList evidence)
    {
        if (artefact.Mount is not { HasOurClock: false } mount)
            return false;
        evidence.Add(Questions.OldEnough, Answer.Unknown, "statx", $"{FilePath.Escape(mount.FileSystem)} stamps its files by another clock than this host's: their age proves nothing", blocks: true);
        return true;
    }

    /// <summary>Nothing that was touched a moment ago is called dead.</summary>
    internal static DateTimeOffset? AddGrace(FileFacts file, HostFacts host, JudgingOptions options, EvidenceList evidence)
    {
        var settled = options.Youngest(file) + options.GracePeriod;
        var isYoung = settled > host.Now;
        evidence.Add(Questions.GracePeriod, isYoung ? Answer.No : Answer.Yes, "statx", isYoung
            ? $"it changed {(host.Now - options.Youngest(file)).TotalSeconds:0.0} s ago; the grace period is {options.GracePeriod.TotalSeconds:0.#} s"
            : $"unchanged for longer than the grace period of {options.GracePeriod.TotalSeconds:0.#} s", blocks: isYoung);
        return isYoung ? settled : null;
    }

    /// <summary>A kind of file in words.</summary>
    public static string Words(FileKind kind) => kind switch
    {
        FileKind.Regular => "regular file",
        FileKind.Directory => "directory",
        FileKind.SymbolicLink => "symbolic link",
        FileKind.Fifo => "FIFO",
        FileKind.Socket => "socket",
        FileKind.CharacterDevice => "character device",
        FileKind.BlockDevice => "block device",
        _ => "file of unknown kind",
    };

    internal static string Words(TimeSpan age) => age switch
    {
        { TotalSeconds: < 120 } => $"{Math.Max(0, age.TotalSeconds):0} s",
        { TotalMinutes: < 120 } => $"{age.TotalMinutes:0} min",
        { TotalHours: < 72 } => $"{age.TotalHours:0} h",
        _ => $"{age.TotalDays:0} days",
    };

    private static (MailSystem System, T Convention)? Find<T>(IReadOnlyList<ConventionMatch> matches)
        where T : Convention
    {
        foreach (var match in matches)
        {
            if (match.Convention is T convention)
                return (match.System, convention);
        }
        return null;
    }
}
