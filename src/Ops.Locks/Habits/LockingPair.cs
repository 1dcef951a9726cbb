namespace Ops.Locks;

/// <summary>Two programs on one mailbox, by the locks that they take. A test proves this by trying every interleaving of every declared pair.</summary>
public static class LockingPair
{
    public static LockingOutcome Judge(LockingHabit a, LockingHabit b) =>
        !a.Steps.Intersect(b.Steps).Any() ? LockingOutcome.BothInside
        : OppositeOrder(a, b) is not null && a.KeepsWhileWaiting && b.KeepsWhileWaiting ? LockingOutcome.Deadlock
        : LockingOutcome.Exclusive;

    /// <summary>The interleaving that loses mail or ends in a deadlock, in words; null when they keep each other out.</summary>
    public static string? Harm(LockingHabit a, LockingHabit b) => Judge(a, b) switch
    {
        LockingOutcome.BothInside =>
            $"{Name(a)} takes {Words(a)} and is let in; {Name(b)} takes {Words(b)}, which the first does not touch, and is let in as well; both write to the same place, and one message overwrites or splits the other",
        LockingOutcome.Deadlock when OppositeOrder(a, b) is var (first, second) =>
            $"{Name(a)} has {Word(first)} and waits for {Word(second)}; {Name(b)} has {Word(second)} and waits for {Word(first)}; neither goes on until one gives up, and mail to this mailbox waits",
        _ => null,
    };

    /// <summary>The step that the first has and the second waits for, and the other way round, at a point that both can reach: a lock that both took before would keep one of them away from
    /// there, whatever the order of the others.</summary>
    private static (LockingStep First, LockingStep Second)? OppositeOrder(LockingHabit a, LockingHabit b)
    {
        for (var i = 1; i < a.Steps.Count; i++)
        {
            for (var j = 1; j < b.Steps.Count; j++)
            {
                if (a.Steps.Take(i).Contains(b.Steps[j]) && b.Steps.Take(j).Contains(a.Steps[i]) && !a.Steps.Take(i).Intersect(b.Steps.Take(j)).Any())
                    return (b.Steps[j], a.Steps[i]);
            }
        }
        return null;
    }

    public static string Word(LockingStep step) => step switch
    {
        LockingStep.DotLock => "the dot lock",
        LockingStep.Fcntl => "an fcntl lock",
        LockingStep.Flock => "a flock lock",
        LockingStep.GuardFcntl => "an fcntl lock on the guard in /tmp",
        _ => "a flock lock on the guard in /tmp",
    };

    private static string Words(LockingHabit habit) => habit.Steps.Count == 0 ? "no lock" : string.Join(", then ", habit.Steps.Select(Word));

    private static string Name(LockingHabit habit) => FilePath.Escape(habit.Program);
}
