namespace Ops.Locks.Tests.Parsing;

/// <summary>What a look that keeps nothing finds to be other than one that kept what it could.</summary>
public sealed class KeptLocksTests
{
    private static readonly FileIdentity File = new(8, 2, 77);

    [Fact]
    public void Two_looks_that_say_the_same_do_not_differ() => Assert.Empty(KeptLocks.Differences(Table(Held(41)), Table(Held(41))));

    [Fact]
    public void The_number_of_a_descriptor_is_shown_only_and_is_no_difference() => Assert.Empty(KeptLocks.Differences(Table(Held(41, descriptor: 3)), Table(Held(41, descriptor: 4))));

    [Fact]
    public void Another_holder_of_the_same_row_is_a_difference() => Assert.Single(KeptLocks.Differences(Table(Held(41)), Table(Held(42))));

    [Fact]
    public void A_path_that_no_longer_leads_there_is_a_difference() =>
        Assert.Single(KeptLocks.Differences(Table(Held(41)), Table(Held(41) with { PathState = PathState.Replaced })));

    [Fact]
    public void A_row_that_only_one_of_them_shows_was_taken_or_released_in_between()
    {
        Assert.Empty(KeptLocks.Differences(Table(Held(41)), Table()));
        Assert.Empty(KeptLocks.Differences(Table(), Table(Held(41))));
    }

    private static LockTable Table(params LockEntry[] entries) => new(entries, []);

    private static LockEntry Held(int pid, int descriptor = 3) => new(
        new KernelLock(1, 0, LockClass.Flock, "ADVISORY", LockMode.Write, 41, File, 0, null), [new LockParty(Given.Process(pid), descriptor)], FilePath.FromText("/var/mail/alice"), PathState.Current, File, []);
}
