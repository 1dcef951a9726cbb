namespace Ops.Locks;

/// <summary>Whether the one whom a lock file names is still there. Unknown is never gone.</summary>
public static class OwnerFinder
{
    /// <summary>Judges a text or name that can be read in several ways. Alive by one reading is alive; gone needs every reading to be gone. Null when there is none.</summary>
    internal static Owner? FindAny(
        IEnumerable<OwnerClaim> claims, ArtefactFacts artefact, HostFacts host, JudgingOptions options, uint? requiredUid, string source, EvidenceList evidence)
    {
        Owner? worst = null;
        foreach (var claim in claims.Distinct())
        {
            var owner = Find(claim, artefact.File, artefact.Mount, host, options, requiredUid, source, evidence);
            if (owner.IsAlive == Answer.Yes)
                return owner;
            if (worst is null || owner.IsAlive == Answer.Unknown)
                worst = owner;
        }
        return worst;
    }

    /// <summary>Judges one claim against the processes of this host.</summary>
    /// <param name="file">The file that makes the claim; its ctime is the latest moment at which its owner can have started.</param>
    /// <param name="requiredUid">Uid the owner must run as, where the convention fixes it.</param>
    internal static Owner Find(
        OwnerClaim claim, FileFacts file, Mount? mount, HostFacts host, JudgingOptions options, uint? requiredUid, string source, EvidenceList evidence)
    {
        evidence.Add(Questions.OwnerNamed, Answer.Yes, source,
            claim.Host is null ? $"pid {claim.Pid}" : $"pid {claim.Pid} on {FilePath.Escape(claim.Host)}");
        var unknown = new Owner(claim.Pid, claim.Host, null, Answer.Unknown);
        if (!IsOurs(claim, file, mount, host, options, evidence))
            return unknown;

        // No process survives a reboot, whatever number it had. The clocks of two boots may disagree: hence the grey zone.
        var changedAt = file.ChangedAt.ToDateTimeOffset();
        if (changedAt + options.GreyZone < host.BootedAt && mount is { HasOurClock: true })
        {
            evidence.Add(Questions.AfterBoot, Answer.No, "statx, boot clock",
                $"last changed {changedAt:u}, this host booted {host.BootedAt:u}: no process of that time is left");
            return unknown with { IsAlive = Answer.No };
        }
        if (claim.Pid == 1)
        {
            evidence.Add(Questions.OwnerRunning, Answer.Unknown, "/proc",
                "pid 1 is the first process of every container: it does not show which one is meant", blocks: true);
            return unknown;
        }

        var asked = host.Processes.Asked.GetValueOrDefault(claim.Pid, AskedNumber.NotAsked);
        var answers = Candidates(claim.Pid, asked, host)
            .Select(c => (Candidate: c, Alive: IsOwner(c, claim, file, mount, options, requiredUid, out var why), Why: why))
            .ToList();
        if (answers.Find(a => a.Alive == Answer.Yes) is { Candidate: { } living, Why: var proof })
        {
            evidence.Add(Questions.OwnerRunning, Answer.Yes, "/proc", proof);
            return new Owner(claim.Pid, claim.Host, living.Process, Answer.Yes);
        }
        if (answers.Find(a => a.Alive == Answer.Unknown) is { Candidate: not null, Why: var doubt })
        {
            evidence.Add(Questions.SameProcess, Answer.Unknown, "/proc", doubt, blocks: true);
            return unknown;
        }
        if (Doubt(claim.Pid, asked, answers.Exists(a => a.Candidate.Number == claim.Pid), host) is { } open)
        {
            evidence.Add(Questions.OwnerRunning, Answer.Unknown, "kill, /proc", open, blocks: true);
            return unknown;
        }
        foreach (var (_, _, why) in answers)
            evidence.Add(Questions.SameProcess, Answer.No, "/proc", why);
        evidence.Add(Questions.OwnerRunning, Answer.No, "kill, /proc", answers.Count == 0
            ? $"pid {claim.Pid} does not exist, neither as a process nor as a thread, in any pid namespace that can see this path"
            : $"pid {claim.Pid} is not the process that made this file");
        return unknown with { IsAlive = Answer.No };
    }

    /// <summary>Why the number may still be that of an owner whom no look has shown; null when it is not.</summary>
    private static string? Doubt(int pid, AskedNumber asked, bool isSeen, HostFacts host) => asked.Exists switch
    {
        _ when !host.Processes.IsComplete => $"pid {pid} was not seen, but not all processes can be seen from here: {host.Processes.Gap}",
        Answer.Unknown => $"the kernel gave no answer about pid {pid}: it may be a process or a thread that exists",
        Answer.Yes when !isSeen => $"the kernel says that pid {pid} exists, but what it is could not be read",
        _ => null,
    };

