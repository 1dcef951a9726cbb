using System.Collections.Immutable;

namespace Ops.Locks;

/// <summary>What one program was seen to do with one mailbox, over many looks.</summary>
/// <param name="Seen">In how many looks it had each kind of lock.</param>
/// <param name="DotFirst">Looks in which it had the dot lock and waited for a kernel lock.</param>
/// <param name="KernelFirst">Looks in which it had a kernel lock and waited for the dot lock.</param>
/// <param name="LastSeen">Number of the look.</param>
public sealed record ProgramLocking(ImmutableDictionary<LockingStep, int> Seen, int DotFirst, int KernelFirst, long LastSeen)
{
    public static ProgramLocking Nothing { get; } = new(ImmutableDictionary<LockingStep, int>.Empty, 0, 0, 0);
}

/// <summary>One look at one process and one mailbox.</summary>
/// <param name="Waits">What it waits for while it has <paramref name="Has"/>; null when it waits for nothing.</param>
public sealed record LockingSight(FilePath Mailbox, ProcessFacts Process, IReadOnlyList<LockingStep> Has, LockingStep? Waits);

/// <summary>Which locks programs take on which mailbox, gathered look by look. Small counters, and a fixed number of them: what was not seen for the longest time is forgotten.</summary>
public sealed record LockingHabits(ImmutableDictionary<(FilePath Mailbox, string Program), ProgramLocking> Programs, long Looks)
{
    public const int Limit = 2000;

    /// <summary>Fewer looks than this prove no habit: between two locks a program has one of them only.</summary>
    public const int Enough = 3;

    public static LockingHabits Nothing { get; } = new(ImmutableDictionary<(FilePath, string), ProgramLocking>.Empty, 0);

    public LockingHabits With(IEnumerable<LockingSight> sights)
    {
        var look = Looks + 1;
        var programs = Programs.ToBuilder();
        foreach (var group in sights.GroupBy(s => (s.Mailbox, s.Process.Command)))
        {
            var known = programs.GetValueOrDefault(group.Key, ProgramLocking.Nothing);
            var seen = known.Seen.ToBuilder();
            foreach (var step in group.SelectMany(s => s.Has).Distinct())
                seen[step] = Math.Min(seen.GetValueOrDefault(step) + 1, 1_000_000);
            programs[group.Key] = new ProgramLocking(seen.ToImmutable(),
                known.DotFirst + (group.Any(s => s.Has.Contains(LockingStep.DotLock) && s.Waits is LockingStep.Fcntl or LockingStep.Flock) ? 1 : 0),
                known.KernelFirst + (group.Any(s => s.Waits == LockingStep.DotLock && s.Has.Any(h => h is LockingStep.Fcntl or LockingStep.Flock)) ? 1 : 0), look);
        }
        foreach (var (old, _) in programs.OrderBy(p => p.Value.LastSeen).Take(Math.Max(0, programs.Count - Limit)).ToList())
            programs.Remove(old);
        return new LockingHabits(programs.ToImmutable(), look);
    }

    /// <summary>Pairs of programs on one mailbox that were seen often enough and do not get on.</summary>
    public IEnumerable<Relation> Incompatible(DateTimeOffset now)
    {
        foreach (var mailbox in Programs.GroupBy(p => p.Key.Mailbox))
        {
            var habits = mailbox.OrderBy(p => p.Key.Program, StringComparer.Ordinal).Select(p => (p.Value, Habit: Habit(p.Key.Program, p.Value))).Where(h => h.Habit is not null).ToList();
            for (var i = 0; i < habits.Count; i++)
            {
                for (var j = i + 1; j < habits.Count; j++)
                {
                    if (LockingPair.Harm(habits[i].Habit!, habits[j].Habit!) is { } harm)
                        yield return Of(mailbox.Key, (habits[i].Habit!, habits[i].Value), (habits[j].Habit!, habits[j].Value), harm, now);
                }
            }
        }
    }

    // A lock that was seen in few of many looks still is one; a single one may be another program's under the same name.
    private static LockingHabit? Habit(string program, ProgramLocking seen)
    {
        var steps = seen.Seen.Where(s => s.Value >= Enough).Select(s => s.Key).Order().ToList();
        if (steps.Count == 0)
            return null;
        var isOrdered = seen.DotFirst > 0 != seen.KernelFirst > 0;
        if (seen.KernelFirst > 0 && isOrdered && steps.Remove(LockingStep.DotLock))
            steps.Add(LockingStep.DotLock);
        // One seen to wait with a lock in its hand keeps it; of others that is not known, and no deadlock is said of them.
        return new LockingHabit(program, steps, isOrdered, "seen");
    }

    private static Relation Of(FilePath mailbox, (LockingHabit Habit, ProgramLocking Seen) a, (LockingHabit Habit, ProgramLocking Seen) b, string harm, DateTimeOffset now)
    {
        var evidence = new EvidenceList(now);
        foreach (var (habit, seen) in new[] { a, b })
        {
            evidence.Add(Questions.SameLock, Answer.No, "/proc/locks over many looks",
                $"{FilePath.Escape(habit.Program)}: {string.Join(", ", habit.Steps.Select(s => $"{LockingPair.Word(s)} in {seen.Seen[s]} looks"))}"
                    + $"{(seen.DotFirst > 0 ? $", waited for a kernel lock with the dot lock in {seen.DotFirst}" : "")}{(seen.KernelFirst > 0 ? $", waited for the dot lock with a kernel lock in {seen.KernelFirst}" : "")}", blocks: true);
        }
        var verdict = new Verdict(VerdictWord.Refused, ArtefactKind.Mailbox, $"{FilePath.Escape(a.Habit.Program)} and {FilePath.Escape(b.Habit.Program)} lock this mailbox in ways that do not fit: {harm}. Set both to the same locks in the same order.",
            "unknown", [], Owner.Unknown, evidence.ToList(), []);
        return new Relation(RelationKind.IncompatibleLocking, mailbox, null, verdict, $"habits {a.Habit.Program} {b.Habit.Program}", []) { Mailbox = mailbox };
    }
}
