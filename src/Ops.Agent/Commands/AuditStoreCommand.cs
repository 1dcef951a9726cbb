using System.Globalization;
using System.Text.Json;
using Ops.Integrity;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops audit-store</c>: whether messages are what their indexes and names say.</summary>
internal static class AuditStoreCommand
{
    /// <summary>Percent of the messages that are read without another reason.</summary>
    public const double DefaultSample = 1;

    /// <param name="options">With a seed of its own for each run, so that several audits cover more than one.</param>
    public static int Run(AgentSettings settings, Terminal terminal, bool json, TableShape shape, AuditOptions options, CancellationToken stop)
    {
        var clock = TimeProvider.System;
        var started = clock.GetUtcNow();
        var roots = settings.MailboxRoots;
        var silent = new MountProbe().Silent(new MountReader().Read().Mounts, roots);
        var report = new StoreAudit(options, clock, silent).Run(roots, stop);
        if (json)
            terminal.Line(JsonSerializer.Serialize(AuditDocument.Of(settings.HostName, started, report), IntegrityJson.Default.AuditDocument));
        else
            Print(terminal, report, shape);
        return CodeOf(report);
    }

    public static int CodeOf(StoreReport report) => AuditDocument.StateOf(report) switch
    {
        "damaged" => ExitCode.Broken,
        "incomplete" => ExitCode.Failed,
        _ => ExitCode.Done,
    };

    private static void Print(Terminal terminal, StoreReport report, TableShape shape)
    {
        if (report.Damages.Count > 0)
        {
            terminal.Table<Damage>(
            [
                new("CHECK", d => DamageWords.Of(d.Suspect.Kind)),
                new("MAILBOX", d => FilePath.Escape(d.MailboxName ?? d.Mailbox.Text), Leaves: 2),
                new("UID", d => d.Suspect.Claim?.Uid?.ToString(CultureInfo.InvariantCulture) ?? "", Leaves: 1),
                new("INDEX", DamageWords.Claim),
                new("DISK", DamageWords.Disk),
                new("PATH", d => d.Path.Display),
            ], report.Damages, static _ => "mismatch", shape);
            foreach (var damage in report.Damages)
                Explain(terminal, damage);
        }
        foreach (var hazard in report.Hazards)
            Explain(terminal, hazard, report.Cycle);
        if (terminal.IsInteractive && report.Damages.Count + report.Hazards.Count > 0)
            terminal.Line();
        terminal.Flush();
        foreach (var unseen in report.NotSeen)
            terminal.Remark($"ops: not seen: {unseen}");
        foreach (var line in ReportWords.Coverage(report).Append(ReportWords.Sentence(report)))
            terminal.Summary(line);
    }

    private static void Explain(Terminal terminal, Damage damage)
    {
        // A pipe has one line for each message: what is in it is for programs, the rest is in --json.
        if (terminal.IsInteractive)
            terminal.Explanation(damage.Path.Display, DamageWords.Evidence(damage), DamageWords.Next(damage));
    }

    private static void Explain(Terminal terminal, StageHazard hazard, PidCycle? cycle)
    {
        if (!terminal.IsInteractive)
        {
            terminal.Line(string.Join('\t', "hazard", ReportWords.WordOf(hazard.Reuse), hazard.Pid?.ToString(CultureInfo.InvariantCulture) ?? "", string.Join(' ', hazard.LinkedTo.Select(p => p.Display)), ReportWords.Comes(hazard, cycle), hazard.Path.Display));
            return;
        }
        terminal.Line();
        terminal.Line($"{hazard.Path.Display} is also {string.Join(", ", hazard.LinkedTo.Select(p => p.Display))}.");
        terminal.Line($"  {ReportWords.Of(hazard.Reuse)}. {ReportWords.Comes(hazard, cycle)}.");
        terminal.Line($"  Next: ops explain {ShellText(hazard.Path)}, and remove that one name if it is orphan-linked. Never write to it.");
    }

    private static string ShellText(FilePath path) => "'" + path.Display.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
