using Ops.Web.Live;

namespace Ops.Web.Features.Shadow;

/// <summary>How the state of an entry is shown: always text and icon, never colour alone.</summary>
/// <param name="Meaning">One sentence.</param>
/// <param name="IsError">The act would have been wrong, or cannot be shown to have been right.</param>
public sealed record ShadowLook(string Word, string Label, string Icon, string Tone, string Meaning, bool IsError = false)
{
    /// <summary>What matters most first.</summary>
    public static IReadOnlyList<ShadowLook> All { get; } =
    [
        new("owner-returned", "Owner returned", "lock", "danger", "A living owner, holder or waiter was seen on this file: the act would have taken it from a living program.", IsError: true),
        new("changed", "Changed", "mismatch", "danger", "A process wrote to this file while it was watched: it was still in use.", IsError: true),
        new("would-act", "Would act", "clock", "info", "The act would have been done, and nothing has contradicted it yet. The file is still being watched."),
        new("gone-by-itself", "Gone by itself", "yes", "neutral", "The file was removed while it was watched, often by its own software: the act was not needed. Whether the owner removed it is unknown."),
        new("confirmed", "Confirmed", "yes", "success", "Undisturbed for the whole watch: the act would have been right."),
    ];

    /// <summary>A word this version does not know is shown as it came, escaped.</summary>
    public static ShadowLook Of(string word) => All.FirstOrDefault(l => l.Word == word) ??
        new(word, HostText.Clean(word), "question", "neutral", "This version of the console does not know this word.");
}
