using System.Runtime.CompilerServices;

namespace Ops.Web.Live;

/// <summary>The mailboxes of every host, derived once for all pages: again when the findings of a host change, and after a while because waits grow long.</summary>
public sealed class MailboxBoards(TimeProvider clock)
{
    // A wait becomes an incident by time alone; a page that is a second late about that says nothing wrong.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly ConditionalWeakTable<FindingTable, Derived> _derived = [];

    /// <summary>Boards of all hosts, lost ones included; in the order of <see cref="LiveView.Hosts"/>.</summary>
    public IReadOnlyList<LiveBoard> Of(LiveView view) => [.. view.Hosts.Select(Of)];

    public LiveBoard Of(HostView host)
    {
        var now = clock.GetUtcNow();
        if (!_derived.TryGetValue(host.Findings, out var derived) || now - derived.At > Fresh)
        {
            derived = new Derived(now, MailboxBoard.Of([.. host.Findings.Items.Select(f => f.Finding)], now));
            _derived.AddOrUpdate(host.Findings, derived);
        }
        return new LiveBoard(host, derived.Cards);
    }

    private sealed record Derived(DateTimeOffset At, IReadOnlyList<MailboxCard> Cards);
}

/// <param name="Cards">Worst first.</param>
public sealed record LiveBoard(HostView Host, IReadOnlyList<MailboxCard> Cards)
{
    /// <summary>What a question is asked of. A host that is silent, or has not reported everything, says so.</summary>
    public HostBoard ToHostBoard() => new(Host.Status.HostName, Cards, [.. Host.Findings.Items.Select(f => f.Finding)], NotSeen());

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
