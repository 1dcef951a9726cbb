namespace Ops.Locks.Tests.Habits;

/// <summary>What the table says of two habits is what trying every interleaving of two such programs shows.</summary>
public sealed class LockingPairTests
{
    private const LockingStep Dot = LockingStep.DotLock, Fcntl = LockingStep.Fcntl, Flock = LockingStep.Flock;

    [Fact]
    public void Every_declared_pair_ends_as_every_interleaving_of_it_shows()
    {
        foreach (var a in DeclaredHabits.All)
        {
            foreach (var b in DeclaredHabits.All)
                Assert.True(LockingPair.Judge(a, b) == Explore(a, b), $"{a.Program} and {b.Program}: the table says {LockingPair.Judge(a, b)}, the interleavings {Explore(a, b)}");
        }
    }

    [Fact]
    public void Every_order_of_every_set_of_steps_ends_as_its_interleavings_show()
    {
        var habits = Orders([.. Enum.GetValues<LockingStep>().Take(3)]).SelectMany(steps => new[] { true, false }.Select(keeps => new LockingHabit("p", steps, keeps, ""))).ToList();
        Assert.Equal(32, habits.Count);
        Assert.All(habits, a => Assert.All(habits, b => Assert.Equal(Explore(a, b), LockingPair.Judge(a, b))));
    }

    [Theory]
    [InlineData("exim4 (mbx_format)", "imapd (mbx)", LockingOutcome.BothInside)]
    [InlineData("exim4", "fdm", LockingOutcome.BothInside)]
    [InlineData("mail (mailutils)", "exim4 (use_lockfile = false)", LockingOutcome.BothInside)]
    [InlineData("exim4", "s-nail", LockingOutcome.Deadlock)]
    [InlineData("local", "mail.local", LockingOutcome.Deadlock)]
    [InlineData("exim4", "mutt", LockingOutcome.Exclusive)]
    [InlineData("exim4", "local", LockingOutcome.Exclusive)]
    [InlineData("python3 (mailbox)", "getmail", LockingOutcome.Exclusive)]
    public void The_pairs_of_the_incident_reports_end_as_reported(string a, string b, LockingOutcome outcome) => Assert.Equal(outcome, LockingPair.Judge(Of(a), Of(b)));

    [Fact]
    public void The_harm_is_described_as_an_interleaving()
    {
        Assert.Equal("exim4 has the dot lock and waits for an fcntl lock; s-nail has an fcntl lock and waits for the dot lock; neither goes on until one gives up, and mail to this mailbox waits", LockingPair.Harm(Of("exim4"), Of("s-nail")));
        Assert.StartsWith("exim4 takes the dot lock, then an fcntl lock and is let in; fdm takes a flock lock, which the first does not touch, and is let in as well", LockingPair.Harm(Of("exim4"), Of("fdm")), StringComparison.Ordinal);
        Assert.Null(LockingPair.Harm(Of("exim4"), Of("local")));
    }

    private static LockingHabit Of(string program) => DeclaredHabits.All.Single(h => h.Program == program);

    /// <summary>Two programs, each a list of steps: take each lock, write, release all. Every interleaving, by states already seen.</summary>
    private static LockingOutcome Explore(LockingHabit a, LockingHabit b)
    {
        var (outcome, seen, open) = (LockingOutcome.Exclusive, new HashSet<(int, int)>(), new Stack<(int A, int B)>([(0, 0)]));
        while (open.TryPop(out var state))
        {
            if (!seen.Add(state))
                continue;
            // Inside is after the last lock and before the release.
            if (state.A == a.Steps.Count && state.B == b.Steps.Count)
                return LockingOutcome.BothInside;
            var ways = Ways(a, state.A, b, state.B).Select(n => (n, state.B)).Concat(Ways(b, state.B, a, state.A).Select(n => (state.A, n))).ToList();
            if (ways.Count == 0 && (state.A <= a.Steps.Count || state.B <= b.Steps.Count))
                outcome = LockingOutcome.Deadlock;
            ways.ForEach(open.Push);
        }
        return outcome;
    }

    /// <summary>Where one program can be after its next step: position n means that it has its first n locks, Count + 1 that it has released them and ended.</summary>
    private static IEnumerable<int> Ways(LockingHabit mine, int at, LockingHabit other, int otherAt)
    {
        if (at > mine.Steps.Count)
            yield break;
        if (at == mine.Steps.Count)
        {
            yield return at + 1;
            yield break;
        }
        if (otherAt > other.Steps.Count || !other.Steps.Take(otherAt).Contains(mine.Steps[at]))
            yield return at + 1;
        else if (!mine.KeepsWhileWaiting && at > 0)
            yield return 0;       // gives back what it has, and begins again
    }

