namespace Ops.Data;

/// <summary>Where an operation stands.</summary>
public enum OperationState
{
    /// <summary>Written down before the agent is asked; nothing is known yet.</summary>
    Intent,

    Done,

    /// <summary>The console or the agent said no; nothing was done.</summary>
    Refused,

    /// <summary>Another lock had taken the place; it was left as it is.</summary>
    ChangedMeanwhile,

    /// <summary>It was released before we came.</summary>
    AlreadyGone,

    /// <summary>Something broke half way; the outcome says what was rolled back.</summary>
    Failed,

    /// <summary>The operator cancelled; the agent was never asked.</summary>
    Cancelled,

    /// <summary>The answer never came: connection or console ended. Ask the agent again with the same id.</summary>
    Unknown,
}
