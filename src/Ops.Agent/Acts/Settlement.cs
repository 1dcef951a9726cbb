using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Settles what was cut off in the middle of an act, by a crash or by a disk that broke.</summary>
internal sealed class Settlement(AgentSettings settings, HostSurvey survey, ActPermit permit, TimeProvider clock)
{
    private volatile bool _isUnsettled;

    /// <summary>Whether something still waits to be settled.</summary>
    public bool IsUnsettled => _isUnsettled;

    /// <summary>Takes back, or to its end, whatever is half done in the quarantines.</summary>
    /// <param name="open">Intents of processes that no longer run, without an outcome.</param>
    public List<RecoveredOperation> Settle(List<JournalIntent> open, List<BlindSpot> problems)
    {
        _isUnsettled = false;
        var found = new List<RecoveredOperation>();
        foreach (var root in RootsOf(open))
        {
            if (survey.SilenceAt(root) is { } silence)
            {
                _isUnsettled = true;
                problems.Add(new BlindSpot("recovery", $"{silence} What was cut off there is settled when it does."));
                continue;
            }
            foreach (var operation in new Recovery(clock).Run(root, Environment.MachineName))
            {
                found.Add(operation);
                if (operation.By == RecoveredBy.Nothing)
                {
                    _isUnsettled = true;
                    problems.Add(new BlindSpot("recovery", $"Operation {operation.OperationId}: {operation.Sentence} It is tried again every minute."));
                }
            }
        }
        return found;
    }

    /// <summary>Empties the quarantines of what was kept long enough. Only when the outcomes are recorded that their contents prove.</summary>
    public void Purge(List<JournalIntent> open, List<BlindSpot> problems)
    {
        foreach (var root in RootsOf(open).Where(r => survey.SilenceAt(r) is null))
            problems.AddRange(new Quarantine(clock).Purge(root, settings.Policy.QuarantineRetention).Problems.Select(p => new BlindSpot("quarantine", p)));
    }

    /// <summary>Settles an act that failed half-way at once, not at the next start.</summary>
    /// <returns>What became of it, as sentences that follow another.</returns>
    public string Tidied(FilePath root, Guid operation)
    {
        var settled = new Recovery(clock).Run(root, Environment.MachineName).Where(r => r.OperationId == operation).ToList();
        _isUnsettled |= settled.Exists(r => r.By == RecoveredBy.Nothing);
        return string.Concat(settled.Select(r => " " + r.Sentence));
    }

    private IEnumerable<FilePath> RootsOf(List<JournalIntent> open) =>
        settings.Roots.Select(r => r.Path).Concat(open.Where(permit.IsOurs).Select(i => FilePath.FromText(i.Root!))).Distinct();
}
