namespace Ops.Locks;

/// <summary>MBX session locks: only a kernel lock on the file means anything, its text and age mean nothing (c-client <c>env_unix.c</c>).</summary>
public static class MbxClassifier
{
    internal static Verdict Classify(ArtefactFacts artefact, HostFacts host, MailSystem system, MbxLock convention)
    {
        var evidence = new EvidenceList(host.Now);
        ArtefactClassifier.AddShape(artefact, evidence, FileKind.Regular);
        evidence.Add(Questions.Convention, Answer.Yes, convention.Source, "named after device and inode of a mailbox");
        if (evidence.FirstBlock is not null)
            return ArtefactClassifier.Refused(ArtefactKind.MbxLock, [system.Name], Owner.Nobody, evidence);
        if (artefact.File.LinkCount != 1)
        {
            evidence.Add(Questions.LinkCount, Answer.No, "statx", $"its inode has {artefact.File.LinkCount} names; its programs refuse such a file", blocks: true);
            return ArtefactClassifier.Refused(ArtefactKind.MbxLock, [system.Name], Owner.Nobody, evidence);
        }
        var activity = Activity.On(artefact.File, host);
        activity.AddTo(evidence, Questions.FileOpen, Questions.FileLocked, "it");
        if (activity.Held.SelectMany(e => e.Parties).FirstOrDefault()?.Process is { } holder)
        {
            return new Verdict(VerdictWord.Held, ArtefactKind.MbxLock, $"Held: {Activity.Who(holder)} has a kernel lock on it.", system.Name, [system.Name],
                new Owner(holder.Pid, null, holder, Answer.Yes), evidence.ToList(), []);
        }
        if (!activity.IsIdle || !activity.IsComplete)
            return ArtefactClassifier.Refused(ArtefactKind.MbxLock, [system.Name], Owner.Nobody, evidence);
        return new Verdict(VerdictWord.NotALock, ArtefactKind.MbxLock,
            "Free: nobody has a kernel lock on it. Its programs reuse it as it is; unlinking it while somebody opens it gives two holders of one lock.",
            system.Name, [system.Name], Owner.Nobody, evidence.ToList(), []);
    }
}
