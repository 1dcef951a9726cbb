using Ops.Data;

namespace Ops.Web.Features.Alerts;

/// <summary>What is to be sent over one channel, in one message.</summary>
internal sealed record DueMessage(AlertChannel Channel, IReadOnlyList<(AlertPost Post, AlertNotice Notice)> Notices);

/// <summary>What each channel knows of each incident, and what follows from that. In memory; the sender stores what changes. Used by one thread.</summary>
internal sealed class AlertBook(Func<string, TimeSpan?> repeatEvery, Func<double> jitter)
{
    /// <summary>Incidents of one message.</summary>
    public const int MostInMessage = 50;

    /// <summary>Incidents that are pending for one channel. Those beyond it wait, and are taken up when there is room, if they are open then.</summary>
    public const int MostPending = 1_000;

    private readonly Dictionary<(Guid Channel, Guid Incident), AlertPost> _posts = [];
    private readonly Dictionary<Guid, ChannelPause> _pauses = [];
    private readonly HashSet<(Guid, Guid)> _changed = [];

    /// <summary>Incidents about which a channel has something to learn, by kind of channel; as of the last look.</summary>
    public IReadOnlyDictionary<string, int> Pending { get; private set; } = new Dictionary<string, int>();

    /// <summary>Takes up what was stored.</summary>
    public void Resume(IEnumerable<AlertPost> posts)
    {
        foreach (var post in posts)
            _posts[(post.ChannelId, post.IncidentId)] = post;
    }

