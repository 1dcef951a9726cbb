using Ops.Linux;

namespace Ops.Agent.Tests;

public sealed class BootMemoryTests : IDisposable
{
    private readonly Store _store = new();

    [Fact]
    public void The_next_agent_of_the_same_boot_knows_of_the_step()
    {
        var boot = new ProcReader().BootId;
        // Two hours ahead of what this boot seemed to be when the first agent looked.
        BootMemory.Keep(_store.State, boot, new ProcReader().BootedAt.AddHours(-2));
        var survey = new HostSurvey(_store.Settings(), TimeProvider.System).SurveyStores(CancellationToken.None);
        Assert.InRange(survey.Host.ClockSetForward, TimeSpan.FromHours(1.9), TimeSpan.FromHours(2.1));
        Assert.Contains(survey.BlindSpots, b => b.Area == "clock");

        BootMemory.Keep(_store.State, Guid.NewGuid(), DateTimeOffset.UnixEpoch);
        Assert.Null(BootMemory.Read(_store.State, boot));
    }

    [Fact]
    public void Only_an_earlier_time_is_written_and_nonsense_is_nothing()
    {
        var (boot, at) = (Guid.NewGuid(), DateTimeOffset.UnixEpoch.AddYears(50));
        Assert.Null(BootMemory.Read(_store.State, boot));
        BootMemory.Keep(_store.State, boot, at);
        BootMemory.Keep(_store.State, boot, at.AddMinutes(1));
        Assert.Equal(at, BootMemory.Read(_store.State, boot));
        File.WriteAllText(Path.Join(_store.State, "boot"), "x y z");
        Assert.Null(BootMemory.Read(_store.State, boot));
    }

    public void Dispose() => _store.Dispose();
}
