using Ops.Contracts;
using Ops.Incidents;

namespace Ops.Agent;

/// <summary>What agents of other hosts ask of this one by way of a console, and what they answered.</summary>
public sealed partial class AgentEngine
{
    public Task<ProcessAnswer> FindProcesses(ProcessQuestion question) => Task.Run(() => _watch.FindProcesses(question));

    public Task HearOtherHosts(OtherHostReport report)
    {
        LookAgainAt(_watch.HearOtherHosts(report));
        return Task.CompletedTask;
    }

    /// <summary>What rested on an answer that is too old now is judged again.</summary>
    private void ForgetOtherHosts() => LookAgainAt(_watch.ForgetOtherHosts());

    private void LookAgainAt(IReadOnlyList<(string Host, int Pid)> owners)
    {
        if (owners.Count == 0 || _session is not { } session)
            return;
        var about = owners.ToHashSet();
        _ = Quietly(session.Post(_ =>
        {
            _names.Look([.. _book.Findings.Where(f => f is { Relation: null, Lock: null, Owner: { Pid: { } pid, Host: { } host } } && about.Contains((host.ToUpperInvariant(), pid))).Select(FindingWords.PathOf)]);
            return Task.CompletedTask;
        }));
    }
}
