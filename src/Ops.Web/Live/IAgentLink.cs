namespace Ops.Web.Live;

/// <summary>The way to the agent of one host: a connection of this console, or of another console of the fleet.</summary>
public interface IAgentLink
{
    /// <summary>Reports of running operations, in the order in which they came; handlers must be quick.</summary>
    event Action<OperationProgress>? ProgressReported;

    /// <summary>Null until the agent has introduced itself.</summary>
    string? HostId { get; }

    /// <summary>True when it is the agent within a console.</summary>
    bool IsEmbedded { get; }

    /// <summary>What to ask the agent; answers may never come, so wait with a limit and watch <see cref="Ended"/>.</summary>
    IAgentClient Client { get; }

    /// <summary>Completes when the link is over.</summary>
    Task Ended { get; }

    /// <summary>True while nothing was heard for longer than the limit, and after the end.</summary>
    bool IsLost { get; }
}
