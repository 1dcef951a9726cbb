namespace Ops.Contracts;

/// <summary>A line of <c>ops watch --json</c>: what became of one finding.</summary>
/// <param name="Change">opened, changed or closed.</param>
/// <param name="Finding">As it is now; of one that closed, as it was last.</param>
public sealed record WatchLine(string Change, Finding Finding);
