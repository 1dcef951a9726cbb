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
    /// <summary>Every verdict, most urgent first.</summary>
    public static IReadOnlyList<VerdictLook> All { get; } = [.. Enum.GetValues<VerdictWord>().Select(Of).OrderBy(l => l.Urgency)];

    /// <summary>Without the verdict that no agent of this version gives: a tile or choice that is always empty says nothing.</summary>
    public static IReadOnlyList<VerdictLook> Given { get; } = [.. All.Where(l => l.Word != Words.Of(VerdictWord.Mismatch))];

    /// <summary>Null for a word that this version does not know.</summary>
    public static VerdictWord? Find(string word) => Words.Verdict(word);

    /// <summary>A word that this version does not know is shown as it came, escaped, and treated like <c>refused</c>.</summary>
    public static VerdictLook Of(string word) => Find(word) is { } known
        ? Of(known)
        : new VerdictLook(word, HostText.Clean(word), "question", "neutral", "This version of the console does not know this word.", All.Count);

    // Without a default: a new verdict does not compile until it has its look. A value without a name comes from no agent.
#pragma warning disable CS8524
    private static VerdictLook Of(VerdictWord verdict) => verdict switch
    {
        VerdictWord.GhostWrite => new(Words.Of(verdict), "Ghost write", "ghost", "danger", "A process waits on, or writes to, a file that its path no longer names: mail is being lost.", 0),
        VerdictWord.SplitBrain => new(Words.Of(verdict), "Split brain", "split", "danger", "Two living programs hold the same lock name on different files.", 1),
        VerdictWord.Stale => new(Words.Of(verdict), "Stale", "unlink", "warning", "A lock whose owner is proven gone. It can be broken.", 2),
        VerdictWord.Mismatch => new(Words.Of(verdict), "Mismatch", "mismatch", "warning", "The content differs from what the index says.", 3),
        VerdictWord.OrphanLinked => new(Words.Of(verdict), "Orphan, linked", "links", "warning", "A leftover whose inode has other names: a message may be the same file. Only this name can be removed.", 4),
        VerdictWord.Orphan => new(Words.Of(verdict), "Orphan", "orphan", "notice", "A leftover whose owner is proven gone. It can be removed, and restored afterwards.", 5),
        VerdictWord.Waiting => new(Words.Of(verdict), "Waiting", "clock", "info", "A living program is queued behind a holder.", 6),
        VerdictWord.Refused => new(Words.Of(verdict), "Refused", "question", "neutral", "Could not be proven either way. Nothing can be done until the missing evidence is available.", 7),
        VerdictWord.Held => new(Words.Of(verdict), "Held", "lock", "success", "A living, identified program holds it.", 8),
        VerdictWord.NotALock => new(Words.Of(verdict), "Not a lock", "anchor", "neutral", "Exists permanently by design. Removing it would break locking.", 9),
    };
#pragma warning restore CS8524
}
