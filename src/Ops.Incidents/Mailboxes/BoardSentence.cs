namespace Ops.Incidents;

/// <summary>How the mailboxes are, in one sentence: the first line of the overview and of <c>ops top</c>.</summary>
public static class BoardSentence
{
    /// <summary>"2 mailboxes are losing mail and 3 are stuck; 11 processes wait." Says only what was seen.</summary>
    /// <param name="cards">Of all hosts.</param>
    public static string Of(IReadOnlyList<MailboxCard> cards)
    {
        var counts = cards.GroupBy(c => c.State).ToDictionary(g => g.Key, g => g.Count());
        var parts = new (MailboxState State, string One, string Many)[]
        {
            (MailboxState.LosingMail, "is losing mail", "are losing mail"), (MailboxState.Deadlocked, "is deadlocked", "are deadlocked"),
            (MailboxState.Stuck, "is stuck", "are stuck"), (MailboxState.AtRisk, "is at risk", "are at risk"),
        }.Where(p => counts.ContainsKey(p.State)).Select((p, i) => $"{counts[p.State]} {(i > 0 ? "" : counts[p.State] == 1 ? "mailbox " : "mailboxes ")}{(counts[p.State] == 1 ? p.One : p.Many)}").ToList();
        var waiting = cards.SelectMany(c => c.Victims.Select(v => (c.Host, v.Pid))).Distinct().Count();
        var waits = waiting == 0 ? "No process waits." : $"{FindingWords.Count(waiting, "process waits", "processes wait")}.";
        return parts.Count == 0 ? $"No mailbox is stuck. {waits}" : $"{(parts.Count == 1 ? parts[0] : string.Join(", ", parts[..^1]) + " and " + parts[^1])}. {waits}";
    }
}