    /// <summary>One look: what is to be sent now, at most one message for each channel.</summary>
    /// <param name="incidents">Open, and closed lately.</param>
    /// <param name="busy">Channels with a delivery under way.</param>
    /// <param name="link">Address of an incident's page.</param>
    /// <param name="dropped">Gets what is over and is not announced.</param>
    public IReadOnlyList<DueMessage> Look(
        IReadOnlyList<Incident> incidents, AlertSetup setup, IReadOnlySet<Guid> busy, Func<AlertChannel, Guid, string?> link, DateTimeOffset now, TimeOnly local, ICollection<AlertDelivery> dropped)
    {
        IReadOnlyList<AlertMute> mutes = [.. setup.Mutes.Select(m => new AlertMute(IncidentRuleOf(m.Rule), m.HostId, Time(m.Until)))];
        Forget(setup, incidents, now);
        List<DueMessage> due = [];
        var pending = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var channel in setup.Channels.Where(c => c.IsEnabled))
        {
            TakeUp(channel, incidents);
            var audience = AudienceOf(channel, repeatEvery(channel.Kind));
            List<(AlertPost Post, AlertNotice Notice)> send = [];
            foreach (var post in _posts.Values.Where(p => p.ChannelId == channel.Id && !p.IsSettled))
            {
                switch (AlertRules.Decide(IncidentOf(post), KnownOf(post), audience, mutes, now, local))
                {
                    case AlertDecision.Send { Kind: var kind }:
                        send.Add((post, new(kind, IncidentOf(post), RuleOf(post.AnnouncedRule), link(channel, post.IncidentId))));
                        break;
                    case AlertDecision.Drop { Why: var why }:
                        post.IsSettled = true;
                        Changed(post);
                        dropped.Add(Logged(channel, [post], "closed", "dropped", why, 0, now));
                        break;
                }
            }
            pending[channel.Kind] = pending.GetValueOrDefault(channel.Kind) + send.Count(s => s.Notice.Kind != NoticeKind.Repeat);
            if (send.Count == 0 || busy.Contains(channel.Id) || _pauses.GetValueOrDefault(channel.Id) is { } pause && pause.Settings == channel.Settings && pause.Until > now)
                continue;
            due.Add(new(channel, AlertRules.Batch(send.Select(s => (s, s.Notice.Incident, s.Post.Refusals)), MostInMessage)));
        }
        Pending = pending;
        return due;
    }

    /// <summary>Takes in how a delivery ended; returns its line of the log, or null for a repetition that went well.</summary>
    public AlertDelivery? Ended(DueMessage message, DeliveryResult result, TimeSpan took, DateTimeOffset now)
    {
        if (result.State == DeliveryState.Failed)
        {
            var failures = (_pauses.GetValueOrDefault(message.Channel.Id) is { } pause && pause.Settings == message.Channel.Settings ? pause.Failures : 0) + 1;
            _pauses[message.Channel.Id] = new(failures, now + AlertRules.PauseAfter(failures, jitter()), message.Channel.Settings);
        }
        else
        {
            _pauses.Remove(message.Channel.Id);
        }
        foreach (var (post, notice) in message.Notices)
        {
            switch (result.State)
            {
                case DeliveryState.Sent:
                    (post.AnnouncedRule, post.AnnouncedAt) = (notice.Incident.Rule.Word(), now.ToUnixTimeMilliseconds());
                    (post.Refusals, post.NotBefore) = (0, null);
                    post.IsSettled = notice.Kind == NoticeKind.Closed;
                    break;
                case DeliveryState.Refused:
                    post.Refusals++;
                    post.NotBefore = (now + AlertRules.PauseAfter(post.Refusals, jitter())).ToUnixTimeMilliseconds();
                    break;
            }
            Changed(post);
        }
        var kinds = message.Notices.Select(n => n.Notice.Kind).Distinct().ToList();
        return kinds is [NoticeKind.Repeat] && result.State == DeliveryState.Sent
            ? null
            : Logged(message.Channel, [.. message.Notices.Select(n => n.Post)], string.Join(",", kinds.Order().Select(k => k.Word())), result.Word, result.Detail, took.TotalMilliseconds, now);
    }

    /// <summary>Copies of what changed since the last call: what is to be stored.</summary>
    public IReadOnlyList<AlertPost> TakeChanged()
    {
        List<AlertPost> taken = [.. _changed.Select(k => _posts.GetValueOrDefault(k)).OfType<AlertPost>().Select(p => p.Copy())];
        _changed.Clear();
        return taken;
    }

    /// <summary>Puts back what could not be stored.</summary>
    public void NotStored(IEnumerable<AlertPost> posts)
    {
        foreach (var post in posts)
            Changed(post);
    }

    // What a channel does not follow needs no post: an incident may still come to one of its rules.
    private void TakeUp(AlertChannel channel, IReadOnlyList<Incident> incidents)
    {
        var pending = _posts.Values.Count(p => p.ChannelId == channel.Id && !p.IsSettled);
        var rules = RulesOf(channel);
        foreach (var incident in incidents.OrderBy(i => i.Rule))
        {
            if (_posts.TryGetValue((channel.Id, incident.Id), out var post))
            {
                if (!post.IsSettled && !IsSame(post, incident))
                {
                    Fill(post, incident);
                    Changed(post);
                }
            }
            else if (pending < MostPending && rules.Contains(incident.Rule) && (incident.ClosedAt is not { } closed || closed.ToUnixTimeMilliseconds() >= channel.Since))
            {
                post = new() { ChannelId = channel.Id, IncidentId = incident.Id, Rule = "", HostId = incident.HostId, Host = incident.Host, Title = "" };
                Fill(post, incident);
                _posts[(channel.Id, incident.Id)] = post;
                Changed(post);
                pending++;
            }
        }
    }

    private void Forget(AlertSetup setup, IReadOnlyList<Incident> incidents, DateTimeOffset now)
    {
        var channels = setup.Channels.Select(c => c.Id).ToHashSet();
        var known = incidents.Select(i => i.Id).ToHashSet();
        var old = (now - AlertStore.SettledKept).ToUnixTimeMilliseconds();
        // A settled one stays as long as the console may bring its incident again.
        foreach (var key in _posts.Where(p => !channels.Contains(p.Key.Channel) || p.Value.IsSettled && !known.Contains(p.Key.Incident) && p.Value.ClosedAt < old).Select(p => p.Key).ToList())
        {
            _posts.Remove(key);
            _changed.Remove(key);
        }
        foreach (var gone in _pauses.Keys.Where(c => !channels.Contains(c)).ToList())
            _pauses.Remove(gone);
    }

    private void Changed(AlertPost post) => _changed.Add((post.ChannelId, post.IncidentId));

    internal static AlertAudience AudienceOf(AlertChannel channel, TimeSpan? repeatEvery) => new(
        RulesOf(channel), channel is { QuietFrom: { } from, QuietTo: { } to } ? new(TimeOfDay(from), TimeOfDay(to)) : null, repeatEvery, Time(channel.Since));

    internal static IReadOnlySet<IncidentRule> RulesOf(AlertChannel channel) => channel.Rules.Split(',').Select(IncidentRuleOf).OfType<IncidentRule>().ToHashSet();

    internal static TimeOnly TimeOfDay(int minutes) => new(minutes / 60 % 24, minutes % 60);

    private static AlertDelivery Logged(AlertChannel channel, IReadOnlyList<AlertPost> posts, string what, string outcome, string detail, double milliseconds, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        At = now.ToUnixTimeMilliseconds(),
        ChannelId = channel.Id,
        Channel = channel.Name,
        What = what,
        IncidentId = posts[0].IncidentId,
        Title = posts[0].Title,
        Incidents = posts.Count,
        Outcome = outcome,
        Detail = AuditChain.Storable(detail)!,
        Milliseconds = Math.Round(milliseconds),
    };

    private static Incident IncidentOf(AlertPost p) => new(
        p.IncidentId, IncidentRuleOf(p.Rule) ?? IncidentRule.Victims, p.HostId, p.Host, p.Mailbox, p.MailboxUser, p.Title, Time(p.OpenedAt), p.ClosedAt is { } closed ? Time(closed) : null, p.MostVictims,
        p.BlockedSeconds);

    private static Announced KnownOf(AlertPost p) => new(RuleOf(p.AnnouncedRule), p.AnnouncedAt is { } at ? Time(at) : null, p.NotBefore is { } later ? Time(later) : null);

    private static IncidentRule? RuleOf(string? announced) => announced is null ? null : IncidentRuleOf(announced) ?? IncidentRule.Victims;

    private static IncidentRule? IncidentRuleOf(string? word) => word is null ? null : IncidentWords.Rule(word);

    private static DateTimeOffset Time(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at);

    // Victims and seconds change all the time: they are those of the last change that counts.
    private static bool IsSame(AlertPost post, Incident i) => post.Rule == i.Rule.Word() && post.ClosedAt == i.ClosedAt?.ToUnixTimeMilliseconds() && post.Title == i.Title;

    private static void Fill(AlertPost post, Incident i)
    {
        (post.Rule, post.HostId, post.Host, post.Mailbox, post.MailboxUser, post.Title) = (i.Rule.Word(), i.HostId, i.Host, i.Mailbox, i.MailboxUser, i.Title);
        (post.OpenedAt, post.ClosedAt, post.MostVictims, post.BlockedSeconds) = (i.OpenedAt.ToUnixTimeMilliseconds(), i.ClosedAt?.ToUnixTimeMilliseconds(), i.MostVictims, i.BlockedSeconds);
    }

    /// <param name="Settings">With which it failed: other settings are tried at once.</param>
    private sealed record ChannelPause(int Failures, DateTimeOffset Until, string Settings);
}
