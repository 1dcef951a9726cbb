using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Wall;

/// <summary>What a wallboard shows at one moment: everything in words, nothing to act on. Pure.</summary>
/// <param name="Sentence">How the mailboxes are.</param>
/// <param name="Tone">Of the sentence: <c>danger</c>, <c>warning</c>, <c>info</c> or <c>success</c>; <c>neutral</c> while nothing can be said.</param>
/// <param name="Mailboxes">The worst first.</param>
/// <param name="More">Further ones that need attention.</param>
/// <param name="Hosts">Silent ones first.</param>
/// <param name="MoreHosts">Further ones, which all report.</param>
/// <param name="Warnings">What makes the board less than the whole truth, or the console unable to act.</param>
/// <param name="Stuck">Mailboxes that are stuck or worse: the number on the tab.</param>
/// <param name="Frozen">Why nothing on it is of now; null while something is.</param>
public sealed record WallBoard(
    string Sentence, string Tone, IReadOnlyList<WallMailbox> Mailboxes, int More, IReadOnlyList<WallHost> Hosts, int MoreHosts, IReadOnlyList<string> Warnings, int Stuck, string? Frozen, DateTimeOffset At)
{
    /// <summary>What can be read from across a room.</summary>
    public const int MostMailboxes = 8, MostHosts = 24;

    /// <summary>A host that was not heard for longer is grey, before it counts as lost; as on the other pages (<c>app.js</c>).</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(12);

    /// <param name="mailboxes">Of all hosts, the worst first.</param>
    public static WallBoard Of(LiveView view, IReadOnlyList<LiveMailbox> mailboxes, DateTimeOffset now)
    {
        var urgent = mailboxes.Where(m => m.Card.State.NeedsAttention()).ToList();
        var hosts = view.Hosts.Select(h => WallHost.Of(h, mailboxes.Count(m => m.HostId == h.Status.HostId && m.Card.State <= MailboxState.Stuck), now)).ToList();
        var silent = hosts.Count(h => h.IsSilent);
        var begun = view.Hosts.Any(h => h.IsComplete);
        List<string> warnings = [.. view.Alerts];
        if (silent > 0 && silent < hosts.Count)
            warnings.Insert(0, $"Partial view: {Labels.Count(silent, "host")} of {Labels.Number(hosts.Count)} {(silent == 1 ? "does" : "do")} not report. What is shown of {(silent == 1 ? "it" : "them")} is of then.");
        return new(
            begun ? BoardSentence.Of([.. mailboxes.Select(m => m.Card)]) : view.Hosts.Count == 0 ? "No agent is connected yet." : "The first scan is under way.",
            begun ? ToneOf(urgent, mailboxes) : "neutral",
            [.. urgent.Take(MostMailboxes).Select(m => WallMailbox.Of(m.Card, view.Hosts.Count > 1, now))],
            Math.Max(0, urgent.Count - MostMailboxes),
            [.. hosts.OrderByDescending(h => h.IsSilent).ThenByDescending(h => h.Stuck).Take(MostHosts)],
            Math.Max(0, hosts.Count - MostHosts),
            warnings,
            mailboxes.Count(m => m.Card.State <= MailboxState.Stuck),
            hosts.Count > 0 && silent == hosts.Count ? $"No agent has reported for {Ages.Format(now - view.Hosts.Max(h => h.Status.LastHeardAt))}. What is below was so then." : null,
            now);
    }

    private static string ToneOf(List<LiveMailbox> urgent, IReadOnlyList<LiveMailbox> all) =>
        urgent is [var worst, ..] ? MailboxStateLook.Of(worst.Card.State).Tone : all.Any(m => m.Card.State == MailboxState.Waiting) ? "info" : "success";
}

/// <summary>One mailbox that needs attention. Everything is escaped.</summary>
/// <param name="Name">User or address, else the last part of the path.</param>
/// <param name="Waits">How many processes wait and for how long; empty when none does.</param>
public sealed record WallMailbox(MailboxState State, string Name, string Path, string? Host, string Cause, string Waits)
{
    public static WallMailbox Of(MailboxCard card, bool showHost, DateTimeOffset now) => new(
        card.State, HostText.Shorten(HostText.Escape(card.User ?? HostText.Split(card.Path).Name), 40), HostText.Shorten(HostText.Escape(card.Path), 60), showHost ? HostText.Escape(card.Host) : null, HostText.Clean(card.Cause),
        card.Victims.Count == 0 ? "" : $"{Labels.Number(card.Victims.Count)} waiting{(card.Longest(now) is { TotalSeconds: >= 1 } longest ? $", {Ages.Format(longest)}" : "")}");
}

/// <param name="Heard">How long ago.</param>
/// <param name="IsSilent">Late or lost: what is shown of it is not of now.</param>
public sealed record WallHost(string Name, string Heard, bool IsLost, bool IsSilent, bool IsComplete, int Stuck)
{
    public static WallHost Of(HostView host, int stuck, DateTimeOffset now)
    {
        var age = now - host.Status.LastHeardAt;
        var lost = host.Status.Connection == HostConnection.Lost;
        return new(HostText.Escape(host.Status.HostName), Ages.Format(age), lost, lost || age > WallBoard.LateAfter, host.IsComplete, stuck);
    }
}
