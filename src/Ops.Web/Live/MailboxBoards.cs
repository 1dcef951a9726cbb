using System.Collections.Concurrent;

namespace Ops.Web.Live;

/// <summary>The mailboxes of every host, derived once for all pages: again when the findings of a host change, and after a while because waits grow long.</summary>
public sealed class MailboxBoards(TimeProvider clock)
{
    // A wait becomes an incident by time alone; a page that is a second late about that says nothing wrong.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    // 10,000 findings take about 0.2 s: with that many, four changes a second would keep a core busy.
    private const int Many = 2_000;
    private static readonly TimeSpan LeastIntervalOfMany = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Derived> _derived = new(StringComparer.Ordinal);

    /// <summary>Boards of all hosts, lost ones included; in the order of <see cref="LiveView.Hosts"/>.</summary>
    public IReadOnlyList<LiveBoard> Of(LiveView view)
    {
        // Hosts that were forgotten.
        if (_derived.Count > view.Hosts.Count)
        {
            foreach (var hostId in _derived.Keys.Where(id => view.Host(id) is null).ToList())
                _derived.TryRemove(hostId, out _);
        }
        return [.. view.Hosts.Select(Of)];
    }

    /// <summary>The mailboxes of all hosts in one list, worst first; those of drills after all others.</summary>
    public IReadOnlyList<LiveMailbox> WorstFirst(LiveView view) =>
        [.. MailboxBoard.WorstFirst(Of(view).SelectMany(b => b.Cards.Select(c => new LiveMailbox(b.Host.Status.HostId, c) { IsDrill = b.Host.Status.IsDrill })), m => m.Card, clock.GetUtcNow()).OrderBy(m => m.IsDrill)];

    /// <summary>The board of one host; of a host with many findings it may be two seconds older than they are.</summary>
    public LiveBoard Of(HostView host)
    {
        var now = clock.GetUtcNow();
        var findings = host.Findings;
        if (!_derived.TryGetValue(host.Status.HostId, out var derived) || !IsCurrent(derived, findings, now))
        {
            Finding[] plain = [.. findings.Items.Select(f => f.Finding)];
            derived = new Derived(findings, now, plain, [.. MailQueues.Tied(MailboxBoard.Of(plain, now), host.Status.Queues).Where(c => DrillPlace.Belongs(c.Path, host.Status.IsDrill, host.Status.Roots))]);
            _derived[host.Status.HostId] = derived;
        }
        return new LiveBoard(host, derived.Plain, derived.Cards) { IsCurrent = ReferenceEquals(derived.Findings, findings) };
    }

    private static bool IsCurrent(Derived derived, FindingTable findings, DateTimeOffset now)
    {
        var age = now - derived.At;
        return findings.Items.Count > Many && derived.Findings.Items.Count > Many ? age < LeastIntervalOfMany
            : ReferenceEquals(derived.Findings, findings) && age < Fresh;
    }

    private sealed record Derived(FindingTable Findings, DateTimeOffset At, IReadOnlyList<Finding> Plain, IReadOnlyList<MailboxCard> Cards);
}

/// <summary>A mailbox and the id of its host: together its address in the console.</summary>
public sealed record LiveMailbox(string HostId, MailboxCard Card)
{
    /// <summary>It is there to practise on.</summary>
    public bool IsDrill { get; init; }
}

/// <param name="Findings">What the cards were derived from.</param>
/// <param name="Cards">Worst first.</param>
public sealed record LiveBoard(HostView Host, IReadOnlyList<Finding> Findings, IReadOnlyList<MailboxCard> Cards)
{
    /// <summary>Whether the cards are those of the host's findings as they are now, and not of a moment before.</summary>
    internal bool IsCurrent { get; init; }

    /// <summary>What a question is asked of. A host that is silent, or has not reported everything, says so.</summary>
    public HostBoard ToHostBoard() => new(Host.Status.HostName, Cards, Findings, NotSeen());

    private List<string> NotSeen()
    {
        var notSeen = Host.Status.BlindSpots.Select(b => FilePath.Escape(b.Detail)).ToList();
        if (Host.Status.Connection == HostConnection.Lost)
            notSeen.Insert(0, "the host is not connected; this is what it reported last");
        else if (!Host.IsComplete)
            notSeen.Insert(0, "the first scan has not arrived yet");
        return notSeen;
    }
}
