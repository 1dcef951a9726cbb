namespace Ops.Data;

/// <summary>This run of this console, as rows name it.</summary>
/// <param name="Name">Unique among all runs of all consoles of the database; at most 100 characters. In a fleet: address, port and generation, <c>ADDRESS:PORT@GENERATION</c>.</param>
/// <param name="IsInFleet">Whether others may declare it dead in the membership tables of the database.</param>
public sealed record ConsoleRun(string Name, bool IsInFleet)
{
    /// <summary>A console that has its database for itself.</summary>
    public static ConsoleRun Alone() => new($"alone-{Guid.NewGuid():N}", IsInFleet: false);
}
