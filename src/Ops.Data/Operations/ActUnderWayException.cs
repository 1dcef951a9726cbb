namespace Ops.Data;

/// <summary>Another act on the same finding has not ended, on this console or on another one.</summary>
public sealed class ActUnderWayException(Operation other) : Exception($"Operation {other.Id} on the same finding is open.")
{
    /// <summary>The one that is open, without its evidence.</summary>
    public Operation Other { get; } = other;
}

/// <summary>The other consoles of the fleet have declared this one dead, so it may not begin anything: they have taken over its hosts.</summary>
public sealed class ConsoleIsDeadException() : Exception("The other consoles have declared this one dead.");

/// <summary>All consoles together began as many acts on this host within the last minute as the rules allow.</summary>
public sealed class HostHadItsActsException() : Exception("The host has had its acts of this minute.");
