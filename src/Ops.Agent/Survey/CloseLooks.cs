using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Looks at one thing again, just before a person decides and just before an act.</summary>
internal sealed class CloseLooks(HostReader reader, ReaderOptions options, WatchedStores stores, LinkedNames linked, ArtefactJudge judge, LockSurvey locks, FindingFactory factory)
{
    /// <summary>One name. Null when nothing is there, or nothing that any mail system leaves.</summary>
    public CloseLook? LookAt(FilePath path)
    {
        var files = stores.Reader(new MountReader(options).Read().Mounts);
        if (!files.Read(path).TryGet(out var read) || stores.Ours(read) is not { } artefact)
            return null;
        var host = judge.Look([artefact]);
        var surroundings = stores.Surroundings();
        // Nothing is offered then, so the time that a search takes delays no act.
        if (judge.Classify(artefact, host, surroundings) is { Word: VerdictWord.GhostWrite })
            artefact = linked.AddTo([artefact], host.Mounts, CancellationToken.None)[0];
        return judge.Classify(artefact, host, surroundings) is { } verdict
            ? new CloseLook(artefact, verdict, host, factory.OfArtefact(artefact, verdict, host.Now))
            : null;
    }

    /// <summary>What one process has to do with a lock now.</summary>
    /// <param name="findingKey">Which lock, when it was picked from a list; empty for any that the process has on <paramref name="path"/>.</param>
    /// <returns>Null when this look does not show that process as holder or waiter of that lock.</returns>
    public LivingLook? LookAtLiving(string findingKey, FilePath path, int pid)
    {
        var host = locks.Look();
        var parts = KernelLockClassifier.Classify(host)
            .Where(v => v.Party?.Process.Pid == pid && v.Entry.Path == path && (findingKey.Length == 0 || FindingFactory.KeyOf(v.Entry, v.Party) == findingKey))
            .OrderBy(v => v.Entry.Lock.IsWaiter).ToList();
        if (parts is [var part, ..])
        {
            var file = ArtefactReader.Stat(path).TryGet(out var facts) && facts.Identity == part.Entry.File ? facts : null;
            return new LivingLook(path, part.Party!.Process, part.Verdict, factory.OfKernelLock(part, file, host.Now, locks.MailboxOf(part.Entry)), part.Entry, null);
        }
        return LookAt(path) is { } look && look.Verdict.Owner.Process is { } owner && owner.Pid == pid
            && (findingKey.Length == 0 || look.Finding.Key == findingKey)
                ? new LivingLook(path, owner, look.Verdict, look.Finding, null, look)
                : null;
    }

    /// <summary>For the moment in which this process holds lock and mailbox itself: is any other process on the mailbox? Null when there is none, for certain.</summary>
    public BreakDecision.Refused? ForeignActivityOn(FileFacts? mailbox)
    {
        if (mailbox is null)
            return null;
        var host = reader.Look(new HashSet<FileIdentity> { mailbox.Identity }, new HashSet<int>());
        var us = Environment.ProcessId;
        foreach (var entry in host.Locks.Entries.Where(e => e.File == mailbox.Identity || e.Path == mailbox.Path && e.PathState is PathState.Replaced or PathState.Deleted))
        {
            if (entry.Parties.Count == 0)
                return new(Refusal.InUse, "A kernel lock of an unidentified process is on the mailbox.");
            if (entry.Parties.FirstOrDefault(p => p.Process.Pid != us) is { } party)
                return new(Refusal.InUse, $"Pid {party.Process.Pid} ({FilePath.Escape(party.Process.Command)}) {(entry.Lock.IsWaiter ? "waits for" : "has")} a kernel lock on the mailbox.");
        }
        if (host.OpenFiles.WithoutOthers([mailbox]).Of(mailbox.Identity).FirstOrDefault(o => o.Process.Pid != us) is { } open)
            return new(Refusal.InUse, $"Pid {open.Process.Pid} ({FilePath.Escape(open.Process.Command)}) has the mailbox open.");
        return host.SeesAllOpenFiles && host.Locks.Gaps.Count == 0 && host.Processes.IsComplete
            ? null
            : new(Refusal.InUse, "Not all processes could be inspected, so another process may have the mailbox open.");
    }
}

/// <summary>One artefact, looked at closely and by itself.</summary>
public sealed record CloseLook(ArtefactFacts Artefact, Verdict Verdict, HostFacts Host, Finding Finding);

/// <summary>A living process and what it has to do with a lock that was named.</summary>
/// <param name="Entry">The kernel lock; null for a lock file.</param>
/// <param name="File">The lock file; null for a kernel lock.</param>
internal sealed record LivingLook(FilePath Path, ProcessFacts Process, Verdict Verdict, Finding Finding, LockEntry? Entry, CloseLook? File)
{
    /// <summary>What a preview promises: the same process, with the same part in the same lock.</summary>
    public string Fingerprint => Locks.Fingerprint.OfParty(Finding.Key, Process.Identity, Verdict);
}
