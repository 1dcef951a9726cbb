namespace Ops.Locks;

/// <summary>
/// What was seen when the file got its name. It says who made the name, not who holds the lock: the maker may have handed it to a child, or have linked or moved a file of
/// another process there. So a maker that has ended proves nothing and allows nothing; one that runs, or may run, keeps its file from every act where no owner is named.
/// </summary>
internal static class CreatorEvidence
{
    private const string Source = "fanotify, /proc";

    public static Verdict AddTo(Verdict verdict, ArtefactFacts artefact, HostFacts host)
    {
        if (artefact.Creator is not { } creator)
            return verdict;
        var runs = IsRunning(creator, host);
        var blocks = runs != Answer.No && verdict.Owner is { Pid: null, Process: null }
            && verdict.Word is VerdictWord.Stale or VerdictWord.Orphan or VerdictWord.OrphanLinked or VerdictWord.Refused;
        var evidence = new Evidence(Questions.CreatorRunning, runs, Source, Words(creator, runs), host.Now, blocks);
        var added = verdict with { Evidence = [.. verdict.Evidence, evidence] };
        if (!blocks)
            return added;
        var summary = runs == Answer.Yes
            ? $"Left alone: {Who(creator.Process!)}, which gave it this name, still runs and may hold it."
            : $"Left alone: pid {creator.Pid} gave it this name, and whether that process still runs is unknown.";
        return added with
        {
            Word = VerdictWord.Refused,
            Actions = [],
            Recheck = null,
            Summary = verdict.Word != VerdictWord.Refused || IsAboutItsOwner(verdict) ? summary : verdict.Summary,
        };
    }

    /// <summary>No only where the same run of that process has ended for certain.</summary>
    private static Answer IsRunning(Creator creator, HostFacts host)
    {
        var isThere = host.Processes.Processes.TryGetValue(creator.Pid, out var now);
        if (creator.Process is not { } process)
            return isThere || !host.Processes.IsComplete ? Answer.Unknown : Answer.No;
        if (process.Identity.BootId != host.BootId)
            return Answer.No;
        return isThere ? now!.Identity == process.Identity && now.IsAlive ? Answer.Yes : Answer.No
            : host.Processes.IsComplete ? Answer.No : Answer.Unknown;
    }

    /// <summary>Whether all that stands in the way is that no owner is known, or that the file is young.</summary>
    private static bool IsAboutItsOwner(Verdict verdict) =>
        verdict.Evidence.Where(e => e.Blocks).All(e => e.Question is Questions.OwnerRunning or Questions.OwnersRule or Questions.OldEnough or Questions.GracePeriod);

    private static string Words(Creator creator, Answer runs)
    {
        if (creator.Process is not { } process)
        {
            return $"pid {creator.Pid} gave it this name at {creator.SeenAt:u} and could not be read then: "
                + (runs == Answer.No ? "no process has that number now" : "a process with that number may be the same one or a later one");
        }
        var parent = creator.Parent is { } by ? $", started by {Activity.Who(by)}" : "";
        return $"{Who(process)}, started {process.StartedAt:u}{parent}, gave it this name at {creator.SeenAt:u}: " + runs switch
        {
            Answer.Yes => "it still runs",
            Answer.No => "it has ended, which frees nothing by itself: a process that it started may hold the lock",
            _ => "whether it still runs could not be determined",
        };
    }

    private static string Who(ProcessFacts process)
    {
        var user = process.User is { } name ? $", user {FilePath.Escape(name)}" : process.EffectiveUid is { } uid ? $", uid {uid}" : "";
        return $"pid {process.Pid} ({FilePath.Escape(process.Command)}{user}{(process.Unit is { } unit ? ", " + FilePath.Escape(unit) : "")})";
    }
}
