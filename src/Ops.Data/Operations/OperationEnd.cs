namespace Ops.Data;

/// <summary>How an operation ended, as the agent reported it.</summary>
/// <param name="Outcome">A sentence.</param>
/// <param name="StaleContent">Of the file taken away; more than <see cref="Operation.LargestContent"/> bytes are cut.</param>
/// <param name="StaleStat">JSON.</param>
/// <param name="Steps">JSON.</param>
/// <param name="SettledWith">See <see cref="Operation.SettledWith"/>.</param>
/// <param name="AgentHead">See <see cref="Operation.AgentHead"/>.</param>
/// <param name="Settle">JSON; see <see cref="Operation.Settle"/>.</param>
/// <param name="Rescued">JSON; see <see cref="Operation.Rescued"/>.</param>
public sealed record OperationEnd(
    OperationState State, string Outcome, string? QuarantinePath = null, byte[]? StaleContent = null, string? StaleStat = null, string? Steps = null,
    string? SettledWith = null, string? AgentHead = null, string? Settle = null, string? Rescued = null);
