using System.Text;
using Ops.Contracts;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Asks Dovecot and Cyrus whom the processes of findings serve, where the policy says so. For one thread at a time.</summary>
internal sealed class SessionSurvey(AgentSettings settings, ProcReader processes, TimeProvider clock)
{
    /// <summary>Dovecot lists 100,000 sessions in about a second.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>About 200,000 sessions.</summary>
    private const int MostBytes = 16 * 1024 * 1024;

    private const int MostProcesses = 1_000;

    /// <param name="seenAt">When the locks of the findings were looked at, or before.</param>
    /// <returns>Null when nothing was asked: the policy does not allow it, or no process is one of a mail server.</returns>
    public SessionLook? Ask(IEnumerable<Finding> findings, DateTimeOffset seenAt, CancellationToken stop)
    {
        if (!settings.Policy.ImapSessions)
            return null;
        List<ProcessFacts> asked = [.. findings.Select(f => f.Process).OfType<FindingProcess>()
            .Where(p => SessionRule.MayBeDovecot(p.Executable) || SessionRule.MayBeCyrus(p.Executable)).Select(SessionLook.IdentityOf).Distinct().Take(MostProcesses)
            .Select(Now).OfType<ProcessFacts>()];
        if (asked.Count == 0)
            return null;
        var problems = new List<string>();
        var at = clock.GetUtcNow();
        var found = OfCyrus(asked, seenAt).Concat(OfDovecot(asked, problems, stop))
            // It is still this run of it: what was read by its number is of no other.
            .Where(f => Now(f.Process.Identity) is { IsAlive: true })
            .ToDictionary(f => f.Process.Identity, f => new FindingSession(f.Session.System, f.Session.User, f.Session.Address, f.Session.Service, f.Session.Mailbox, f.Session.Source, at));
        return new SessionLook(at, found, problems);
    }

    private IEnumerable<(ProcessFacts Process, MailSession Session)> OfCyrus(List<ProcessFacts> asked, DateTimeOffset seenAt)
    {
        if (!asked.Any(p => SessionRule.MayBeCyrus(p.Executable)) || CyrusProcReader.FindDirectory(settings.Policy.CyrusConfig) is not { } directory)
            yield break;
        foreach (var process in asked.Where(p => SessionRule.MayBeCyrus(p.Executable)))
        {
            if (CyrusProcReader.Read(directory, process.Pid).TryGet(out var read) && SessionRule.SessionOfCyrus(process, read.Directory, read.File, seenAt, read.File.Path.Display) is { } session)
                yield return (process, session);
        }
    }

    private IEnumerable<(ProcessFacts Process, MailSession Session)> OfDovecot(List<ProcessFacts> asked, List<string> problems, CancellationToken stop)
    {
        List<ProcessFacts> sessions = [.. asked.Where(p => SessionRule.IsDovecot(p, processes.ReadProcess(p.ParentPid)))];
        var titled = sessions.Select(p => (Process: p, Session: DovecotTitle.Parse(p.CommandLine, "title of the process")!)).Where(s => s.Session is not null).ToList();
        var rest = sessions.Except(titled.Select(t => t.Process)).ToList();
        var listed = rest.Count == 0 ? null : Who(problems, stop);
        return titled.Concat(rest.Where(p => listed?.ContainsKey(p.Pid) == true).Select(p => (p, listed![p.Pid])));
    }

    private IReadOnlyDictionary<int, MailSession>? Who(List<string> problems, CancellationToken stop)
    {
        var program = new TrustedProgram(settings.Policy.Doveadm, Limit) { MostBytes = MostBytes, LongestLine = MostBytes };
        if (!program.IsInstalled)
            return null;
        var said = new StringBuilder();
        var end = program.Run(["-f", "json", "who", "-1"], line => said.Append(line), stop);
        var listed = end.Problem is null ? DovecotWho.Parse(said.ToString(), "doveadm who") : null;
        if (listed is null)
            problems.Add($"{settings.Policy.Doveadm} who: {(end.Problem is null ? "Its answer could not be read." : end.Error.Length > 0 ? $"{end.Problem} {end.Error}" : end.Problem)}");
        return listed;
    }

    private ProcessFacts? Now(ProcessIdentity process) => processes.ReadProcess(process.Pid) is { IsAlive: true } now && now.Identity == process ? now : null;
}

/// <summary>Whom processes serve, by one look.</summary>
/// <param name="Problems">Why some are not known, in sentences; raw.</param>
internal sealed record SessionLook(DateTimeOffset At, IReadOnlyDictionary<ProcessIdentity, FindingSession> Sessions, IReadOnlyList<string> Problems)
{
    public static ProcessIdentity IdentityOf(FindingProcess process) => new(process.BootId, process.Pid, process.StartTicks);

    /// <summary>The findings with the session behind each process that is known.</summary>
    public IReadOnlyList<Finding> Tie(IEnumerable<Finding> findings) => [.. findings.Select(Tie)];

    public Finding Tie(Finding finding) => finding.Process is { } process && Sessions.TryGetValue(IdentityOf(process), out var session)
        ? finding with { Process = process with { Session = session }, Evidence = [.. finding.Evidence, EvidenceOf(process, session)] } : finding;

    /// <summary>As it was before it was tied.</summary>
    public static Finding Untie(Finding finding) => finding.Process is { Session: not null } process
        ? finding with { Process = process with { Session = null }, Evidence = [.. finding.Evidence.Where(e => e.Question != Questions.SessionOf)] } : finding;

    private static FindingEvidence EvidenceOf(FindingProcess process, FindingSession session) => new(
        Questions.SessionOf, Words.Of(Answer.Yes), session.Source,
        FormattableString.Invariant($"pid {process.Pid} serves {Incidents.FindingWords.Session(session)}{(session.Service is { } service ? " by " + FilePath.Escape(service) : "")}{(session.Mailbox is { } mailbox ? ", mailbox " + FilePath.Escape(mailbox) : "")}"),
        session.At);
}
