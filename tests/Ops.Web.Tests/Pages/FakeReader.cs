using Ops.Web.Features.Quarantine;

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
