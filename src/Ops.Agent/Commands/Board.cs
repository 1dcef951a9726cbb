using Ops.Contracts;

namespace Ops.Agent;

/// <summary>What an engine has reported so far, for commands that look at it now and then.</summary>
internal sealed class Board : IAgentHub
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Finding> _known = [];
    private bool _isComplete;

    /// <summary>Null until the first look is complete.</summary>
    public IReadOnlyList<Finding>? Findings
    {
        get
        {
            lock (_gate)
                return _isComplete ? [.. _known.Values] : null;
        }
    }

    public IReadOnlyList<BlindSpot> NotSeen { get; private set; } = [];

    public AgentCost? Cost { get; private set; }

    public Task Hello(Hello hello)
    {
        NotSeen = hello.BlindSpots;
        return Task.CompletedTask;
    }

    public Task Snapshot(SnapshotChunk chunk)
    {
        lock (_gate)
        {
            foreach (var finding in chunk.Findings)
                _known[finding.Key] = finding;
            _isComplete |= chunk.Last;
        }
        return Task.CompletedTask;
    }

    public Task Delta(Delta delta)
    {
        lock (_gate)
        {
            foreach (var finding in delta.Opened.Concat(delta.Changed))
                _known[finding.Key] = finding;
            foreach (var key in delta.Closed)
                _known.Remove(key);
        }
        return Task.CompletedTask;
    }

    public Task Heartbeat(Heartbeat heartbeat)
    {
        (NotSeen, Cost) = (heartbeat.BlindSpots, heartbeat.Cost);
        return Task.CompletedTask;
    }

    public Task Progress(OperationProgress progress) => Task.CompletedTask;
}
