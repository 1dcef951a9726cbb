namespace Ops.Locks;

/// <summary>A program that waits for a dot lock without a hitching post and without its name in the arguments.</summary>
/// <param name="How">What shows it, to follow the name of the process.</param>
/// <param name="IsLikely">It was not seen to wait: it has what one needs who waits, and lacks the lock.</param>
internal sealed record SilentWaiter(ProcessFacts Process, string Source, string How, bool IsLikely);

/// <summary>
/// Living programs that wait for a dot lock by trying to create it. Dovecot watches the locks of a maildir's list of UIDs and of a POP3 session, so that it knows when they go; for an mbox it sleeps
/// between its tries, as Postfix does. Such a one is known by its sleep on a timer, which an idle session never has, and by what leads it to this mailbox: it has that open for writing, runs with the
/// rights of its owner, or was called for its user. Never a mere reader, and never more than likely.
/// </summary>
/// <remarks>dovecot <c>src/lib/file-dotlock.c: dotlock_wait</c> (watches the lock file itself where <c>use_io_notify</c> is set: <c>maildir-uidlist.c</c>, <c>pop3-client.c</c>; not <c>mbox-lock.c</c>);
/// postfix <c>src/global/dot_lockfile.c: dot_lockfile</c>, <c>mbox_open.c: mbox_open</c> (opened the mailbox before the lock in some versions, after it in others).</remarks>
internal static class SilentWaiters
{
    /// <param name="sleepsOnTimer">Whether a process sleeps on a timer now; null when that is not known. Asked only for those in question.</param>
    public static IEnumerable<SilentWaiter> For(JudgedArtefact wanted, HostFacts host, Func<ProcessFacts, bool?> sleepsOnTimer)
    {
        var artefact = wanted.Artefact;
        List<LockPoller> pollers = [.. artefact.Matches.Select(m => m.Convention).OfType<DotLock>().SelectMany(c => c.Pollers)];
        if (pollers.Count == 0)
            return [];
        var watchers = Watchers(artefact, pollers, host);
        // Of a lock that names no owner, the one that has the mailbox open may be the holder.
        IEnumerable<SilentWaiter> others = wanted.Verdict is { Owner: { Process: null, Pid: null }, Word: not VerdictWord.Stale } || artefact.Subject is not { Kind: FileKind.Regular } mailbox ? []
            : Likely(artefact, mailbox, pollers, host).DistinctBy(w => w.Process.Pid).OrderBy(w => w.Process.Pid);
        return watchers.Concat(others).Where(w => IsFree(w.Process, wanted.Verdict.Owner, host) && (!w.IsLikely || sleepsOnTimer(w.Process) == true));
    }

    private static IEnumerable<SilentWaiter> Watchers(ArtefactFacts artefact, List<LockPoller> pollers, HostFacts host) =>
        from process in host.OpenFiles.WatchersOf(artefact.File.Identity, artefact.Mount)
        let opens = artefact.Subject is { } mailbox && host.OpenFiles.Of(mailbox.Identity).Any(o => !o.IsThroughLayer && o.Process.Pid == process.Pid)
        where opens || pollers.Exists(p => p.Command == process.Command)
        select new SilentWaiter(process, "/proc/PID/fdinfo", $"watches it (inotify) and {(opens ? "has the mailbox open" : "is a program that takes such a lock")}", IsLikely: false);

    private static IEnumerable<SilentWaiter> Likely(ArtefactFacts artefact, FileFacts mailbox, List<LockPoller> pollers, HostFacts host)
    {
        foreach (var poller in pollers.DistinctBy(p => p.Command))
        {
            foreach (var process in host.Processes.Called(poller.Command))
            {
                if (host.OpenFiles.Of(mailbox.Identity).Any(o => o is { CanWrite: true, IsThroughLayer: false } && o.Process.Pid == process.Pid))
                    yield return Sleeper(process, "/proc/PID/fd", "has the mailbox open for writing" + (WatchesDirectory(process) ? ", watches its directory (inotify)" : ""));
                else if (poller.ActsAsOwner && mailbox.Uid > 0 && process.EffectiveUid == mailbox.Uid)
                    yield return Sleeper(process, "/proc/PID/status", $"runs with the rights of the mailbox's owner, uid {mailbox.Uid}, as it does while it delivers to that user");
                else if (poller.NamesUser && CalledFor(process, mailbox.Path.NameLatin1) is { } option)
                    yield return Sleeper(process, "/proc/PID/cmdline", $"was called for the user of this name ({option} {FilePath.Escape(mailbox.Path.Name)})");
            }
        }

        bool WatchesDirectory(ProcessFacts process) => host.OpenFiles.WatchersOf(artefact.Directory.Identity, artefact.Mount).Any(p => p.Pid == process.Pid);
    }

    private static SilentWaiter Sleeper(ProcessFacts process, string source, string how) =>
        new(process, source, $"{how}, is a program that tries again and again for this lock, and sleeps on a timer, as between two tries", IsLikely: true);

    private static string? CalledFor(ProcessFacts process, string user) =>
        process.CommandLine.Zip(process.CommandLine.Skip(1)).Where(a => a.First is "-u" or "-d" && a.Second == user).Select(a => a.First).FirstOrDefault();

    // One that the kernel has in a queue waits for something else; one that works together with the holder waits for nothing.
    private static bool IsFree(ProcessFacts process, Owner owner, HostFacts host) =>
        process.IsAlive && !(owner.Process is { } holder ? LikelyWaits.Belong(process, holder, host) : owner.Pid is { } named && (process.Pid == named || process.NamespacePids.Contains(named)))
        && !host.Locks.Entries.Any(e => e.Lock.IsWaiter && e.Parties.Any(p => p.Process.Pid == process.Pid));
}
