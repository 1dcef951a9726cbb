using Ops.Contracts;
using Ops.Incidents;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops top</c>: the mailboxes of this host, worst first, kept current on a terminal; in a pipe once.</summary>
internal static class TopCommand
{
    // As many as a person reads; the terminal may show fewer.
    private const int MostRows = 40;

    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(AgentSettings settings, Terminal terminal, CancellationToken stop)
    {
        if (!terminal.IsInteractive)
            return await OnceAsync(settings, terminal, stop);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var board = new Board();
        using var agent = new AgentEngine(settings);
        agent.MeasureProcess();
        var engine = agent.RunAsync(board, ended.Token);
        try
        {
            terminal.Line("Looking at the stores for the first time...");
            terminal.Flush();
            using var timer = new PeriodicTimer(Refresh);
            while (!engine.IsCompleted && await timer.WaitForNextTickAsync(ended.Token))
            {
                if (Terminal.PressedQuit())
                    break;
                if (board.Findings is not { } findings)
                    continue;
                terminal.Clear();
                Print(terminal, Cards(settings, findings), board.NotSeen, board.Cost);
                if (!terminal.Flush())
                    break;
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Ctrl-C is how it ends.
        }
        await ended.CancelAsync();
        try
        {
            await engine;
        }
        catch (OperationCanceledException)
        {
        }
        return ExitCode.Done;
    }

    private static async Task<int> OnceAsync(AgentSettings settings, Terminal terminal, CancellationToken stop)
    {
        var survey = new HostSurvey(settings, TimeProvider.System);
        var stores = await ScanCommand.LookAsync(survey, settings, stop);
        var cards = Cards(settings, stores.Findings);
        Print(terminal, cards, [.. survey.Standing, .. stores.BlindSpots]);
        return cards.Any(c => c.State.NeedsAttention()) ? ExitCode.Failed : ExitCode.Done;
    }

    // Locks of programs that work elsewhere are no mailboxes of these stores.
    private static IReadOnlyList<MailboxCard> Cards(AgentSettings settings, IReadOnlyList<Finding> findings) =>
        [.. MailboxBoard.Of(findings, TimeProvider.System.GetUtcNow()).Where(c => StoreRoots.Cover(settings.Roots, FilePath.FromText(c.Path)))];

    private static void Print(Terminal terminal, IReadOnlyList<MailboxCard> cards, IReadOnlyList<BlindSpot> notSeen, AgentCost? cost = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        terminal.Line(BoardSentence.Of(cards));
        terminal.Line();
        terminal.Table<MailboxCard>(
        [
            new("STATE", c => c.State.Label()),
            new("MAILBOX", c => FilePath.FromText(c.Path).Display),
            new("USER", c => FilePath.Escape(c.User ?? ""), Leaves: 3),
            new("WAITING", c => c.Victims.Count == 0 ? "" : c.Victims.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new("BLOCKED", c => c.Blocked(now) is { TotalSeconds: >= 1 } blocked ? AgeText.Of(blocked.TotalSeconds) : "", Leaves: 2),
            new("NEXT", c => StepWords.Of(c.Next.Verb)),
            new("CAUSE", c => c.Cause, Leaves: 1),
        ], [.. cards.Where(c => c.State != MailboxState.Free).Take(MostRows)], c => VerdictLike(c.State), new TableShape(false, false), Cut);
        if (cost is { ProcessorPercent: { } percent, ResidentMegabytes: { } memory })
        {
            terminal.Line();
            terminal.Line(FormattableString.Invariant($"This program: {percent:0.##} % of a core, {memory:0} MiB{(cost.EventsMissed > 0 ? $", {cost.EventsMissed} changes missed" : "")}"));
        }
        terminal.Flush();
        foreach (var blind in notSeen)
            terminal.Remark($"ops: not seen: {FilePath.Escape(blind.Detail)}");
    }

    private static string Cut(string sentence, int width) => sentence.Length <= width ? sentence : width < 2 ? "" : sentence[..(width - 1)] + "…";

    // The colours of a terminal are those of verdicts.
    private static string VerdictLike(MailboxState state) => state switch
    {
        MailboxState.LosingMail => "ghost-write",
        MailboxState.Deadlocked or MailboxState.Stuck => "stale",
        MailboxState.AtRisk => "orphan",
        MailboxState.Waiting => "waiting",
        MailboxState.Busy => "held",
        _ => "",
    };
}
