using System.Text.Json;
using Ops.Incidents;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>What a drill is for.</summary>
internal enum DrillMode
{
    /// <summary>To look at, until it is ended.</summary>
    Stay,

    /// <summary>This program answers.</summary>
    Score,

    /// <summary>A person answers.</summary>
    Quiz,
}

/// <summary><c>ops drill</c>: real incidents to practise on, and the score of this program or of a person.</summary>
internal static class DrillCommand
{
    /// <summary>Names the hidden command that is a process of a drill.</summary>
    public const string ProcessWord = "process";

    public static async Task<int> RunAsync(Terminal terminal, DrillMode mode, bool json, TableShape shape, CancellationToken stop)
    {
        if (mode == DrillMode.Quiz && (Console.IsInputRedirected || !terminal.IsInteractive))
        {
            terminal.Remark("ops: --quiz asks a person: it needs a terminal. Without one, use --score.");
            return ExitCode.Usage;
        }
        var (isRoot, clock) = (Environment.IsPrivilegedProcess, TimeProvider.System);
        List<DrillIncident> chosen = [.. DrillIncident.All.Where(i => isRoot || i.NeedsRoot is null)], leftOut = [.. DrillIncident.All.Except(chosen)];
        try
        {
            using var sandbox = new DrillSandbox(DrillProgram.Own, clock);
            terminal.Remark($"ops: making {chosen.Count} incidents in {FilePath.Escape(sandbox.Store)}...");
            switch (mode)
            {
                case DrillMode.Score:
                    var scores = await DrillRun.ScoreAsync(sandbox, chosen, clock, stop);
                    Print(terminal, sandbox, scores, leftOut, json, shape);
                    return scores.All(s => s.IsRight) ? ExitCode.Done : ExitCode.Failed;
                case DrillMode.Quiz:
                    await Task.Run(() => sandbox.Make(chosen, stop), stop);
                    // A read of the terminal cannot be cancelled; the drill ends without it.
                    var answers = await Task.Run(() => new DrillQuiz(terminal, Console.ReadLine, clock).Ask(Shuffled(sandbox.Made), sandbox.PolicyFile), stop).WaitAsync(stop);
                    PrintTable(terminal, answers, shape);
                    terminal.Line(DrillScore.Sentence(answers));
                    return answers.Count == chosen.Count && answers.All(s => s.IsRight) ? ExitCode.Done : ExitCode.Failed;
                default:
                    await Task.Run(() => sandbox.Make(chosen, stop), stop);
                    Print(terminal, sandbox, leftOut, shape);
                    await Task.Delay(Timeout.InfiniteTimeSpan, clock, stop);
                    return ExitCode.Done;
            }
        }
        catch (DrillException e)
        {
            terminal.Remark($"ops: the drill could not be made: {FilePath.Escape(e.Message)}");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && mode == DrillMode.Stay)
        {
            // Ctrl-C is how it ends.
            return ExitCode.Done;
        }
    }

    /// <summary>Is one of the processes. On the first thread of its own program: there its locks and sleeps are seen as those of a program in C are.</summary>
    public static int RunProcess(int parent, string name, IReadOnlyList<string> words) =>
        DrillStep.FromArguments(words) is { } steps && new DrillRole(Console.In, Console.Out).Run(parent, name, steps) ? ExitCode.Done : ExitCode.Usage;

    private static void Print(Terminal terminal, DrillSandbox sandbox, List<DrillIncident> leftOut, TableShape shape)
    {
        terminal.Table<DrillMade>(
        [
            new("INCIDENT", m => m.Incident.Name),
            new("PATH", m => FilePath.FromText(m.Path).Display),
            new("WHAT HAPPENED", m => m.Incident.Happened, Leaves: 1),
        ], sandbox.Made, m => Contracts.Words.Of(m.Incident.Verdict), shape);
        PrintLeftOut(terminal, leftOut);
        var policy = FilePath.Escape(sandbox.PolicyFile);
        terminal.Text($"""

            Every process and every lock is real. Look at them:

              ops scan --policy {policy}
              ops why {FilePath.Escape(sandbox.Made[0].Path)} --policy {policy}
              ops agent --console URL --token-file FILE --policy {policy} --host-name {FilePath.Escape(sandbox.Settings.HostName)}

            A console marks this host as a drill: it neither counts nor alerts. Ctrl-C ends the processes and removes the directory.

            """);
        terminal.Flush();
    }

    private static void Print(Terminal terminal, DrillSandbox sandbox, IReadOnlyList<DrillScore> scores, List<DrillIncident> leftOut, bool json, TableShape shape)
    {
        if (json)
        {
            foreach (var score in scores)
                terminal.Line(JsonSerializer.Serialize(DrillLine.Of(score, sandbox.Made.First(m => m.Incident == score.Incident).Path), IncidentsJson.Default.DrillLine));
            foreach (var incident in leftOut)
                terminal.Line(JsonSerializer.Serialize(DrillLine.OfLeftOut(incident, Why(incident)), IncidentsJson.Default.DrillLine));
            terminal.Flush();
            return;
        }
        PrintTable(terminal, scores, shape);
        PrintLeftOut(terminal, leftOut);
        if (terminal.IsInteractive)
            terminal.Line();
        terminal.Line(DrillScore.Sentence(scores));
        terminal.Flush();
    }

    private static void PrintTable(Terminal terminal, IReadOnlyList<DrillScore> scores, TableShape shape) => terminal.Table<DrillScore>(
    [
        new("INCIDENT", s => s.Incident.Name),
        new("FOUND", s => s.IsFound ? "yes" : "no"),
        new("VERDICT", s => Contracts.Words.Of(s.Incident.Verdict)),
        new("SHOWN", s => s.Verdict is { } verdict ? Contracts.Words.Of(verdict) : "-"),
        new("STEP", s => StepWords.Of(s.Incident.Step)),
        new("SHOWN", s => s.Step is { } step ? StepWords.Of(step) : "-"),
        new("SECONDS", s => s.Seconds is { } seconds ? seconds.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture) : "-"),
        new("RIGHT", s => s.IsRight ? "yes" : s.Dangers.Count > 0 ? $"no, dangerous: {string.Join(", ", s.Dangers)}" : "no"),
    ], scores, s => s.IsRight ? "held" : "ghost-write", shape);

    private static void PrintLeftOut(Terminal terminal, List<DrillIncident> leftOut)
    {
        foreach (var incident in leftOut)
            terminal.Line($"Left out: {incident.Name}. {Why(incident)}");
    }

    private static DrillMade[] Shuffled(IReadOnlyList<DrillMade> made)
    {
        DrillMade[] order = [.. made];
        Random.Shared.Shuffle(order);
        return order;
    }

    private static string Why(DrillIncident incident) => $"It needs root: {incident.NeedsRoot}.";
}
