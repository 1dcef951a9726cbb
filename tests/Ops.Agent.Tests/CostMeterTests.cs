namespace Ops.Agent.Tests;

/// <summary>What an agent says of its own cost, and what it does above its budget.</summary>
public sealed class CostMeterTests
{
    private readonly FakeTimeProvider _time = new(Samples.Now);
    private TimeSpan _used;

    [Fact]
    public void The_share_of_a_core_is_that_of_the_last_minute()
    {
        var meter = Meter(budget: 0);
        Run(meter, samples: 30, percent: 50);
        Run(meter, samples: 13, percent: 2);
        Assert.InRange(meter.Report(0, true, null).ProcessorPercent!.Value, 1.9, 2.1);
    }

    [Fact]
    public void Above_its_budget_it_slows_down_and_below_it_is_fast_again()
    {
        var meter = Meter(budget: 1);
        Run(meter, samples: 20, percent: 3);
        Assert.True(meter.Slowdown > 1 && meter.Report(0, true, null).IsSlowed);
        Run(meter, samples: 60, percent: 0.1);
        Assert.Equal((1, false), (meter.Slowdown, meter.Report(0, true, null).IsSlowed));
    }

    [Fact]
    public void Its_start_alone_does_not_slow_it_down()
    {
        var meter = Meter(budget: 1);
        Run(meter, samples: 3, percent: 80);
        Assert.Equal(1, meter.Slowdown);
    }

    [Fact]
    public void Without_a_budget_it_never_slows_down()
    {
        var meter = Meter(budget: 0);
        Run(meter, samples: 40, percent: 90);
        Assert.Equal((1, (double?)null), (meter.Slowdown, meter.Report(0, true, null).BudgetPercent));
    }

    [Fact]
    public void In_the_process_of_a_console_nothing_is_said_of_the_process()
    {
        var meter = new CostMeter(_time, 1, used: null);
        meter.Measure();
        meter.NoteWholeScan(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
        var cost = meter.Report(3, false, Samples.Now);
        Assert.Equal((null, null, 3, 1_000), (cost.ProcessorPercent, cost.ResidentMegabytes, cost.EventsMissed, cost.WholeScan!.ProcessorMilliseconds));
    }

    [Fact]
    public void The_lag_is_the_longest_of_the_last_minute()
    {
        var meter = Meter(budget: 0);
        meter.NoteLag(TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(meter.Report(0, true, null).EventLagMilliseconds);
        meter.NoteLag(TimeSpan.FromMilliseconds(20));
        meter.NoteLag(TimeSpan.FromMilliseconds(7));
        Assert.Equal(20, meter.Report(0, true, null).EventLagMilliseconds);
    }

    private CostMeter Meter(double budget) => new(_time, budget, () => _used);

    private void Run(CostMeter meter, int samples, double percent)
    {
        for (var i = 0; i < samples; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            _used += TimeSpan.FromSeconds(5) * percent / 100;
            meter.Measure();
        }
    }
}
