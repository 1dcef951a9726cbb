namespace Ops.Web.Shared;

/// <summary>How far one step of an act is.</summary>
public enum StepState
{
    /// <summary>It will be done once the act is confirmed.</summary>
    Planned,
    Running,
    Done,
    Failed,

    /// <summary>It was begun, and how it ended was not recorded.</summary>
    Unknown,
}
