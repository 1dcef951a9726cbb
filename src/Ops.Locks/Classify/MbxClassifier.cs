namespace Ops.Locks;

/// <summary>
/// MBX session locks in <c>/tmp</c>. One name, three programs: for c-client and Exim only a kernel lock on the file means anything (c-client <c>env_unix.c</c>), for Courier's
/// lockmail its existence is the lock, and its text says so. The holder of a kernel lock wins over any text.
/// </summary>
public static class MbxClassifier
{
    internal static Verdict Classify(
        ArtefactFacts artefact, IReadOnlyList<ConventionMatch> fits, HostFacts host, JudgingOptions options, MailSystem first, MbxLock convention)
    {
        var left = fits.FirstOrDefault(m => m.Convention is DotLock);
        // Courier's text is known, and c-client's; an empty one may be anybody's.
        IReadOnlyList<string> systems = left is not null ? [left.System.Name]
            : LockText.BarePid(artefact.File.Content) is not null ? [MailSystems.UwImap.Name]
            : [first.Name, .. fits.Where(m => m.Convention is MbxLock).Select(m => m.System.Name).Where(s => s != first.Name).Distinct()];
        var evidence = new EvidenceList(host.Now);
        ArtefactClassifier.AddShape(artefact, evidence, FileKind.Regular);
        evidence.Add(Questions.Convention, Answer.Yes, convention.Source, "named after device and inode of a mailbox");
        if (evidence.FirstBlock is not null)
            return ArtefactClassifier.Refused(ArtefactKind.MbxLock, systems, Owner.Unknown, evidence);
        if (artefact.File.LinkCount != 1)
        {
            evidence.Add(Questions.LinkCount, Answer.No, "statx", $"its inode has {artefact.File.LinkCount} names; its programs refuse such a file", blocks: true);
            return ArtefactClassifier.Refused(ArtefactKind.MbxLock, systems, Owner.Unknown, evidence);
        }
        var activity = Activity.On(artefact.File, host);
        activity.AddTo(evidence, Questions.FileOpen, Questions.FileLocked, "it");
        if (activity.Held.SelectMany(e => e.Parties).FirstOrDefault()?.Process is { } holder)
        {
            return new Verdict(VerdictWord.Held, ArtefactKind.MbxLock, $"Held: {Activity.Who(holder)} has a kernel lock on it.", systems[0], systems,
                new Owner(holder.Pid, null, holder, Answer.Yes), evidence.ToList(), []);
        }
        if (!activity.IsIdle || !activity.IsComplete)
            return ArtefactClassifier.Refused(ArtefactKind.MbxLock, systems, Owner.Unknown, evidence);
        if (left is { Convention: DotLock byExistence } && byExistence.ReadHolder(artefact.File.Content) is { } claim)
            return ByExistence(artefact, left.System, byExistence, claim, host, options, evidence);
        return new Verdict(VerdictWord.NotALock, ArtefactKind.MbxLock,
            "Free: no process has a kernel lock on it. Its programs reuse it as it is; unlinking it while another process opens it gives two holders of one lock.",
            systems[0], systems, Owner.Unknown, evidence.ToList(), []);
    }

    /// <summary>The text of lockmail: for its program the file is the lock, with or without a kernel lock on it.</summary>
    private static Verdict ByExistence(
        ArtefactFacts artefact, MailSystem system, DotLock convention, OwnerClaim claim, HostFacts host, JudgingOptions options, EvidenceList evidence)
    {
        IReadOnlyList<string> systems = [system.Name];
        evidence.Add(Questions.Convention, Answer.Yes, convention.Source, $"its text is that of {system.Title}, for which its existence is the lock");
        ArtefactClassifier.AddLocality(artefact, host, evidence);
        var owner = OwnerFinder.Find(claim, artefact.File, artefact.Mount, host, options, null, "text of the lock", evidence);
        if (owner.IsAlive == Answer.Yes)
        {
            return new Verdict(VerdictWord.Held, ArtefactKind.MbxLock, $"Held: {Activity.Who(owner.Process!)}, which its text names, is alive.", system.Name, systems, owner,
                evidence.ToList(), []);
        }
        AddMailbox(artefact, host, evidence);
        var recheck = ArtefactClassifier.AddGrace(artefact.File, host, options, evidence);
        if (evidence.FirstBlock is not null || owner.IsAlive == Answer.Unknown)
        {
            var onlyGrace = recheck is not null && evidence.Where(e => e.Blocks).All(e => e.Question == Questions.GracePeriod);
            return ArtefactClassifier.Refused(ArtefactKind.MbxLock, systems, owner, evidence, null, onlyGrace ? recheck : null);
        }
        return new Verdict(VerdictWord.Stale, ArtefactKind.MbxLock, $"Its owner, pid {owner.Pid}, is gone, and no process has it or its mailbox open or locked.", system.Name, systems, owner,
            evidence.ToList(), [OperatorAction.Break]);
    }

    /// <summary>Who is on the mailbox may be its owner: a script that took the lock and went on, or a session between two locks.</summary>
    private static void AddMailbox(ArtefactFacts artefact, HostFacts host, EvidenceList evidence)
    {
        if (NamedFile.MailboxOfMbxLock(artefact.File.Path) is not { } mailbox)
        {
            evidence.Add(Questions.MailboxOpen, Answer.Unknown, "its name", "which mailbox it is named after could not be read from its name", blocks: true);
            return;
        }
        // Only device and number are known: on an overlay the same file has others below, and on a file server other hosts may have it open.
        var mounts = host.Mounts.Where(m => (m.Major, m.Minor) == (mailbox.Major, mailbox.Minor)).ToList();
        if (!mounts.Exists(m => m.IsLocalDisk && m.FileSystem != "overlay"))
        {
            evidence.Add(Questions.LocalFileSystem, Answer.Unknown, "/proc/self/mountinfo",
                $"the mailbox is on device {mailbox.Major:x2}:{mailbox.Minor:x2} ({(mounts is [var mount, ..] ? FilePath.Escape(mount.FileSystem) : "not mounted here")}): who has it open cannot be seen for certain", blocks: true);
        }
        new Activity([.. host.Locks.On(mailbox)], host.OpenFiles.Of(mailbox), host.SeesAllOpenFiles && host.Locks.Gaps.Count == 0)
            .AddTo(evidence, Questions.MailboxOpen, Questions.MailboxLocked, $"the mailbox (inode {mailbox.Inode})");
    }
}
