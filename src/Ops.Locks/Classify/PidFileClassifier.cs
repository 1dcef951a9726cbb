namespace Ops.Locks;

/// <summary>Files that hold a pid: daemons' pid files and <c>LCK..</c> device locks.</summary>
public static class PidFileClassifier
{
    internal static Verdict Classify(ArtefactFacts artefact, IReadOnlyList<ConventionMatch> fits, HostFacts host, JudgingOptions options)
    {
        var file = artefact.File;
        var evidence = new EvidenceList(host.Now);
        var match = fits.First(m => m.Convention is PidFile);
        var convention = (PidFile)match.Convention;
        IReadOnlyList<string> systems = [.. fits.Where(m => m.Convention is PidFile).Select(m => m.System.Name).Distinct()];
        ArtefactClassifier.AddShape(artefact, evidence, FileKind.Regular);
        evidence.Add(Questions.Convention, Answer.Yes, convention.Source, $"named like a pid file of {match.System.Title}");
        ArtefactClassifier.AddLocality(artefact, host, evidence);

        var activity = Activity.On(file, host);
        if (activity.Held.SelectMany(e => e.Parties).FirstOrDefault()?.Process is { } locker)
        {
            activity.AddTo(evidence, Questions.FileOpen, Questions.FileLocked, "it");
            return new Verdict(VerdictWord.Held, ArtefactKind.PidFile, $"Held: {Activity.Who(locker)} has a kernel lock on it.", match.System.Name, systems,
                new Owner(locker.Pid, null, locker, Answer.Yes), evidence.ToList(), []);
        }
        if (convention.ReadHolder(file.Content) is not { } claim)
        {
            evidence.Add(Questions.OwnerNamed, Answer.No, "text of the file", file.Content.Unread is { } unread
                ? $"its text was not read ({FilePath.Escape(unread)})" : "its text is no pid", blocks: true);
            return ArtefactClassifier.Refused(ArtefactKind.PidFile, systems, Owner.Nobody, evidence);
        }
        // A pid file is written by its owner after it started: the same clocks as for a lock.
        var owner = OwnerFinder.Find(claim, file, artefact.Mount, host, options, null, "text of the file", evidence);
        if (owner.IsAlive == Answer.Yes)
        {
            return new Verdict(VerdictWord.Held, ArtefactKind.PidFile, $"Its process, {Activity.Who(owner.Process!)}, is alive.", match.System.Name, systems,
                owner, evidence.ToList(), []);
        }
        activity.AddTo(evidence, Questions.FileOpen, Questions.FileLocked, "it");
        if (file.LinkCount != 1)
            evidence.Add(Questions.LinkCount, Answer.No, "statx", $"its inode has {file.LinkCount} names", blocks: true);
        var recheck = ArtefactClassifier.AddGrace(file, host, options, evidence);
        if (evidence.FirstBlock is not null || owner.IsAlive == Answer.Unknown)
        {
            var onlyGrace = recheck is not null && evidence.Where(e => e.Blocks).All(e => e.Question == Questions.GracePeriod);
            return ArtefactClassifier.Refused(ArtefactKind.PidFile, systems, owner, evidence, null, onlyGrace ? recheck : null);
        }
        if (convention.IsPermanent)
        {
            return new Verdict(VerdictWord.NotALock, ArtefactKind.PidFile, $"{match.System.Title} is not running (pid {claim.Pid} is gone) and keeps this file for its next start.",
                match.System.Name, systems, owner, evidence.ToList(), []);
        }
        return new Verdict(VerdictWord.Orphan, ArtefactKind.PidFile, $"Its process, pid {claim.Pid}, is gone, and nobody has it open.", match.System.Name, systems,
            owner, evidence.ToList(), [OperatorAction.Remove]);
    }
}