    /// <summary>All that have the number: processes in any pid namespace, and threads, which lead to their process.</summary>
    private static IEnumerable<Candidate> Candidates(int pid, AskedNumber asked, HostFacts host) =>
        host.Processes.Numbered(pid).Select(p => new Candidate(p, p.Pid, p.StartedAt, Activity.Who(p)))
            .Concat(asked.Threads.Select(t => new Candidate(t.Process, t.Number, t.StartedAt,
                t.Number == t.Process.Pid ? Activity.Who(t.Process) : $"{Activity.Who(t.Process)}, whose thread {t.Number} it is,")));

    private sealed record Candidate(ProcessFacts Process, int Number, DateTimeOffset StartedAt, string Who);

    private static bool IsOurs(OwnerClaim claim, FileFacts file, Mount? mount, HostFacts host, JudgingOptions options, EvidenceList evidence)
    {
        var isLocal = mount is { IsLocal: true } && host.SharesLocalDisks is null;
        if (claim.Host is null)
        {
            // Whether the disk is shared is a question of its own, asked for every artefact.
            evidence.Add(Questions.ThisHost, isLocal ? Answer.Yes : Answer.Unknown, "mount table",
                isLocal ? "no host is named and the file system is local: the pid is one of this host" : "no host is named and other hosts may write here",
                blocks: !isLocal);
            return isLocal;
        }
        var exact = !claim.HostIsTruncated && !claim.HostIsShort;
        if (claim.Names(host.HostName) || host.Aliases.Any(claim.Names))
        {
            // A cut name may be that of another host with the same beginning: only a local file system rules that out.
            if (exact || isLocal)
            {
                evidence.Add(Questions.ThisHost, Answer.Yes, "uname", exact
                    ? $"{FilePath.Escape(claim.Host)} is this host"
                    : $"{FilePath.Escape(claim.Host)} is how its program writes {host.HostName}, and the file system is local");
                return true;
            }
            evidence.Add(Questions.ThisHost, Answer.Unknown, "uname",
                $"{FilePath.Escape(claim.Host)} may be {host.HostName} cut short, or another host that shares this file system", blocks: true);
            return false;
        }
        if (claim.HostIsConfigured && isLocal)
        {
            evidence.Add(Questions.ThisHost, Answer.Yes, "mount table",
                $"{FilePath.Escape(claim.Host)} comes from the mail system's configuration, not from the machine; only this host writes to this file system");
            return true;
        }
        return OtherHost.AddTo(evidence, claim, file, mount, host, options);
    }

    private static Answer IsOwner(
        Candidate candidate, OwnerClaim claim, FileFacts file, Mount? mount, JudgingOptions options, uint? requiredUid, out string why)
    {
        var (process, _, startedAt, who) = candidate;
        if (!process.IsAlive)
        {
            why = $"{who} has ended: a zombie without a living thread can release nothing";
            return Answer.No;
        }
        var changedAt = file.ChangedAt.ToDateTimeOffset();
        if (startedAt > changedAt && mount is { HasOurClock: false })
        {
            why = $"{who} started {startedAt:u}, after the file was last changed ({changedAt:u}) by the clock of its file system, which is not this host's";
            return Answer.Unknown;
        }
        if (startedAt > changedAt + options.GreyZone)
        {
            why = $"{who} started {startedAt:u}, after the file was last changed ({changedAt:u}): the pid was reused";
            return Answer.No;
        }
        // A time in the name is cut to a second and is no later than the creation of the file.
        if (claim.At is { } written && written <= changedAt + options.GreyZone
            && startedAt > written + options.GreyZone + TimeSpan.FromSeconds(1))
        {
            why = $"{who} started {startedAt:u}, after the time in the name ({written:u}): the pid was reused";
            return Answer.No;
        }
        if (process.IsKernelThread)
        {
            why = $"{who} is a kernel thread, which writes no lock files: the number probably comes from a container";
            return Answer.Unknown;
        }
        if (requiredUid is { } uid && process.EffectiveUid != uid)
        {
            why = $"{who} runs as uid {process.EffectiveUid}, the owner must be uid {uid}; it is older than the file's last change, so the history of this pid cannot be determined";
            return Answer.Unknown;
        }
        if (startedAt > changedAt)
        {
            why = $"{who} started within {options.GreyZone.TotalSeconds:0.#} s of the file's last change: too close to decide";
            return Answer.Unknown;
        }
        why = $"{who} is alive and older than the file (started {startedAt:u})";
        return Answer.Yes;
    }
}
