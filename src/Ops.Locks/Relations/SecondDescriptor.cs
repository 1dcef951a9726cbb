using System.Globalization;

namespace Ops.Locks;

/// <summary>A process that has an <c>fcntl</c> lock on a mailbox and the same mailbox open a second time: when it closes either descriptor, the kernel drops the lock.</summary>
/// <remarks>fcntl(2), "Advisory record locking"; Linux <c>fs/locks.c: locks_remove_posix</c>, called for each close of a descriptor of that inode.</remarks>
public static class SecondDescriptor
{
    /// <summary>Files of which it matters whether they are mailboxes, with a descriptor through which that can be seen.</summary>
    public static IEnumerable<OpenFile> Candidates(HostFacts host) => Holds(host, least: 2).Select(h => h.Descriptors[0]);

    public static IEnumerable<Relation> Find(HostFacts host)
    {
        foreach (var (entry, process, descriptors) in Holds(host, least: 2))
        {
            var (file, path) = (entry.File!.Value, entry.Path!.Value);
            if (!host.IsMailbox(file, path))
                continue;
            var evidence = new EvidenceList(host.Now);
            evidence.Add(Questions.FileLocked, Answer.Yes, "/proc/locks", $"{Activity.Who(process)} has a {entry.Lock.Class} {entry.Lock.Mode} lock ({entry.Lock.Range}) on it");
            evidence.Add(Questions.FileOpen, Answer.Yes, "/proc/PID/fd", $"{Activity.Who(process)} has it open as descriptors {Numbers(descriptors)}", blocks: true);
            evidence.Add(Questions.Convention, Answer.Yes, "/proc/PID/fd", host.MailboxLooks[file].Words);
            var verdict = new Verdict(VerdictWord.Refused, ArtefactKind.Mailbox,
                $"{Activity.Who(process)} has this mailbox open {descriptors.Count} times and locked by fcntl: as soon as it closes one of the descriptors, the kernel drops the lock, and the program does not notice.",
                "unknown", [], new Owner(process.Pid, null, process, Answer.Yes), evidence.ToList(), []);
            yield return new Relation(RelationKind.LockAtRisk, path, null, verdict, $"twice {file} {process.Pid} {process.Identity.StartTicks}", []) { Mailbox = path };
        }
    }

    /// <summary>Record locks of single processes on files that still have their name, with all descriptors that the process has of the file.</summary>
    /// <param name="least">So many descriptors at least. What a name means is asked last: of ten thousand locks, nearly none is of a process with two descriptors.</param>
    internal static IEnumerable<(LockEntry Entry, ProcessFacts Process, List<OpenFile> Descriptors)> Holds(HostFacts host, int least = 0) =>
        host.Locks.Entries.Where(e => e is { Lock: { IsWaiter: false, Class: LockClass.Posix }, PathState: PathState.Current, Path: not null, File: not null, Parties: [_, ..] }
                && host.OpenFiles.Of(e.File.Value).Count >= least)
            .DistinctBy(e => (e.File, e.Parties[0].Process.Pid))
            .Select(e => (Entry: e, e.Parties[0].Process, Descriptors: host.OpenFiles.Of(e.File!.Value).Where(o => o.Process.Pid == e.Parties[0].Process.Pid && o is { Descriptor: not null, IsThroughLayer: false }).DistinctBy(o => o.Descriptor).OrderBy(o => o.Descriptor).ToList()))
            .Where(h => h.Descriptors.Count >= least && NamedFile.AsLockHandle(h.Entry.Path!.Value) is null);

    internal static string Numbers(IEnumerable<OpenFile> descriptors) => string.Join(", ", descriptors.Take(8).Select(d => d.Descriptor!.Value.ToString(CultureInfo.InvariantCulture)));
}
