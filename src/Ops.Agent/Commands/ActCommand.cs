using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops break</c>, <c>remove</c> and <c>undo</c>: the agent's own acts, on this host, with this host's journal.</summary>
internal static class ActCommand
{
    public static int Run(
        AgentSettings settings, Terminal terminal, bool json, OperatorAction action, FilePath path, string reason, string? fingerprint, bool dryRun, string? breakGlass)
    {
        var operations = Handler(settings);
        var bytes = path.IsUtf8 ? null : Convert.ToBase64String(path.Bytes);
        if (dryRun)
        {
            var preview = operations.Preview(new PreviewRequest(Words.Of(action), "", path.Text, bytes));
            return Show(terminal, preview, fingerprint, json);
        }

        operations.Recover();
        var result = operations.Execute(
            new ExecuteRequest(Guid.CreateVersion7(), Words.Of(action), "", path.Text, bytes, fingerprint, Actor, [], reason, BreakGlass: breakGlass), Progress(terminal, json));
        return Show(terminal, result, json);
    }

    /// <param name="action">One of the rungs of the ladder.</param>
    public static int End(AgentSettings settings, Terminal terminal, bool json, OperatorAction action, int pid, FilePath path, string reason, bool dryRun, string? breakGlass)
    {
        var operations = Handler(settings);
        var meant = Meant(new Linux.ProcReader(), pid);
        if (dryRun)
            return Show(terminal, operations.Preview(new PreviewRequest(Words.Of(action), "", path.Text, null, meant)), null, json);

        operations.Recover();
        var result = operations.Execute(
            new ExecuteRequest(Guid.CreateVersion7(), Words.Of(action), "", path.Text, null, null, Actor, [], reason, Process: meant, BreakGlass: breakGlass), Progress(terminal, json));
        return Show(terminal, result, json);
    }

    public static int Rescue(AgentSettings settings, Terminal terminal, bool json, int pid, int descriptor, FilePath to, string reason, bool dryRun, string? breakGlass)
    {
        var operations = Handler(settings);
        var processes = new Linux.ProcReader();
        var meant = Meant(processes, pid);
        // The path is the one it was opened under: a person on this host names the process and its descriptor.
        var path = processes.ReadDescriptor(pid, descriptor).TryGet(out var seen) ? seen.Path ?? default : default;
        var bytes = path.IsUtf8 ? null : Convert.ToBase64String(path.Bytes);
        if (dryRun)
            return Show(terminal, operations.Preview(new PreviewRequest(Words.Of(OperatorAction.Rescue), "", path.Text, bytes, meant, descriptor)), null, json);

        operations.Recover();
        var result = operations.Execute(
            new ExecuteRequest(Guid.CreateVersion7(), Words.Of(OperatorAction.Rescue), "", path.Text, bytes, null, Actor, [], reason, Process: meant, Descriptor: descriptor, BreakGlass: breakGlass),
            Progress(terminal, json), to);
        return Show(terminal, result, json);
    }

    /// <summary>Where no such process is running, the agent refuses in its own words and with its own exit code.</summary>
    private static ProcessRef Meant(Linux.ProcReader processes, int pid) =>
        processes.ReadProcess(pid)?.Identity is { } process ? new ProcessRef(pid, process.StartTicks, process.BootId) : new ProcessRef(pid, 0, processes.BootId);

    /// <summary>An undo or a purge: an act about an earlier one.</summary>
    public static int About(AgentSettings settings, Terminal terminal, bool json, OperatorAction action, Guid operation, string reason, string? breakGlass)
    {
        var operations = Handler(settings);
        operations.Recover();
        var result = operations.Execute(
            new ExecuteRequest(Guid.CreateVersion7(), Words.Of(action), "", "", null, null, Actor, [], reason, operation, BreakGlass: breakGlass), Progress(terminal, json));
        return Show(terminal, result, json);
    }

