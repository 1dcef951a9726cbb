namespace Ops.Locks.Tests.Auditing;

public sealed class AuditWitnessTests
{
    private static readonly Guid Operation = Guid.Parse("0198c1e2-7d0a-7c3e-9b52-0f6f4f1c2d11");

    [Fact]
    public void Two_chains_with_the_same_story_agree_both_ways()
    {
        var (console, journal) = Story();
        Assert.Equivalent(new AuditWitness(2, []), AuditWitness.Compare(console, journal), strict: true);
        Assert.True(AuditWitness.LooksLikeJournal(journal));
        Assert.False(AuditWitness.LooksLikeJournal(console));
    }

    [Fact]
    public void A_journal_that_was_rewritten_with_good_hashes_is_found_by_the_console()
    {
        var (console, journal) = Story();
        var forged = Chain([.. journal.Select(r => r.Outcome == "done" ? Draft(r) with { Outcome = "refused" } : Draft(r))]);
        Assert.IsType<AuditVerification.Intact>(AuditLines.Verify(forged.Select(AuditLines.Format)));
        Assert.Contains("the entry has another hash now", Assert.Single(AuditWitness.Compare(console, forged).Disagreements), StringComparison.Ordinal);
    }

    [Fact]
    public void An_operation_that_was_taken_out_of_the_journal_is_found_by_the_console()
    {
        var (console, journal) = Story();
        var forged = Chain([.. journal.Where(r => r.OperationId is null).Select(Draft)]);
        Assert.Contains("no such operation", Assert.Single(AuditWitness.Compare(console, forged).Disagreements), StringComparison.Ordinal);
    }

    [Fact]
    public void A_console_whose_intent_was_rewritten_or_taken_out_is_found_by_the_journal()
    {
        var (console, journal) = Story();
        var forged = Chain([.. console.Select(r => r.Outcome == "intent" ? Draft(r) with { Actor = "somebody else" } : Draft(r))]);
        Assert.Contains(AuditWitness.Compare(forged, journal).Disagreements, d => d.Contains("has no such entry", StringComparison.Ordinal));
        forged = Chain([.. console.Where(r => r.OperationId is null).Select(Draft)]);
        Assert.Contains(AuditWitness.Compare(forged, journal).Disagreements, d => d.Contains("has no such entry", StringComparison.Ordinal));
    }

    [Fact]
    public void A_journal_that_was_cut_short_is_found_by_the_console()
    {
        var (console, journal) = Story();
        Assert.Contains("no such operation", Assert.Single(AuditWitness.Compare(console, [journal[0]]).Disagreements), StringComparison.Ordinal);
    }

    [Fact]
    public void What_came_after_the_export_is_counted_and_not_held_against_it()
    {
        var (console, journal) = Story();
        Assert.Equivalent(new AuditWitness(0, [], 1), AuditWitness.Compare([console[0]], journal), strict: true);
        Assert.Empty(AuditWitness.Compare([], journal).Disagreements);
    }

    [Fact]
    public void Other_hosts_and_details_that_are_no_json_say_nothing()
    {
        var (console, journal) = Story();
        var other = Chain([.. journal.Select(r => Draft(r) with { Host = "mx9", OperationId = r.OperationId is null ? null : Guid.NewGuid(), Detail = "{" })]);
        Assert.Equivalent(new AuditWitness(0, []), AuditWitness.Compare(console, other), strict: true);
    }

    /// <summary>One break that both wrote down, between a sign-in before and one after, and an entry of the agent before and after.</summary>
    private static (List<AuditRecord> Console, List<AuditRecord> Journal) Story()
    {
        var signIn = new AuditDraft { Actor = "alice", Action = AuditActions.SignIn };
        var act = new AuditDraft { Actor = "alice", Action = AuditActions.Break, Host = "mx1", OperationId = Operation };
        var note = new AuditDraft { Actor = "ops", Action = AuditActions.Malformed, Host = "mx1" };
        var console = Chain([signIn, act with { Outcome = "intent" }]);
        var journal = Chain([note, act with { Outcome = "intended", Detail = $"{{\"request\":{{\"consoleHead\":\"{console[1].Hash}\"}},\"pid\":1}}" }, act with { Outcome = "done" }, note]);
        console = Chain([signIn, act with { Outcome = "intent" }, act with { Outcome = "done", Detail = $"{{\"agentHead\":\"{journal[2].Hash}\"}}" }, signIn]);
        return (console, journal);
    }

    private static List<AuditRecord> Chain(IReadOnlyList<AuditDraft> drafts)
    {
        var (head, chain) = (AuditHead.Genesis, new List<AuditRecord>());
        foreach (var draft in drafts)
        {
            chain.Add(AuditChain.Next(head, draft, Given.Now.AddSeconds(chain.Count)));
            head = new AuditHead(chain[^1].Sequence, chain[^1].Hash);
        }

        return chain;
    }

    private static AuditDraft Draft(AuditRecord record) => new()
    {
        Actor = record.Actor,
        Action = record.Action,
        Host = record.Host,
        Path = record.Path,
        Outcome = record.Outcome,
        Reason = record.Reason,
        OperationId = record.OperationId,
        Detail = record.Detail,
    };
}
