namespace Ops.Locks;

/// <summary>A program that waits for a dot lock without a hitching post and without its name in the arguments.</summary>
/// <param name="How">What shows it, to follow the name of the process.</param>
/// <param name="IsLikely">It was not seen to wait: it has what one needs who waits, and lacks the lock.</param>
internal sealed record SilentWaiter(ProcessFacts Process, string Source, string How, bool IsLikely);

/// <summary>
/// Living programs that wait for a dot lock by trying to create it. Dovecot watches the lock that another has, so that it knows when it goes; Postfix sleeps between its tries, with the
/// mailbox open or the rights of its owner. Never a mere reader: who has the mailbox open must be able to write to it and be a program that takes such a lock.
/// </summary>
/// <remarks>dovecot <c>src/lib/file-dotlock.c: dotlock_wait</c> (watches the lock file itself); postfix <c>src/global/dot_lockfile.c: dot_lockfile</c>, <c>mbox_open.c: mbox_open</c>
/// (opened the mailbox before the lock in some versions, after it in others).</remarks>
internal static class SilentWaiters
{
    public static IEnumerable<SilentWaiter> For(JudgedArtefact wanted, HostFacts host)
    {
        var (artefact, owner) = (wanted.Artefact, wanted.Verdict.Owner);
        List<LockPoller> pollers = [.. artefact.Matches.Select(m => m.Convention).OfType<DotLock>().SelectMany(c => c.Pollers)];
        return pollers.Count == 0 ? [] : Watchers().Concat(MayHoldItThemselves() ? [] : Openers().Concat(ActingOwners())).Where(w => IsFree(w.Process, owner, host));

        // Of a lock that names nobody, the one that has the mailbox open may be the holder.
        bool MayHoldItThemselves() => owner is { Process: null, Pid: null } && wanted.Verdict.Word != VerdictWord.Stale;

        bool Polls(ProcessFacts process) => pollers.Exists(p => p.Command == process.Command);

        IEnumerable<SilentWaiter> Watchers() => host.OpenFiles.WatchersOf(artefact.File.Identity, artefact.Mount)
            .Select(p => (Process: p, Opens: HasMailboxOpen(p), Polls: Polls(p))).Where(p => p.Opens || p.Polls)
            .Select(p => new SilentWaiter(p.Process, "/proc/PID/fdinfo",
                $"watches it (inotify) and {(p.Opens ? "has the mailbox open" : "is a program that takes such a lock")}", IsLikely: false));

        bool HasMailboxOpen(ProcessFacts process) => artefact.Subject is { } mailbox && host.OpenFiles.Of(mailbox.Identity).Any(o => !o.IsThroughLayer && o.Process.Pid == process.Pid);

        IEnumerable<SilentWaiter> Openers() => artefact.Subject is not { Kind: FileKind.Regular } mailbox ? []
            : host.OpenFiles.Of(mailbox.Identity).Where(o => o is { CanWrite: true, IsThroughLayer: false } && Polls(o.Process)).Select(o => o.Process).DistinctBy(p => p.Pid).OrderBy(p => p.Pid)
                .Select(p => new SilentWaiter(p, "/proc/PID/fd",
                    $"has the mailbox open for writing and is a program that tries again and again for this lock{(WatchesDirectory(p) ? ", and watches its directory (inotify)" : "")}", IsLikely: true));

        bool WatchesDirectory(ProcessFacts process) => host.OpenFiles.WatchersOf(artefact.Directory.Identity, artefact.Mount).Any(p => p.Pid == process.Pid);

        IEnumerable<SilentWaiter> ActingOwners() => artefact.Subject is not { Kind: FileKind.Regular, Uid: > 0 } mailbox ? []
            : pollers.Where(p => p.ActsAsOwner).SelectMany(p => host.Processes.Called(p.Command)).Where(p => p.EffectiveUid == mailbox.Uid).DistinctBy(p => p.Pid).OrderBy(p => p.Pid)
                .Select(p => new SilentWaiter(p, "/proc/PID/status",
                    $"runs with the rights of the mailbox's owner, uid {mailbox.Uid}, as it does while it delivers to that user, and is a program that tries again and again for this lock", IsLikely: true));
    }

    // One that the kernel has in a queue waits for something else; one that works together with the holder waits for nothing.
    private static bool IsFree(ProcessFacts process, Owner owner, HostFacts host) =>
        process.IsAlive && !(owner.Process is { } holder ? LikelyWaits.Belong(process, holder, host) : owner.Pid is { } named && (process.Pid == named || process.NamespacePids.Contains(named)))
        && !host.Locks.Entries.Any(e => e.Lock.IsWaiter && e.Parties.Any(p => p.Process.Pid == process.Pid));
}
