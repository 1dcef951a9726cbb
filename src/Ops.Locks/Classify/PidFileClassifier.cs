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
                ? $"its text was not read ({FilePath.Escape(unread)})" : "its text is not a pid", blocks: true);
            return ArtefactClassifier.Refused(ArtefactKind.PidFile, systems, Owner.Unknown, evidence);
        }
        // A pid file is written by its owner after it started: the same clocks as for a lock.
        var owner = OwnerFinder.Find(claim, file, artefact.Mount, host, options, null, "text of the file", evidence);
        var programs = ProgramsOf(fits);
        if (owner is { IsAlive: Answer.Yes, Process: { } named })
        {
            if (programs.Count == 0 || ProgramName.IsAnyOf(named, programs))
            {
                return new Verdict(VerdictWord.Held, ArtefactKind.PidFile, $"The process that it names, {Activity.Who(named)}, is alive and older than the file.",
                    match.System.Name, systems, owner, evidence.ToList(), []);
            }
            evidence.Add(Questions.SameProcess, Answer.Unknown, "/proc", OtherProgram(named, programs), blocks: true);
            return ArtefactClassifier.Refused(ArtefactKind.PidFile, systems, owner with { Process = null, IsAlive = Answer.Unknown }, evidence);
        }
        if (owner.IsAlive == Answer.No)
            AddRunning(claim, file, programs, host, options, evidence);
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
        return new Verdict(VerdictWord.Orphan, ArtefactKind.PidFile, $"Its process, pid {claim.Pid}, is gone, and no process has it open.", match.System.Name, systems,
            owner, evidence.ToList(), [OperatorAction.Remove]);
    }

    private static List<string> ProgramsOf(IReadOnlyList<ConventionMatch> fits)
    {
        List<string> programs = [];
        foreach (var (_, convention, match) in fits)
        {
            if (convention is not PidFile pidFile)
                continue;
            programs.AddRange(pidFile.Programs);
            if (pidFile.IsNamedAfterProgram)
                programs.Add(match.Groups[1].Value);
        }
        return programs;
    }

    private static string OtherProgram(ProcessFacts process, List<string> programs) =>
        $"{Activity.Who(process)}{(process.Executable is { } file ? $", running {FilePath.Escape(file)}," : "")} has the number and started before the file was last changed, but is not known as "
        + $"{string.Join(" or ", programs.Select(p => FilePath.Escape(p)))}. It may be the daemon under another name, or another program that got its number; "
        + "the file can be judged when that process has ended";

    /// <summary>
    /// The program runs although the number is not its own any more: a child that outlived its parent, a daemon that changed its number after it wrote the file, or
    /// one that was restored with its old number. It may still go by this file.
    /// </summary>
    private static void AddRunning(OwnerClaim claim, FileFacts file, List<string> programs, HostFacts host, JudgingOptions options, EvidenceList evidence)
    {
        var written = file.ChangedAt.ToDateTimeOffset() + options.GreyZone;
        foreach (var process in host.Processes.Running(programs))
        {
            var isNamed = process.Pid == claim.Pid || process.NamespacePids.Contains(claim.Pid);
            if (!isNamed && process.StartedAt > written)
                continue;
            evidence.Add(Questions.OwnerRunning, Answer.Unknown, "/proc", isNamed
                ? $"{Activity.Who(process)} started after the file was last changed, but it is the same program and has the number in the file: it may use this file"
                : $"pid {claim.Pid} is gone, but {Activity.Who(process)} is the same program and older than the last change of the file: it may use this file", blocks: true);
            return;
        }
    }
}
