namespace Ops.Locks.Tests.Breaking;

public sealed class CircuitBreakerTests
{
    private static readonly DateTimeOffset Now = Given.Now;

    private static PastAct Act(double secondsAgo, string outcome = "done", string? refusal = null) => PastAct.Of(Now.AddSeconds(-secondsAgo), outcome, refusal);

    private static CircuitState Judge(params PastAct[] past) => CircuitBreaker.Judge(past, 30, Now);

    [Fact]
    public void Acts_of_the_last_minute_are_counted_and_refusals_are_not() =>
        Assert.Equal(2, Judge(Act(90), Act(50), Act(10, "refused", "owner-alive"), Act(8, "gone"), Act(5, "failed")).InLastMinute);

    [Fact]
    public void Three_acts_in_a_row_that_failed_open_it()
    {
        Assert.False(Judge(Act(30, "failed"), Act(20, "failed")).IsOpen);
        var open = Judge(Act(30, "failed"), Act(20, "failed"), Act(10, "failed"));
        Assert.True(open.IsOpen);
        Assert.Equal(Now.AddSeconds(290), open.ClosesAt);
    }

    [Fact]
    public void A_success_in_between_starts_the_count_again_and_a_refusal_does_not()
    {
        Assert.False(Judge(Act(40, "failed"), Act(30, "failed"), Act(20), Act(10, "failed")).IsOpen);
        Assert.True(Judge(Act(40, "failed"), Act(30, "failed"), Act(20, "refused", "in-use"), Act(10, "failed")).IsOpen);
    }

    [Fact]
    public void A_change_in_between_is_no_failure() =>
        Assert.False(Judge(Act(40, "changed"), Act(30, "changed"), Act(20, "changed"), Act(10, "changed")).IsOpen);

    [Fact]
    public void Failures_further_apart_than_five_minutes_are_not_in_a_row() => Assert.False(Judge(Act(700, "failed"), Act(350, "failed"), Act(10, "failed")).IsOpen);

    [Fact]
    public void Too_many_acts_in_a_minute_open_it() => Assert.True(Judge(Act(10), Act(9, "refused", "too-many")).IsOpen);

    [Fact]
    public void The_circuit_closes_after_five_minutes_without_a_request()
    {
        Assert.True(Judge(Act(299, "refused", "too-many")).IsOpen);
        Assert.False(Judge(Act(300, "refused", "too-many")).IsOpen);
        Assert.True(Judge(Act(400, "refused", "too-many"), Act(200, "refused", "circuit-open")).IsOpen);
        Assert.False(Judge(Act(700, "refused", "too-many"), Act(310)).IsOpen);
    }

    [Fact]
    public void A_limit_of_0_switches_it_off() =>
        Assert.False(CircuitBreaker.Judge([Act(3, "failed"), Act(2, "failed"), Act(1, "failed")], 0, Now).IsOpen);

    [Fact]
    public void Entries_from_the_future_of_a_clock_that_was_set_back_count_as_now() =>
        Assert.Equal((true, 3), (Judge(Act(-999, "failed"), Act(-999, "failed"), Act(-999, "failed")).IsOpen, Judge(Act(-999), Act(-999), Act(-999)).InLastMinute));
}