    /// <summary>Who is at the keyboard: under sudo the person, not root.</summary>
    private static string Actor =>
        Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } person ? $"{person} (sudo)" : Environment.UserName;

    internal static OperationHandler Handler(AgentSettings settings) =>
        new(settings, new HostSurvey(settings, TimeProvider.System), TimeProvider.System, NullLogger.Instance);

    private static Action<OperationProgress> Progress(Terminal terminal, bool json) => progress =>
    {
        if (json || progress.State == "running")
            return;
        terminal.Line($"{progress.Step}. {progress.Title}: {progress.State}{(progress.Detail is null ? "" : " - " + FilePath.Escape(progress.Detail))}");
        terminal.Flush();
    };

    private static int Show(Terminal terminal, PreviewAnswer preview, string? fingerprint, bool json)
    {
        var changed = preview.Refusal is null && fingerprint is not null && fingerprint != preview.Fingerprint;
        if (json)
        {
            terminal.Line(JsonSerializer.Serialize(preview, OpsJson.Default.PreviewAnswer));
        }
        else
        {
            foreach (var evidence in preview.Finding?.Evidence ?? [])
                terminal.Line($"  {(evidence.Blocks ? "!" : " ")} {evidence.Question}: {evidence.Answer} - {evidence.Detail} ({FilePath.Escape(evidence.Source)})");
            if (preview.Refusal is { } refusal)
                terminal.Line($"Would be refused ({refusal.Reason}): {refusal.Sentence}");
            else if (changed)
                terminal.Line("Would be refused: a fresh look gives another fingerprint.");
            else
                terminal.Line($"Would do, with fingerprint {preview.Fingerprint}:");
            if (preview.Refusal is null && !changed)
            {
                foreach (var (step, index) in preview.Steps.Select((s, i) => (s, i)))
                    terminal.Line($"  {index + 1}. {step}");
            }
            foreach (var victim in preview.Victims)
                terminal.Line($"Affected: {victim}");
        }
        return preview.Refusal is { } no ? OutcomeOf(no) : changed ? ExitCode.Changed : ExitCode.Done;
    }

    private static int OutcomeOf(OperationRefusal refusal) => ExitCode.Of(OperationRun.OutcomeOf(refusal));

    private static int Show(Terminal terminal, OperationResult result, bool json)
    {
        if (json)
        {
            terminal.Line(JsonSerializer.Serialize(result, OpsJson.Default.OperationResult));
        }
        else
        {
            terminal.Line($"{result.Outcome}: {result.Summary}");
            if (result.SettledWith is { } settled)
                terminal.Line(settled);
            foreach (var message in result.Rescued?.NotInMailbox ?? [])
                terminal.Line($"  not in the mailbox: {FilePath.Escape(message.Date ?? "")} {FilePath.Escape(message.From ?? "")} {FilePath.Escape(message.Subject ?? "")} {FilePath.Escape(message.MessageId ?? "")}");
            if (result.Rescued is { } rescued)
                terminal.Line($"sha256 {rescued.Sha256}");
            if (result.QuarantinePath is { } quarantine && result.Outcome == "done")
                terminal.Line($"Kept as {FilePath.Escape(quarantine)}; undo it with: ops undo {result.OperationId}");
        }
        return ExitCode.Of(result.Outcome);
    }
}

/// <summary><c>ops quarantine</c>.</summary>
internal static class QuarantineCommand
{
    public static int Run(AgentSettings settings, Terminal terminal, bool json)
    {
        var answer = ActCommand.Handler(settings).Quarantined();
        foreach (var item in answer.Items)
        {
            if (json)
            {
                terminal.Line(JsonSerializer.Serialize(item, OpsJson.Default.QuarantineItem));
                continue;
            }
            terminal.Line($"{item.OperationId}  {item.TakenAt:u}  {item.Action,-6}  {FilePath.Escape(item.Path)}");
            terminal.Line($"  by {FilePath.Escape(item.Actor)}: {FilePath.Escape(item.Reason)}; kept until {item.PurgeAfter:u} as {FilePath.Escape(item.QuarantinePath)}");
            if (item.NoUndo is { } no)
                terminal.Line($"  cannot be put back: {no.Sentence}");
        }
        foreach (var problem in answer.Problems)
            terminal.Remark($"ops: {problem.Detail}");
        return answer.Problems.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }
}
