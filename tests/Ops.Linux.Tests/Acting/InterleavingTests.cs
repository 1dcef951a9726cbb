using Ops.Locks;
using Xunit.Abstractions;

namespace Ops.Linux.Tests;

/// <summary>Every order of the steps of breakers, lock users and a cleaner, each on a real directory: never two holders, nothing left behind.</summary>
public sealed class InterleavingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(TestStore.InMemory)]
    [InlineData(TestStore.OnDisk)]
    public void The_harness_finds_the_fault_of_looking_and_then_unlinking(string fileSystem) =>
        AssertTwoHolders(fileSystem, (store, stale) => new CheckThenUnlink(store, stale));

    [Theory]
    [InlineData(TestStore.InMemory)]
    [InlineData(TestStore.OnDisk)]
    public void The_harness_finds_the_fault_of_renaming_looking_and_putting_back(string fileSystem) =>
        AssertTwoHolders(fileSystem, (store, stale) => new RenameVerifyRestore(store, stale));

    [Theory]
    [InlineData(TestStore.InMemory)]
    [InlineData(TestStore.OnDisk)]
    public void A_takeover_with_a_lock_user_and_a_cleaner_is_safe_in_every_order(string fileSystem) =>
        AssertSafe(60, (store, stale) => [new Breaker(store, stale), new LockUser(store, "u1"), new Cleaner(store, stale.Identity)], fileSystem: fileSystem);

    [Fact]
    public void A_takeover_with_three_lock_users_and_a_cleaner_is_safe_in_every_order()
    {
        var mostBacks = 0;
        AssertSafe(2000, (store, stale) => [new Breaker(store, stale), .. Users(store, 3), new Cleaner(store, stale.Identity)], actors =>
            mostBacks = Math.Max(mostBacks, ((Breaker)actors[0]).Passed.Count(p => p == TakeoverPoint.ExchangeBack)));

        Assert.Equal(3, mostBacks); // in some order each of them was displaced and got its lock back, or had released it
    }

    [Theory]
    [InlineData(TestStore.InMemory)]
    [InlineData(TestStore.OnDisk)]
    public void A_takeover_that_puts_back_is_safe_in_every_order(string fileSystem) => AssertSafe(
        50, (store, stale) => [new Breaker(store, stale, refusesAtRecheck: true), new LockUser(store, "u1"), new Cleaner(store, stale.Identity)], fileSystem: fileSystem);

    [Theory]
    [InlineData(TestStore.InMemory)]
    [InlineData(TestStore.OnDisk)]
    public void Two_takeovers_with_a_lock_user_and_a_cleaner_are_safe_in_every_order(string fileSystem) => AssertSafe(
        1000, (store, stale) => [new Breaker(store, stale), new Breaker(store, stale), new LockUser(store, "u1"), new Cleaner(store, stale.Identity)], fileSystem: fileSystem);

    [Theory]
    [InlineData(TestStore.InMemory, false)]
    [InlineData(TestStore.InMemory, true)]
    [InlineData(TestStore.OnDisk, false)]
    [InlineData(TestStore.OnDisk, true)]
    public void A_takeover_that_crashes_anywhere_and_its_recovery_are_safe_in_every_order(string fileSystem, bool refusesAtRecheck)
    {
        var seen = new HashSet<RecoveredBy>();
        AssertSafe(
            1000,
            (store, stale) =>
            {
                var breaker = new Breaker(store, stale, refusesAtRecheck);
                var restart = new Restart(store, breaker);
                return [breaker, new Killer(breaker), restart, .. Users(store, 2), new Cleaner(store, stale.Identity)];
            },
            actors => seen.UnionWith(((Restart)actors[2]).Settled.Select(s => s.By)), fileSystem);

        Assert.Contains(RecoveredBy.GivingBackALock, seen);
        Assert.Contains(RecoveredBy.PuttingBackTheStaleLock, seen);
        Assert.DoesNotContain(RecoveredBy.Nothing, seen);
    }

    [Theory]
    [InlineData(TestStore.InMemory)]
    [InlineData(TestStore.OnDisk)]
    public void One_who_takes_our_dead_lock_away_and_acquires_is_safe_from_recovery_in_every_order(string fileSystem) =>
        AssertSafe(
            150,
            (store, stale) =>
            {
                var breaker = new Breaker(store, stale);
                var user = new LockUser(store, "u1");
                return [breaker, new Killer(breaker), new Restart(store, breaker), user, new CleanerOfOurs(store, breaker, user)];
            },
            fileSystem: fileSystem);

    // The faults of the weaker protocol, with its real steps: they are there, and none is silent.
    [Theory]
    [InlineData(TestStore.InMemory)]
    [InlineData(TestStore.OnDisk)]
    public void Two_possible_holders_under_the_weaker_protocol_are_always_reported(string fileSystem)
    {
        var (twoHolders, leftBehind) = (0, 0);
        var (orders, silent) = Interleavings.Explore(
            () =>
            {
                var store = new TestStore(fileSystem);
                var stale = store.PlantStaleKept();
                return (store, (IReadOnlyList<IActor>)[new WeakerBreaker(store, stale), .. Users(store, 2), new Cleaner(store, stale.Identity)]);
            },
            (store, actors, atEnd) =>
            {
                var breaker = (WeakerBreaker)actors[0];
                breaker.SawTwoHolders |= TooManyHolders(actors) is not null;
                if (!atEnd)
                {
                    return null;
                }

                var isLeft = File.Exists(store.Lock) && File.ReadAllText(store.Lock) != "4194999\n";
                twoHolders += breaker.SawTwoHolders ? 1 : 0;
                leftBehind += isLeft ? 1 : 0;
                var isTold = breaker.Outcome is ActOutcome.Failed { Sentence: var loud } && loud.StartsWith("TWO HOLDERS", StringComparison.Ordinal)
                    || breaker.Outcome is ActOutcome.ChangedMeanwhile { Sentence: var doubt } && doubt.Contains("any process could have taken it", StringComparison.Ordinal);
                return (breaker.SawTwoHolders || isLeft) && !isTold ? $"{(isLeft ? "left behind" : "two holders")}, and all it says is {breaker.Outcome}" : null;
            });

        output.WriteLine($"{orders} orders, two holders in {twoHolders}, a lock left behind in {leftBehind}");
        Assert.Null(silent);
        Assert.True(twoHolders > 0 && leftBehind > 0, "the harness does not find what is known to be there");
    }

    private static IEnumerable<IActor> Users(TestStore store, int count) => Enumerable.Range(1, count).Select(n => new LockUser(store, $"u{n}"));

    private static void AssertTwoHolders(string fileSystem, Func<TestStore, FileIdentity, IActor> breaker)
    {
        var (_, fault) = Interleavings.Explore(
            () =>
            {
                var store = new TestStore(fileSystem);
                var stale = store.PlantStaleKept();
                return (store, (IReadOnlyList<IActor>)[breaker(store, stale.Identity), .. Users(store, 2), new Cleaner(store, stale.Identity)]);
            },
            (_, actors, _) => TooManyHolders(actors));

        Assert.StartsWith("two holders", fault, StringComparison.Ordinal);
    }

    private void AssertSafe(
        int atLeast, Func<TestStore, FileFacts, IReadOnlyList<IActor>> actors, Action<IReadOnlyList<IActor>>? atEnd = null, string fileSystem = TestStore.InMemory)
    {
        var (orders, fault) = Explore(actors, atEnd, fileSystem);

        output.WriteLine($"{orders} orders");
        Assert.Null(fault);
        Assert.True(orders >= atLeast, $"only {orders} orders: the actors do not stop where they should");
    }

    private static (int Orders, string? Fault) Explore(
        Func<TestStore, FileFacts, IReadOnlyList<IActor>> actors, Action<IReadOnlyList<IActor>>? atEnd, string fileSystem) => Interleavings.Explore(
        () =>
        {
            var store = new TestStore(fileSystem);
            return (store, actors(store, store.PlantStaleKept()));
        },
        (store, all, ended) =>
        {
            if (ended)
            {
                atEnd?.Invoke(all);
            }

            return Check(store, all, ended);
        });

    private static string? Check(TestStore store, IReadOnlyList<IActor> actors, bool atEnd)
    {
        if (TooManyHolders(actors) is { } fault)
        {
            return fault;
        }

        // Owners that look at the file before they release it must find their own, once nobody is in the middle of something.
        var isQuiet = actors.OfType<SteppedActor>().All(a => a.IsDone || !a.CanStep);
        if (isQuiet && actors.OfType<LockUser>().FirstOrDefault(u => u.Holds) is { } owner && !owner.HasItsOwnFile)
        {
            return "a holder's file is not at the lock's name";
        }

        if (!atEnd)
        {
            return null;
        }

        if (File.Exists(store.Lock) && File.ReadAllText(store.Lock) != "4194999\n")
        {
            return $"a lock was left behind: {File.ReadAllText(store.Lock)}";
        }

        return store.Names().FirstOrDefault(n => n.StartsWith("mail/", StringComparison.Ordinal) && n is not ("mail/" or "mail/alice.lock")
            || n.EndsWith("own.json", StringComparison.Ordinal)) is { } left
            ? $"left behind: {left}"
            : null;
    }

    private static string? TooManyHolders(IReadOnlyList<IActor> actors) => actors.Count(a => a.Holds) > 1 ? "two holders" : null;
}
