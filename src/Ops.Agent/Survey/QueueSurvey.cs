using Ops.Contracts;
using Ops.Incidents;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>Asks the queues of this host what waits for mailboxes that need attention, where the policy says so. For one thread at a time.</summary>
/// <param name="programs">The programs that there may be; of several with one mail system the first that is installed.</param>
/// <param name="mailName">The file with the domain that mail systems append to the name of a user (Debian Policy 11.6).</param>
internal sealed class QueueSurvey(AgentSettings settings, TimeProvider clock, IReadOnlyList<QueueProgram>? programs = null, string mailName = "/etc/mailname")
{
    /// <summary>Postfix answers for 100,000 messages in a few seconds, at the lowest priority on a busy host in more.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly IReadOnlyList<QueueProgram> _programs = programs ?? QueueProgram.Known;

    /// <returns>Null when nothing was asked: the policy does not allow it, no mailbox needs attention, or no program is installed.</returns>
    public IReadOnlyList<QueueReport>? Ask(IEnumerable<Finding> findings, CancellationToken stop)
    {
        if (!settings.Policy.MailQueue)
            return null;
        List<(string System, QueueProgram Program)> installed = [.. _programs.Where(p => new TrustedProgram(p.Path, Limit).IsInstalled).GroupBy(p => p.System, (system, all) => (system, all.First()))];
        if (installed.Count == 0 || MailQueues.AskedFor(findings, clock.GetUtcNow()) is not { Count: > 0 } asked)
            return null;
        var domains = LocalDomains();
        return [.. installed.Select(i => Ask(i.Program, r => MailQueues.UserOf(r, asked, domains), stop))];
    }

    private QueueReport Ask(QueueProgram program, Func<QueuedRecipient, string?> userOf, CancellationToken stop)
    {
        var (now, count) = (clock.GetUtcNow(), new QueueCount(userOf));
        var reader = program.Reader(now);
        var end = new TrustedProgram(program.Path, Limit).Run(program.Arguments, line => Add(reader.Take(line)), stop);
        Add(reader.End());
        var problem = end.Problem is null ? null : end.Error.Length > 0 ? $"{end.Problem} {end.Error}" : end.Problem;
        return new(program.System, now, count.Messages, problem is null ? null : $"{program.Path}: {problem}", [.. count.Users.Select(u => new QueuedMail(u.User, u.Messages, u.OldestAt, u.Reason))]);

        void Add(QueuedMessage? message)
        {
            if (message is not null)
                count.Add(message);
        }
    }

    private HashSet<string> LocalDomains()
    {
        HashSet<string> domains = new(settings.Policy.HostAliases, StringComparer.OrdinalIgnoreCase) { "localhost", "localhost.localdomain", Environment.MachineName, settings.HostName };
        try
        {
            if (new FileInfo(mailName) is { Exists: true, Length: < 1024 } && File.ReadLines(mailName).FirstOrDefault()?.Trim() is { Length: > 0 } name)
                domains.Add(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without it fewer recipients are certain to be of this host.
        }
        return domains;
    }
}

/// <summary>A program that lists a queue and changes nothing.</summary>
/// <param name="System">Word of the mail system.</param>
/// <param name="Path">Absolute: no other than these is ever started.</param>
/// <param name="Reader">Reads its lines; gets the time now.</param>
internal sealed record QueueProgram(string System, string Path, IReadOnlyList<string> Arguments, Func<DateTimeOffset, QueueLines> Reader)
{
    /// <summary>Where Debian, Red Hat, SUSE and a build from source put them.</summary>
    public static IReadOnlyList<QueueProgram> Known { get; } =
    [
        .. new[] { "/usr/sbin/postqueue", "/usr/local/sbin/postqueue" }.Select(OfPostfix),
        .. new[] { "/usr/sbin/exim4", "/usr/sbin/exim", "/usr/exim/bin/exim" }.Select(OfExim),
    ];

    public static QueueProgram OfPostfix(string path) => new("postfix", path, ["-j"], static _ => new(PostfixQueueList.ParseLine, static () => null));

    // Only recipients that wait, and in the order of the directory: sorting costs (Exim specification, -bpru).
    public static QueueProgram OfExim(string path) => new("exim", path, ["-bpru"], static now =>
    {
        var queue = new EximQueueList(now);
        return new(queue.Take, queue.End);
    });
}

/// <summary>Reads the lines of a queue; a message may take several.</summary>
internal sealed record QueueLines(Func<string, QueuedMessage?> Take, Func<QueuedMessage?> End);
