namespace Ops.Web.Live;

/// <summary>Asks the agent of the host that a lock elsewhere names, and hands what it says to the agent of the host where the lock is. That one judges.</summary>
/// <remarks>Each console does so for the agents that are connected to it; whom it asks may be connected to another console. A host that other hosts share a name with is not asked.</remarks>
internal sealed class OtherHosts(AgentDirectory agents, LiveState live, LiveLimits limits, TimeProvider clock, ILogger<HostQuestions> log) : BackgroundService
{
    private const int MostOnOneKernel = 16;

    // An answer counts for 20 seconds (OtherHostAnswer.ValidFor): one that comes late does not leave a gap.
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);

    private static readonly string No = Words.Of(Answer.No);

    // Less than a page waits: one host that hangs must not make the answers of the others too old.
    private readonly HostQuestions _questions = new(agents, live, limits with { AnswerWithin = AskEvery < limits.AnswerWithin ? AskEvery : limits.AnswerWithin }, clock, log);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(AskEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await Task.WhenAll(agents.Sessions.Select(session => AskForAsync(session, stoppingToken)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The console ends.
        }
    }

    /// <summary>Asks about what locks of this agent's host name, and brings the answers.</summary>
    internal async Task AskForAsync(AgentSession session, CancellationToken stop)
    {
        if (session is not { IsLost: false, HostId: { } hostId } || live.Current.Host(hostId) is not { } host || !host.Status.Capabilities.Contains(Hello.AsksOtherHosts))
            return;
        List<Named> named = [.. host.Findings.Items.Select(f => f.Finding).Where(NamesAnother).Take(ProcessQuestion.Most).Select(f => new Named(f.Owner!.Host!, f.Owner.Pid!.Value, f.Identity))];
        if (named.Count == 0)
            return;
        try
        {
            // Its own clock first: by that it knows how old the answers are, however long they are on their way.
            var (_, own, _) = await _questions.AskAsync(hostId, "the time", c => c.FindProcesses(new(null, [], [])), Whole.Is, stop);
            if (own is null)
                return;
            var doubts = await DoubtsOfKernelAsync(host.Status, own.BootId, named, stop);
            var words = await Task.WhenAll(named.GroupBy(n => n.Host, StringComparer.OrdinalIgnoreCase).Select(g => AskAsync(g.Key, [.. g], own.At, doubts, stop)));
            await session.Client.HearOtherHosts(new([.. words.SelectMany(w => w)])).WaitAsync(limits.AnswerWithin, clock, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Whatever the link throws. Without answers its locks stay refused.
            log.HostDidNotTell(host.Status.HostName, "what locks of other hosts need", e.Message);
        }
    }

    private static bool NamesAnother(Finding finding) =>
        finding is { Relation: null, Lock: null, Owner: { Host.Length: > 0, Pid: > 0 } } && finding.Evidence.Any(e => e.Question == Questions.ThisHost && e.Answer == No);

    private async Task<IEnumerable<OtherHostWord>> AskAsync(string name, IReadOnlyList<Named> named, DateTimeOffset askedAt, ILookup<FindingIdentity, string> doubts, CancellationToken stop)
    {
        var (state, found, sentence) = HostByName.Find(live.Current, name);
        if (found is null)
            return Without(state, sentence);
        if (!found.Capabilities.Contains(Hello.AsksOtherHosts))
            return Without(OtherHostState.NoAnswer, $"the agent of {HostText.Escape(name)} is too old to be asked");
        var question = new ProcessQuestion(found.BootId, [.. named.Select(n => new AskedProcess(n.Pid)).Distinct()], []);
        var (_, answer, notTold) = await _questions.AskAsync(found.HostId, "its processes", c => c.FindProcesses(question), Whole.Is, stop);
        if (answer is null)
            return Without(OtherHostState.NoAnswer, Clause(notTold));
        if (answer.BootId != found.BootId)
            return Without(OtherHostState.NoAnswer, $"{HostText.Escape(name)} has booted since its agent connected");
        return named.SelectMany(n => answer.Processes.Where(p => p.Pid == n.Pid).Take(1).Select(p => new OtherHostWord(
            name, n.Pid, p.State, p.Detail, answer.HostName, answer.BootId, askedAt, n.File is { } file ? [.. doubts[file]] : ["the file itself is not known"])));

        IEnumerable<OtherHostWord> Without(OtherHostState why, string detail) => named.Select(n => new OtherHostWord(name, n.Pid, Words.Of(why), detail, null, null, askedAt, []));
    }

    /// <summary>Every other host on the same kernel may use the same files: all of them are asked, and one that does not answer is a doubt.</summary>
    private async Task<ILookup<FindingIdentity, string>> DoubtsOfKernelAsync(HostStatus asker, Guid bootId, IReadOnlyList<Named> named, CancellationToken stop)
    {
        List<FindingIdentity> files = [.. named.Select(n => n.File).OfType<FindingIdentity>().Distinct()];
        List<HostStatus> neighbours = [.. live.Current.Hosts.Select(h => h.Status).Where(s => s.BootId == bootId && s.HostId != asker.HostId)];
        if (neighbours.Count > MostOnOneKernel)
            return files.ToLookup(f => f, _ => $"more than {MostOnOneKernel} hosts with an agent run on this kernel, and not all of them are asked");
        var question = new ProcessQuestion(bootId, [], [.. files.Select(f => new AskedFile(f.Dev, f.Ino))]);
        var answers = await Task.WhenAll(neighbours.Select(async n =>
        {
            var (_, answer, notTold) = n.Capabilities.Contains(Hello.AsksOtherHosts)
                ? await _questions.AskAsync(n.HostId, "who uses a file", c => c.FindProcesses(question), Whole.Is, stop)
                : (n.HostName, null, $"The agent of {HostText.Escape(n.HostName)} is too old to be asked.");
            return (Answer: answer, NotTold: notTold);
        }));
        return files.SelectMany(f => answers.Select(a => (File: f, Doubt: Doubt(f, a.Answer, a.NotTold)))).Where(d => d.Doubt is not null).ToLookup(d => d.File, d => d.Doubt!);
    }

    private static string? Doubt(FindingIdentity file, ProcessAnswer? answer, string? notTold) =>
        answer is null ? Clause(notTold)
        : answer.Files.FirstOrDefault(f => f.Dev == file.Dev && f.Ino == file.Ino) is not { } word ? $"{HostText.Escape(answer.HostName)} did not say who has this file open"
        : word.Used == No ? null
        : word.Detail;

    // Part of a sentence of the agent's: without its capital and its full stop.
    private static string Clause(string? sentence) => sentence is { Length: > 1 } ? char.ToLowerInvariant(sentence[0]) + sentence[1..].TrimEnd('.') : "it did not answer";

    private sealed record Named(string Host, int Pid, FindingIdentity? File);
}
