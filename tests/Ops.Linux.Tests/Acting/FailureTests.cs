using Ops.Locks;

namespace Ops.Linux.Tests;

/// <summary>Each system call of an act fails once, with each of the answers a file system may give.</summary>
public sealed class FailureTests
{
    private static readonly Errno[] Answers =
        [Errno.AccessDenied, Errno.NotPermitted, Errno.ReadOnlyFileSystem, Errno.NoSpace, Errno.QuotaExceeded, Errno.InputOutput];

    public static TheoryData<string, Errno> BeforeTheExchange => Pairs(
        TakeoverPoint.WriteManifest, TakeoverPoint.CreateOwn, TakeoverPoint.ProbeQuarantine, TakeoverPoint.RecordOwn, TakeoverPoint.Exchange);

    [Theory, MemberData(nameof(BeforeTheExchange))]
    public void A_failure_before_the_exchange_refuses_and_leaves_nothing_behind(string point, Errno answer)
    {
        using var store = new TestStore();
        var plan = Failing(store.Plan(store.PlantStale()), point, answer);

        Assert.Equal(Refusal.System, Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(plan)).Reason);

        Assert.Equal(["mail/", "mail/alice.lock"], store.Names());
        Assert.True(TestStore.FactsOf(store.Lock).IsUnchangedSince(plan.Expected));
    }

    [Theory]
    [InlineData(Errno.InvalidArgument)]
    [InlineData(Errno.NotImplemented)]
    [InlineData(Errno.NotSupported)]
    public void A_file_system_that_cannot_exchange_names_is_refused_with_the_reason(Errno answer)
    {
        using var store = new TestStore();
        var plan = Failing(store.Plan(store.PlantStale()), nameof(TakeoverPoint.Exchange), answer);

        Assert.Equal(Refusal.NoExchange, Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(plan)).Reason);
        Assert.Equal(["mail/", "mail/alice.lock"], store.Names());
    }

    [Fact]
    public void A_quarantine_on_another_file_system_is_found_out_before_the_exchange()
    {
        using var store = new TestStore();
        var plan = Failing(store.Plan(store.PlantStale()), nameof(TakeoverPoint.ProbeQuarantine), Errno.CrossesDevice);

        Assert.Equal(Refusal.System, Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(plan)).Reason);
        Assert.Equal(["mail/", "mail/alice.lock"], store.Names());
    }

    [Fact]
    public void A_stale_lock_that_cannot_be_moved_to_quarantine_is_put_back()
    {
        foreach (var answer in Answers)
        {
            using var store = new TestStore();
            var plan = Failing(store.Plan(store.PlantStale()), nameof(TakeoverPoint.MoveToQuarantine), answer);

            Assert.True(Assert.IsType<ActOutcome.Refused>(TestStore.TakeOver(plan)).WasPutBack);

            Assert.Equal(["mail/", "mail/alice.lock"], store.Names());
            Assert.Equal(plan.Expected.Identity, TestStore.FactsOf(store.Lock).Identity);
        }
    }

    [Fact]
    public void Giving_back_goes_on_until_the_file_system_lets_it()
    {
        using var store = new TestStore();
        var failures = 12;
        var plan = store.Plan(store.PlantStale()) with
        {
            Before = p =>
            {
                if (p == TakeoverPoint.Exchange)
                {
                    File.Delete(store.Lock);
                    store.Write("alice.lock", "living\n");
                }
            },
            Fault = p => p == TakeoverPoint.ExchangeBack && failures-- > 0 ? Errno.InputOutput : Errno.None,
        };

        Assert.IsType<ActOutcome.ChangedMeanwhile>(TestStore.TakeOver(plan));

        Assert.True(failures < 0);
        Assert.Equal("living\n", File.ReadAllText(store.Lock));
        Assert.Empty(store.Ours());
    }

    [Fact]
    public void A_release_that_fails_is_reported_and_settled_by_recovery()
    {
        using var store = new TestStore();
        var plan = Failing(store.Plan(store.PlantStale()), nameof(TakeoverPoint.Release), Errno.ReadOnlyFileSystem);

        Assert.Equal(8, Assert.IsType<ActOutcome.Failed>(TestStore.TakeOver(plan)).Step);
        Assert.True(File.Exists(store.Lock));

        Assert.Equal([RecoveredBy.ReleasingOurLock], new Recovery().Run(store.RootPath, "host").Select(r => r.By));
        Assert.False(File.Exists(store.Lock));
        Assert.Equal(QuarantineState.Held, Assert.Single(Quarantine.List(store.RootPath, out _)).State);
    }

    [Fact]
    public void A_temporary_file_that_cannot_be_removed_is_reported_and_settled_by_recovery()
    {
        using var store = new TestStore();
        var plan = store.Plan(store.PlantStale()) with
        {
            Fault = p => p switch
            {
                TakeoverPoint.Exchange => Errno.NoSpace,
                TakeoverPoint.DropTemporary => Errno.InputOutput,
                _ => Errno.None,
            },
        };

        Assert.IsType<ActOutcome.Failed>(TestStore.TakeOver(plan));
        Assert.NotEmpty(store.Ours());

        Assert.Equal([RecoveredBy.RemovingOurFiles], new Recovery().Run(store.RootPath, "host").Select(r => r.By));
        Assert.Equal(["mail/", "mail/alice.lock"], store.Names());
    }

    [Fact]
    public void A_record_that_cannot_be_closed_is_a_warning_and_closed_by_recovery()
    {
        using var store = new TestStore();
        var plan = Failing(store.Plan(store.PlantStale()), nameof(TakeoverPoint.Finish), Errno.InputOutput);

        Assert.Single(Assert.IsType<ActOutcome.TakenOver>(TestStore.TakeOver(plan)).Warnings);

        Assert.Equal([RecoveredBy.ReleasingOurLock], new Recovery().Run(store.RootPath, "host").Select(r => r.By));
        Assert.Equal(QuarantineState.Held, Assert.Single(Quarantine.List(store.RootPath, out _)).State);
    }

    [Theory]
    [InlineData(QuarantinePoint.WriteManifest)]
    [InlineData(QuarantinePoint.Move)]
    public void A_removal_that_fails_leaves_nothing_behind(object point)
    {
        foreach (var answer in Answers)
        {
            using var store = new TestStore();
            var plan = store.RemovePlan(TestStore.FactsOf(store.Write("leftover", "x"))) with { Fault = p => p.Equals(point) ? answer : Errno.None };

            Assert.Equal(Refusal.System, Assert.IsType<ActOutcome.Refused>(TestStore.Remove(plan)).Reason);
            Assert.Equal(["mail/", "mail/leftover"], store.Names());
        }
    }

    private static TheoryData<string, Errno> Pairs(params TakeoverPoint[] points)
    {
        var data = new TheoryData<string, Errno>();
        foreach (var point in points)
        {
            foreach (var answer in Answers)
            {
                data.Add(point.ToString(), answer);
            }
        }

        return data;
    }

    private static TakeoverPlan Failing(TakeoverPlan plan, string point, Errno answer) =>
        plan with { Fault = p => p.ToString() == point ? answer : Errno.None };
}
