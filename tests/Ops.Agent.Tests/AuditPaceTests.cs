using Ops.Integrity;

namespace Ops.Agent.Tests;

public sealed class AuditPaceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly AuditCoverage Last = new(10, 1_000, 1_000, 4_000_000, [], 0, 0, 0, 0, 0, 0, 0, 60);

    [Fact]
    public void Without_a_schedule_nothing_is_ever_due() => Assert.Null(AuditPace.Due(null, Noon, Noon, 0.5));

    [Fact]
    public void The_next_audit_is_due_one_period_after_the_last_one_began() => Assert.Equal(Noon.AddDays(1), AuditPace.Due(TimeSpan.FromDays(1), Noon, Noon.AddHours(9), 0.5));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 72)]
    [InlineData(1, 144)]
    public void The_first_audit_is_spread_over_a_tenth_of_the_period(double spread, double minutes) =>
        Assert.Equal(Noon.AddMinutes(minutes), AuditPace.Due(TimeSpan.FromDays(1), null, Noon, spread));

    [Theory]
    [InlineData(250, 0, false, 30, 90.0)]
    [InlineData(0, 1_000_000, true, 30, 90.0)]
    [InlineData(250, 0, false, 9, null)]    // too early
    [InlineData(10, 0, false, 60, null)]    // 1 %: a guess
    [InlineData(1_000, 0, false, 60, null)] // as much as the last one saw, and it still goes on
    [InlineData(1_200, 0, false, 60, null)]
    public void The_remaining_time_is_said_only_where_the_last_audit_allows_it(long messages, long bytes, bool full, double elapsed, double? remaining) =>
        Assert.Equal(remaining, AuditPace.Remaining(Last, new AuditCounts { Messages = messages, ReadBytes = bytes }, full, TimeSpan.FromSeconds(elapsed)));

    [Fact]
    public void Without_a_last_audit_the_remaining_time_is_not_known() => Assert.Null(AuditPace.Remaining(null, new AuditCounts { Messages = 500 }, full: false, TimeSpan.FromMinutes(1)));

    [Fact]
    public void A_rate_of_0_is_no_limit_and_any_other_limits_messages_and_files_too()
    {
        Assert.Equal((null, null, null), AuditPace.Limits(0));
        Assert.Equal((16_000_000L, 1_280, 8_000), AuditPace.Limits(16));
    }
}
