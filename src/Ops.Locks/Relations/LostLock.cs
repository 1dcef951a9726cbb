namespace Ops.Locks;

/// <summary>A record lock of one process on a mailbox, and the descriptors of that mailbox that the process had, as one look saw them.</summary>
/// <param name="Descriptors">Those of the look; a number that was given to another file since is another descriptor.</param>
public sealed record MailboxHold(ProcessFacts Process, FileIdentity File, FilePath Path, LockMode Mode, string Range, IReadOnlyList<int> Descriptors, DateTimeOffset SeenAt);

/// <summary>
/// A process whose <c>fcntl</c> lock has gone together with one of its descriptors while it still has the mailbox open for writing. What two looks show is that and no more: a program may
/// have unlocked before it closed. An ordinary unlock, which closes nothing or everything, is none of this.
/// </summary>
public static class LostLock
{
    /// <summary>More than this many holds are not followed.</summary>
    private const int Limit = 1000;

    /// <summary>Holds worth remembering: on mailboxes, by processes that have more than one descriptor of them.</summary>
    public static IReadOnlyList<MailboxHold> Holds(HostFacts host) =>
    [
        .. SecondDescriptor.Holds(host).Where(h => h.Descriptors.Count > 1 && host.IsMailbox(h.Entry.File!.Value, h.Entry.Path!.Value))
            .Select(h => new MailboxHold(h.Process, h.Entry.File!.Value, h.Entry.Path!.Value, h.Entry.Lock.Mode, h.Entry.Lock.Range, [.. h.Descriptors.Select(d => d.Descriptor!.Value)], host.Now))
            .Take(Limit),
    ];

    /// <summary>Those of the holds that were lost: by comparison with another look that asked for the descriptors of the same files.</summary>
    public static IReadOnlyList<MailboxHold> Among(IEnumerable<MailboxHold> holds, HostFacts now) => [.. holds.Where(h => Remaining(h, now) is not null)];

    public static IEnumerable<Relation> Find(IEnumerable<MailboxHold> holds, HostFacts now)
    {
        foreach (var hold in holds)
        {
            if (Remaining(hold, now) is not { } remaining)
                continue;
            var who = Activity.Who(hold.Process);
            var closed = hold.Descriptors.Except(remaining.Select(r => r.Descriptor!.Value)).ToList();
            var evidence = new EvidenceList(now.Now);
            evidence.Add(Questions.FileLocked, Answer.Yes, "/proc/locks, earlier look", $"at {hold.SeenAt:u} {who} had a Posix {hold.Mode} lock ({hold.Range}) on it and had it open as descriptors {string.Join(", ", hold.Descriptors)}");
            evidence.Add(Questions.FileLocked, Answer.No, "/proc/locks", $"{who} has no lock on it now, and descriptor {string.Join(", ", closed)} is closed", blocks: true);
            evidence.Add(Questions.FileOpen, Answer.Yes, "/proc/PID/fd", $"{who} still has it open for writing as descriptor {SecondDescriptor.Numbers(remaining)}", blocks: true);
            var verdict = new Verdict(VerdictWord.Refused, ArtefactKind.Mailbox,
                $"{who} closed one of its descriptors of this mailbox, its fcntl lock is gone, and it still has the mailbox open for writing. Unless it unlocked by itself, it believes that it holds the lock, and may write at the same time as another program.",
                "unknown", [], new Owner(hold.Process.Pid, null, hold.Process, Answer.Yes), evidence.ToList(), []);
            yield return new Relation(RelationKind.LockLost, hold.Path, null, verdict, $"lost {hold.File} {hold.Process.Pid} {hold.Process.Identity.StartTicks}", []) { Mailbox = hold.Path, Descriptor = remaining[0].Descriptor };
        }
    }

    private static List<OpenFile>? Remaining(MailboxHold hold, HostFacts now)
    {
        // A look that missed something proves no absence.
        if (now.Locks.Gaps.Count > 0 || now.OpenFiles.Unreadable.Contains(hold.Process.Pid) || now.Locks.On(hold.File).Any(e => e.Parties.Count == 0 || e.Parties.Any(p => p.Process.Pid == hold.Process.Pid)))
            return null;
        var open = now.OpenFiles.Of(hold.File).Where(o => o.Process.Identity == hold.Process.Identity && o is { Descriptor: not null, IsThroughLayer: false }).DistinctBy(o => o.Descriptor).OrderBy(o => o.Descriptor).ToList();
        return open.Count > 0 && open.Count < hold.Descriptors.Count && open.TrueForAll(o => hold.Descriptors.Contains(o.Descriptor!.Value)) && open.Exists(o => o.CanWrite) ? open : null;
    }
}
