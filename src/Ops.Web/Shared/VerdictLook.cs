using Ops.Web.Live;

namespace Ops.Web.Shared;

/// <summary>How a verdict is shown: always text and icon, never colour alone.</summary>
/// <param name="Word">As on the wire.</param>
/// <param name="Label">What the badge says.</param>
/// <param name="Icon">Name in <see cref="Icons"/>.</param>
/// <param name="Tone">Part of the CSS class: <c>danger</c>, <c>warning</c>, <c>info</c>, <c>success</c>, <c>neutral</c>.</param>
/// <param name="Meaning">One line for an operator.</param>
/// <param name="Urgency">0 first; the order of lists and tiles.</param>
public sealed record VerdictLook(string Word, string Label, string Icon, string Tone, string Meaning, int Urgency)
{
    /// <summary>All ten, most urgent first.</summary>
    public static IReadOnlyList<VerdictLook> All { get; } =
    [
        Look(VerdictWord.GhostWrite, 0, "Ghost write", "ghost", "danger", "A process waits on, or writes to, a file that its path no longer names: mail is being lost."),
        Look(VerdictWord.SplitBrain, 1, "Split brain", "split", "danger", "Two living programs hold the same lock name on different files."),
        Look(VerdictWord.Stale, 2, "Stale", "unlink", "warning", "A lock whose owner is proven gone. It can be broken."),
        Look(VerdictWord.Mismatch, 3, "Mismatch", "mismatch", "warning", "The content differs from what the index says."),
        Look(VerdictWord.OrphanLinked, 4, "Orphan, linked", "links", "warning", "A leftover whose inode has other names: a message may be the same file. Only this name can be removed."),
        Look(VerdictWord.Orphan, 5, "Orphan", "orphan", "notice", "A leftover whose owner is proven gone. It can be removed, and restored afterwards."),
        Look(VerdictWord.Waiting, 6, "Waiting", "clock", "info", "A living program is queued behind a holder."),
        Look(VerdictWord.Refused, 7, "Refused", "question", "neutral", "Could not be proven either way. Nothing can be done until the missing evidence is available."),
        Look(VerdictWord.Held, 8, "Held", "lock", "success", "A living, identified program holds it."),
        Look(VerdictWord.NotALock, 9, "Not a lock", "anchor", "neutral", "Exists permanently by design. Removing it would break locking."),
    ];

    /// <summary>Without the verdict that no agent of this version gives: a tile or choice that is always empty says nothing.</summary>
    public static IReadOnlyList<VerdictLook> Given { get; } = [.. All.Where(l => l.Word != Words.Of(VerdictWord.Mismatch))];

    private static readonly Dictionary<string, VerdictLook> ByWord = All.ToDictionary(l => l.Word, StringComparer.Ordinal);

    /// <summary>A word this version does not know is shown as it came, escaped, and treated like <c>refused</c>.</summary>
    public static VerdictLook Of(string word) => ByWord.GetValueOrDefault(word) ??
        new VerdictLook(word, HostText.Clean(word), "question", "neutral", "This version of the console does not know this word.", All.Count);

    private static VerdictLook Look(VerdictWord word, int urgency, string label, string icon, string tone, string meaning) =>
        new(Words.Of(word), label, icon, tone, meaning, urgency);
}
