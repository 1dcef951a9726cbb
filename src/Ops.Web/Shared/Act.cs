namespace Ops.Web.Shared;

/// <summary>One act of the product as people meet it. What the word means on a host is the agent's business.</summary>
/// <param name="Word">On the wire: <c>break</c>, <c>kill</c>...</param>
/// <param name="Name">In lists, tables and the audit.</param>
/// <param name="Button">On the button that opens its sheet.</param>
/// <param name="Title">Of the sheet.</param>
/// <param name="Confirm">On the button that does it.</param>
/// <param name="Icon">Name in <see cref="Shared.Icons"/>.</param>
/// <param name="Meaning">One sentence: what it does, and what it may cost.</param>
public sealed record Act(string Word, string Name, string Button, string Title, string Confirm, string Icon, string Meaning)
{
    // The audit records an act under the word it has on the wire.
    public const string Break = AuditActions.Break;
    public const string Remove = AuditActions.Remove;
    public const string Undo = AuditActions.Undo;
    public const string Ask = AuditActions.Ask;
    public const string Term = AuditActions.Term;
    public const string Kill = AuditActions.Kill;
    public const string Rescue = AuditActions.Rescue;
    public const string Purge = AuditActions.Purge;

    /// <summary>It is done to a living process, which the request names by its identity.</summary>
    public bool IsOnProcess => Word is Ask or Term or Kill or Rescue;

    /// <summary>It is done to what an earlier act took away.</summary>
    public bool IsOnQuarantine => Word is Undo or Purge;

    /// <summary>The pid has to be typed: the last moment at which a wrong row can be noticed.</summary>
    public bool AsksForPid => Word == Kill;

    /// <summary>It cannot be taken back, so a person with a second factor gives a fresh code of it.</summary>
    public bool AsksForFreshCode => Word is Kill or Purge;

    /// <summary>Every act, in the order in which one would think of them.</summary>
    public static IReadOnlyList<Act> All { get; } =
    [
        new(Break, "Break", "Break…", "Break this lock", "Break it now", "unlink", "The lock is taken over from its dead owner in one step, and released."),
        new(Remove, "Remove", "Remove…", "Remove this leftover", "Remove it now", "remove", "The file is moved to the quarantine on the same file system and can be restored."),
        new(Undo, "Undo", "Restore…", "Restore this file", "Restore it now", "undo", "The file gets its name back if that name is still free."),
        new(Rescue, "Rescue", "Rescue the bytes…", "Rescue the bytes of a ghost write", "Rescue them now", "rescue",
            "Copies what the process has open, and no path leads to any longer, into a file that only root can read. The process is not affected."),
        new(Ask, "Ask", "Ask…", "Ask the holder to release it", "Ask it now", "ask", "Asks its mail system to end the session in its own way. It may finish its work first, or decline."),
        new(Term, "End (TERM)", "End…", "End the holder (TERM)", "End it now", "stop", "Sends SIGTERM. A well-behaved program finishes its write and exits; a user's connection is dropped."),
        new(Kill, "Kill", "Kill…", "Kill the holder", "Kill it now", "kill",
            "Sends SIGKILL. The process cannot clean up: a partial message may remain in the mailbox, and its dot locks are left behind. The last resort."),
        new(Purge, "Purge", "Purge…", "Remove it permanently", "Remove it permanently", "remove", "Deletes the quarantined file. This cannot be undone."),
    ];

    private static readonly Dictionary<string, Act> ByWord = All.ToDictionary(a => a.Word, StringComparer.Ordinal);

    /// <summary>Null for a word that this version does not know: nothing can be asked for under it.</summary>
    public static Act? Find(string word) => ByWord.GetValueOrDefault(word);

    /// <summary>What may be tried on a finding whose owner lives, gentlest first, as far as the evidence allows any.</summary>
    public static IReadOnlyList<Act> Ladder(Finding finding) =>
        finding.Process is null ? [] : [.. All.Where(a => a.IsOnProcess && finding.Actions.Contains(a.Word))];
}
