namespace Ops.Locks;

/// <summary>A dot lock whose living holder is known.</summary>
/// <param name="Mailbox">The mailbox it protects, as a file.</param>
/// <param name="Holder">The process that made it, or runs its command under it.</param>
/// <param name="WantsKernelLock">Whether its holder has the mailbox open and, by its convention, locks it through the kernel next.</param>
public sealed record HeldDotLock(FileFacts Lock, FileFacts Mailbox, ProcessFacts Holder, bool WantsKernelLock)
{
    /// <summary>Those among what was judged.</summary>
    public static IReadOnlyList<HeldDotLock> Among(IEnumerable<JudgedArtefact> judged, HostFacts host) =>
    [
        .. from j in judged
           where j.Verdict is { Word: VerdictWord.Held, Kind: ArtefactKind.DotLock, Owner: { IsAlive: Answer.Yes, Process: not null } }
               && j.Artefact.Subject is { Kind: FileKind.Regular }
           let holder = j.Verdict.Owner.Process!
           select new HeldDotLock(j.Artefact.File, j.Artefact.Subject!, holder,
               j.Artefact.Matches.Any(m => m.Convention is DotLock { AlsoLocksMailbox: true })
               && host.OpenFiles.Of(j.Artefact.Subject!.Identity).Any(o => o.Process.Pid == holder.Pid && o.CanWrite)),
    ];
}

/// <summary>
/// Programs that have one of a mailbox's two locks and lack the other, without a queue or a hitching post that shows it: Dovecot and Postfix make the dot lock by
/// bare <c>O_EXCL</c>, and Postfix tries for the kernel lock without waiting in the kernel.
/// </summary>
/// <remarks>postfix <c>src/global/dot_lockfile.c</c>, <c>deliver_flock.c</c>; dovecot <c>src/lib/file-dotlock.c: dotlock_wait</c>.</remarks>
public static class LikelyWaits
{
    /// <param name="wakes">Whether this process sleeps and wakes again and again, as one that tries for a lock does; null when that is not known. Asked only for those in question.</param>
    public static IEnumerable<Wait> Find(IReadOnlyList<HeldDotLock> dotLocks, HostFacts host, Func<ProcessFacts, bool?> wakes)
    {
        var queued = host.Locks.Entries.Where(e => e.Lock.IsWaiter).SelectMany(e => e.Parties).Select(p => p.Process.Pid).ToHashSet();
        foreach (var dotLock in dotLocks)
        {
            var holders = host.Locks.On(dotLock.Mailbox.Identity).Where(e => !e.Lock.IsWaiter).SelectMany(e => e.Parties).Select(p => p.Process).DistinctBy(p => p.Pid).ToList();
            if (holders.Count == 0 || holders.Any(h => Belong(h, dotLock.Holder, host)))
                continue;
            foreach (var holder in holders.Where(h => IsFree(h) && wakes(h) == true))
                yield return new Wait(holder.Pid, dotLock.Holder.Pid, dotLock.Lock.Path.Display, WaitBy.Likely, dotLock.Mailbox.Path);
            if (!dotLock.WantsKernelLock || !IsFree(dotLock.Holder) || wakes(dotLock.Holder) != true)
                continue;
            foreach (var holder in holders)
                yield return new Wait(dotLock.Holder.Pid, holder.Pid, dotLock.Mailbox.Path.Display, WaitBy.Likely, dotLock.Mailbox.Path);
        }

        bool IsFree(ProcessFacts process) => !queued.Contains(process.Pid) && process.IsAlive && process.State is not ('T' or 't');
    }

    // A program and what it runs under its lock work together.
    internal static bool Belong(ProcessFacts a, ProcessFacts b, HostFacts host) => a.Pid == b.Pid || IsAbove(a, b, host) || IsAbove(b, a, host);

    private static bool IsAbove(ProcessFacts above, ProcessFacts process, HostFacts host)
    {
        for (var (at, steps) = (process, 0); steps < 16 && host.Processes.Processes.TryGetValue(at.ParentPid, out var parent); at = parent, steps++)
        {
            if (parent.Pid == above.Pid)
                return true;
        }
        return false;
    }
}
