using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>A living process and what it has to do with a lock that was named.</summary>
/// <param name="Entry">The kernel lock; null for a lock file.</param>
/// <param name="File">The lock file; null for a kernel lock.</param>
internal sealed record LivingLook(FilePath Path, ProcessFacts Process, Verdict Verdict, Finding Finding, LockEntry? Entry, CloseLook? File)
{
    /// <summary>What a preview promises: the same process, with the same part in the same lock.</summary>
    public string Fingerprint => Locks.Fingerprint.OfParty(Finding.Key, Process.Identity, Verdict);
}

public sealed partial class HostSurvey
{
    internal ProcReader Processes => _reader.Processes;

    /// <summary>This process and whatever it was started by, as it is now.</summary>
    internal ProtectedProcesses Protected => ProtectedProcesses.Of(_reader.Processes.ReadProcesses(), Environment.ProcessId);

    /// <summary>Looks afresh at what one process has to do with a lock.</summary>
    /// <param name="findingKey">Which lock, when it was picked from a list; empty for any that the process has on <paramref name="path"/>.</param>
    /// <returns>Null when a fresh look does not show that process as holder or waiter of that lock.</returns>
    internal LivingLook? LookAtLiving(string findingKey, FilePath path, int pid)
    {
        var processes = _reader.Processes.ReadProcesses();
        var host = WithMailboxLooks(_reader.Look(processes, _reader.Processes.ReadLocks(processes), OpenFileIndex.Empty));
        var parts = KernelLockClassifier.Classify(host)
            .Where(v => v.Party?.Process.Pid == pid && v.Entry.Path == path && (findingKey.Length == 0 || FindingFactory.KeyOf(v.Entry, v.Party) == findingKey))
            .OrderBy(v => v.Entry.Lock.IsWaiter).ToList();
        if (parts is [var part, ..])
        {
            var file = ArtefactReader.Stat(path).TryGet(out var facts) && facts.Identity == part.Entry.File ? facts : null;
            return new LivingLook(path, part.Party!.Process, part.Verdict, _factory.OfKernelLock(part, file, host.Now, MailboxOf(part.Entry)), part.Entry, null);
        }
        return LookAt(path) is { } look && look.Verdict.Owner.Process is { } owner && owner.Pid == pid
            && (findingKey.Length == 0 || look.Finding.Key == findingKey)
                ? new LivingLook(path, owner, look.Verdict, look.Finding, null, look)
                : null;
    }

    /// <summary>The kernel locks as they are now.</summary>
    internal LockTable LocksNow() => _reader.Processes.ReadLocks(_reader.Processes.ReadProcesses());

    private IReadOnlyList<OperatorAction> OffersFor(Verdict verdict, FilePath path)
    {
        // Locks outside the roots are other programs' business: they are shown, and nothing is offered.
        if (StoreRoots.Covering(_settings.Roots, path) is not { } root || root.Kinds is { } kinds && !kinds.Contains(verdict.Kind))
            return [];
        return Ladder.Offers(verdict, _protected.Value, _canAsk);
    }
}
