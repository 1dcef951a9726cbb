using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What may be done about the living process behind a verdict.</summary>
internal sealed class LivingOffers(AgentSettings settings, ProcReader processes)
{
    private readonly Lazy<ProtectedProcesses> _protected = new(() => ProtectedProcesses.Of(processes.ReadProcesses(), Environment.ProcessId));
    private readonly bool _canAsk = new Doveadm(settings.Policy.Doveadm, settings.Policy.EndWait).IsInstalled;

    public IReadOnlyList<OperatorAction> For(Verdict verdict, FilePath path)
    {
        // Locks outside the roots are other programs' business: they are shown, and nothing is offered.
        if (StoreRoots.Covering(settings.Roots, path) is not { } root || root.Kinds is { } kinds && !kinds.Contains(verdict.Kind))
            return [];
        return Ladder.Offers(verdict, _protected.Value, _canAsk);
    }
}
