using Ops.Web.Features.Acts.Quarantined;
using Ops.Web.Features.Shadow;

namespace Ops.Web.Tests.Pages;

/// <summary>Tells of quarantines what the test says, and counts how often it was asked.</summary>
internal sealed class FakeReader : IQuarantineReader
{
    public Func<string, HostQuarantine> Answer { get; set; } = host => new(host, "mail1", [], []);

    public int Asked { get; private set; }

    public Task<HostQuarantine> ReadAsync(string hostId, CancellationToken stop)
    {
        Asked++;
        return Task.FromResult(Answer(hostId));
    }
}

/// <summary>Tells of shadow mode what the test says.</summary>
internal sealed class FakeShadows : IShadowReader
{
    public Func<string, HostShadow> Answer { get; set; } = host => new(host, "mail1", new(IsOn: false, DateTimeOffset.UnixEpoch, []));

    public Task<HostShadow> ReadAsync(string hostId, CancellationToken stop) => Task.FromResult(Answer(hostId));
}
