namespace Ops.Locks;

/// <summary>Lock and cache files in use that a cleaner of temporary directories will remove: the next program makes a new one, and two hold "the" lock.</summary>
/// <remarks>systemd <c>src/tmpfiles/tmpfiles.c: dir_cleanup</c>: younger of atime, mtime and ctime; a file with a <c>flock</c> lock is left alone by current versions, one with an <c>fcntl</c> lock is not.</remarks>
public static class TmpCleaner
{
    private const int MostNamed = 4;

    public static IEnumerable<Relation> Find(IReadOnlyList<TmpFilesRule> rules, IReadOnlyList<JudgedArtefact> artefacts, HostFacts host)
    {
        if (!rules.Any(r => r.Age is not null))
            return [];
        var used = artefacts.Where(a => a.Artefact.Directory.ReachedThrough is null && InUse(a, host) is not null)
            .Select(a => (a.Artefact.File.Path, Text: InUse(a, host)!, File: (FileFacts?)a.Artefact.File))
            .Concat(host.Locks.Entries.Where(e => e is { Lock.IsWaiter: false, PathState: PathState.Current, Path: { } path, Foreign: null, Parties: [_, ..] } && NamedFile.AsLockHandle(path) is not null)
                .Select(e => (Path: e.Path!.Value, Text: $"{Activity.Who(e.Parties[0].Process)} has it locked by {(e.Lock.Class == LockClass.Flock ? "flock" : "fcntl")}", File: (FileFacts?)null)))
            .DistinctBy(x => x.Path);
        return used.Select(x => (x.Path, x.Text, Rule: TmpFilesRules.For(rules, x.Path))).Where(x => x.Rule is not null)
            .GroupBy(x => x.Rule!).Select(g => Of(g.Key, [.. g.OrderBy(x => x.Path).Select(x => (x.Path, x.Text))], host.Now));
    }

    private static string? InUse(JudgedArtefact judged, HostFacts host)
    {
        var file = judged.Artefact.File;
        if (judged.Verdict.Kind is not (ArtefactKind.MbxLock or ArtefactKind.DotLock or ArtefactKind.LockFile or ArtefactKind.PidFile or ArtefactKind.PidLinkedFile or ArtefactKind.TempFile))
            return null;
        return judged.Verdict.Word == VerdictWord.Held && judged.Verdict.Owner.Process is { } owner ? $"{Activity.Who(owner)} holds it"
            : host.Locks.On(file.Identity).SelectMany(e => e.Parties.Select(p => $"{Activity.Who(p.Process)} has it locked by {(e.Lock.Class == LockClass.Flock ? "flock" : "fcntl")}")).FirstOrDefault()
                ?? host.OpenFiles.Of(file.Identity).Select(o => $"{Activity.Who(o.Process)} has it open").FirstOrDefault();
    }

    private static Relation Of(TmpFilesRule rule, List<(FilePath Path, string Text)> files, DateTimeOffset now)
    {
        var evidence = new EvidenceList(now);
        evidence.Add(Questions.OldEnough, Answer.Yes, rule.Source.Display, $"line {rule.Line}: {rule.Type} {FilePath.Escape(rule.Path)} removes what was not used for {ArtefactClassifier.Words(rule.Age!.Value)}", blocks: true);
        foreach (var (path, text) in files.Take(MostNamed))
            evidence.Add(Questions.FileOpen, Answer.Yes, "/proc", $"{path.Display}: {text}", blocks: true);
        return Obstacle.Of(FilePath.FromText(rule.Path), null, ArtefactKind.Directory, $"cleaner {rule.Source.Display} {rule.Line}",
            $"systemd-tmpfiles, where its timer runs, removes files below {FilePath.Escape(rule.Path)} that were not used for {ArtefactClassifier.Words(rule.Age.Value)}, and {files[0].Path.Display}{(files.Count > 1 ? $" and {files.Count - 1} more" : "")} "
                + $"in use {(files.Count > 1 ? "are" : "is")} there: once removed, a second program gets the same lock. A rule \"x {files[0].Path.Parent.Display}/PATTERN\" in /etc/tmpfiles.d keeps such files.", evidence);
    }
}
