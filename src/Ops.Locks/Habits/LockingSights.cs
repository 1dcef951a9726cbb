namespace Ops.Locks;

/// <summary>From one look at a host to what each process did with each mailbox.</summary>
public static class LockingSights
{
    /// <param name="artefacts">Files of the look: dot locks with a proven living owner count as had.</param>
    /// <param name="relations">Of the same look: who polls for a dot lock.</param>
    /// <param name="isMailbox">Whether a locked file is a mailbox that is looked at.</param>
    public static IReadOnlyList<LockingSight> Of(IReadOnlyList<JudgedArtefact> artefacts, IReadOnlyList<Relation> relations, HostFacts host, Func<LockEntry, bool> isMailbox)
    {
        var had = new List<(FilePath Mailbox, ProcessFacts Process, LockingStep Step, bool Waits)>();
        var mailboxes = host.Locks.Entries.Where(e => e is { PathState: PathState.Current, Path: not null, File: not null } && isMailbox(e)).ToList();
        foreach (var entry in mailboxes.Where(e => e.Lock.Class is LockClass.Posix or LockClass.Flock or LockClass.Ofd))
            had.AddRange(entry.Parties.Select(p => (entry.Path!.Value, p.Process, entry.Lock.Class == LockClass.Flock ? LockingStep.Flock : LockingStep.Fcntl, entry.Lock.IsWaiter)));
        var byIdentity = mailboxes.DistinctBy(e => e.File).ToDictionary(e => e.File!.Value, e => e.Path!.Value);
        foreach (var entry in host.Locks.Entries.Where(e => e is { Lock.IsWaiter: false, Path: not null }))
        {
            if (NamedFile.MailboxOfMbxLock(entry.Path!.Value) is { } named && byIdentity.TryGetValue(named, out var mailbox))
                had.AddRange(entry.Parties.Select(p => (mailbox, p.Process, entry.Lock.Class == LockClass.Flock ? LockingStep.GuardFlock : LockingStep.GuardFcntl, false)));
        }
        foreach (var judged in artefacts)
        {
            if (judged is { Artefact.Subject: { } subject, Verdict: { Word: VerdictWord.Held, Kind: ArtefactKind.DotLock, Owner: { IsAlive: Answer.Yes, Process: { } owner } } })
                had.Add((subject.Path, owner, LockingStep.DotLock, false));
        }
        foreach (var relation in relations)
        {
            if (relation is { Kind: RelationKind.DotLockWaiter, IsLikely: false, Mailbox: { } wanted, Verdict.Owner.Process: { } poller })
                had.Add((wanted, poller, LockingStep.DotLock, true));
        }
        return
        [
            .. had.GroupBy(h => (h.Mailbox, h.Process.Pid)).Select(g => new LockingSight(g.Key.Mailbox, g.First().Process,
                [.. g.Where(h => !h.Waits).Select(h => h.Step).Distinct()], g.Where(h => h.Waits).Select(h => (LockingStep?)h.Step).FirstOrDefault())),
        ];
    }
}
