namespace Ops.Web.Shared;

/// <summary>What the link to the next step says.</summary>
public static class StepWords
{
    /// <summary>Null where the step is not done in this console, or there is none.</summary>
    public static string? Of(StepVerb verb) => verb switch
    {
        StepVerb.Break => "Break…",
        StepVerb.Remove => "Remove…",
        StepVerb.Rescue => "Rescue…",
        StepVerb.Ask => "Ask it to end…",
        StepVerb.EndOne => "End one…",
        StepVerb.Look or StepVerb.Resume or StepVerb.Repair => "Evidence",
        _ => null,
    };
}
