using System.Text.Json;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary><c>ops explain</c>: the chain in words.</summary>
internal static class ExplainCommand
{
    public static int Run(AgentSettings settings, Terminal terminal, bool json, ExplainSubject subject)
    {
        var watch = new HostSurvey(settings, TimeProvider.System);
        var answer = watch.Explain(subject, static _ => null, anywhere: true);
        if (json)
        {
            terminal.Line(JsonSerializer.Serialize(answer, OpsJson.Default.ExplainAnswer));
            return CodeOf(answer);
        }
        foreach (var line in answer.Lines)
            terminal.Line(line);
        foreach (var blind in watch.Standing)
            terminal.Remark($"ops: not seen: {FilePath.Escape(blind.Detail)}");
        return CodeOf(answer);
    }

    // A script must be able to distinguish an answer from a mistyped name.
    private static int CodeOf(ExplainAnswer answer) => answer.Findings.Count > 0 ? ExitCode.Done : ExitCode.Failed;

    /// <summary>What a person means by it, seen from the working directory.</summary>
    public static ExplainSubject SubjectOf(string typed) => ExplainSubject.Of(LooksLikePath(typed) ? Path.GetFullPath(typed) : typed);

    // A bare name is a user unless a file of that name is here; the shell completes file names without a slash.
    private static bool LooksLikePath(string subject) =>
        subject.Contains('/') || subject.EndsWith(".lock", StringComparison.Ordinal) || !subject.All(char.IsAsciiDigit) && File.Exists(subject);
}