    private static IEnumerable<LockingStep[]> Orders(LockingStep[] steps) =>
        [[], .. steps.SelectMany(first => Orders([.. steps.Where(s => s != first)]).Select(rest => (LockingStep[])[first, .. rest]))];
}

public sealed class LockingHabitsTests
{
    private static readonly FilePath Box = FilePath.FromText("/var/mail/alice");
    private static readonly ProcessFacts Exim = Given.Process(10, command: "exim4");
    private static readonly ProcessFacts Script = Given.Process(11, command: "script");

    private static LockingSight Sight(ProcessFacts process, LockingStep[] has, LockingStep? waits = null) => new(Box, process, has, waits);

    private static List<Relation> After(int looks, params LockingSight[] sights) =>
        [.. Enumerable.Range(0, looks).Aggregate(LockingHabits.Nothing, (habits, _) => habits.With(sights)).Incompatible(Given.Now)];

    [Fact]
    public void Two_programs_without_a_common_lock_are_reported_once_both_were_seen_often_enough()
    {
        LockingSight[] sights = [Sight(Exim, [LockingStep.Fcntl]), Sight(Script, [LockingStep.Flock])];
        Assert.Empty(After(LockingHabits.Enough - 1, sights));
        var found = Assert.Single(After(LockingHabits.Enough, sights));
        Assert.Equal((RelationKind.IncompatibleLocking, VerdictWord.Refused, Box), (found.Kind, found.Verdict.Word, found.Mailbox));
        Assert.Contains("exim4 takes an fcntl lock and is let in; script takes a flock lock", found.Verdict.Summary, StringComparison.Ordinal);
        Assert.Contains("exim4: an fcntl lock in 3 looks", found.Verdict.Evidence[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Opposite_orders_are_reported_when_each_was_seen_to_wait_with_the_other_lock()
    {
        var both = new[] { LockingStep.DotLock, LockingStep.Fcntl };
        Assert.Empty(After(5, Sight(Exim, both), Sight(Script, both)));
        var habits = LockingHabits.Nothing;
        for (var i = 0; i < 3; i++)
            habits = habits.With([Sight(Exim, both), Sight(Script, both)]);
        habits = habits.With([Sight(Exim, [LockingStep.DotLock], LockingStep.Fcntl)]).With([Sight(Script, [LockingStep.Fcntl], LockingStep.DotLock)]);
        Assert.Contains("exim4 has the dot lock and waits for an fcntl lock; script has an fcntl lock and waits for the dot lock", Assert.Single(habits.Incompatible(Given.Now)).Verdict.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_seen_for_the_longest_time_is_forgotten()
    {
        var habits = LockingHabits.Nothing.With([Sight(Script, [LockingStep.Flock])]);
        for (var i = 0; i < 3; i++)
            habits = habits.With(Enumerable.Range(0, LockingHabits.Limit).Select(n => new LockingSight(FilePath.FromText($"/var/mail/{n}"), Exim, [LockingStep.Fcntl], null)));
        Assert.Equal(LockingHabits.Limit, habits.Programs.Count);
        Assert.DoesNotContain(habits.Programs.Keys, k => k.Program == "script");
    }

    [Fact]
    public void A_look_shows_kernel_locks_guards_dot_locks_and_polls_by_process()
    {
        var box = Given.Mailbox(inode: 0x32);
        var guard = Given.File("/tmp/.fe00.32", inode: 60);
        var host = Given.Host([Exim, Script], [Given.Lock(box, Exim), Given.Lock(guard, LockClass.Flock, LockMode.Write, PathState.Current, Exim), Given.Waiter(box, Script)]);
        var sights = LockingSights.Of([], [], host, e => e.Path == box.Path);
        Assert.Equal([LockingStep.Fcntl, LockingStep.GuardFlock], sights.Single(s => s.Process == Exim).Has.Order());
        Assert.Equal(LockingStep.Fcntl, sights.Single(s => s.Process == Script).Waits);
    }

    [Fact]
    public void One_guard_locked_by_flock_and_by_fcntl_lets_both_in()
    {
        var guard = Given.File("/tmp/.fe00.32", inode: 60);
        var found = Assert.Single(GuardKinds.Find(Given.Host([Exim, Script], [Given.Lock(guard, Exim), Given.Lock(guard, LockClass.Flock, LockMode.Write, PathState.Current, Script)])));
        Assert.Equal((RelationKind.IncompatibleLocking, ArtefactKind.MbxLock), (found.Kind, found.Verdict.Kind));
        Assert.Empty(GuardKinds.Find(Given.Host([Exim], [Given.Lock(guard, Exim), Given.Lock(guard, LockClass.Flock, LockMode.Write, PathState.Current, Exim)])));
        Assert.Empty(GuardKinds.Find(Given.Host([Exim, Script], [Given.Lock(guard, Exim), Given.Lock(guard, LockClass.Flock, LockMode.Read, PathState.Current, Script)])));
    }
}
