namespace Ops.Locks;

/// <summary>Two programs that have the guard of one MBX mailbox locked at the same time, by calls that do not see each other: both are let in.</summary>
/// <remarks>c-client locks <c>/tmp/.DEV.INO</c> by <c>flock</c>; Exim by <c>fcntl</c> unless <c>use_flock_lock</c> is set. Local file systems keep the two apart.</remarks>
public static class GuardKinds
{
    public static IEnumerable<Relation> Find(HostFacts host)
    {
        var held = host.Locks.Entries.Where(e => e is { Lock: { IsWaiter: false, Mode: LockMode.Write, Class: LockClass.Posix or LockClass.Flock or LockClass.Ofd }, PathState: PathState.Current, Path: not null, File: not null, Parties: [_, ..] }
            && NamedFile.MailboxOfMbxLock(e.Path.Value) is not null);
        foreach (var group in held.GroupBy(e => e.File!.Value))
        {
            if (group.FirstOrDefault(e => e.Lock.Class == LockClass.Flock) is not { } byFlock
                || group.FirstOrDefault(e => e.Lock.Class != LockClass.Flock && e.Parties.All(p => byFlock.Parties.All(q => q.Process.Pid != p.Process.Pid))) is not { } byFcntl)
            {
                continue;
            }

            var (a, b) = (byFlock.Parties[0].Process, byFcntl.Parties[0].Process);
            var evidence = new EvidenceList(host.Now);
            evidence.Add(Questions.SameLock, Answer.No, "/proc/locks", $"{Activity.Who(a)} has it by flock, which fcntl does not see", blocks: true);
            evidence.Add(Questions.SameLock, Answer.No, "/proc/locks", $"{Activity.Who(b)} has it by fcntl, which flock does not see", blocks: true);
            var verdict = new Verdict(VerdictWord.Refused, ArtefactKind.MbxLock,
                $"{Activity.Who(a)} has this guard by flock and {Activity.Who(b)} by fcntl: both were let in, and both may write to the mailbox. Set use_flock_lock for the Exim transport, which then takes both.",
                "unknown", [], new Owner(b.Pid, null, b, Answer.Yes), evidence.ToList(), []);
            yield return new Relation(RelationKind.IncompatibleLocking, byFlock.Path!.Value, null, verdict, $"guard {group.Key}", []);
        }
    }
}
