using Orleans.Runtime.Services;

namespace Ops.Cluster.Silos;

/// <summary>The sending side: the service of one named console, not of the one that a hash picks.</summary>
internal sealed class ConsoleServiceClient(IServiceProvider services) : GrainServiceClient<IConsoleService>(services)
{
    public IConsoleService At(SiloAddress address) => GetGrainService(address);
}
