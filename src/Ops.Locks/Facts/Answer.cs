namespace Ops.Locks;

/// <summary>Three answers, not two: "unknown" is never "no".</summary>
public enum Answer
{
    Unknown,
    Yes,
    No,
}
