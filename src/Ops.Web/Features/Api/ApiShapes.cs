using System.Text.Json.Serialization;
using Ops.Web.Live;
using Ops.Web.Shared;

namespace Ops.Web.Features.Api;

/// <summary>A page of a list.</summary>
/// <param name="Next">Send it as <c>cursor</c> for the next page; null when this is the last.</param>
/// <param name="Seen">What the answer rests on. An empty list says "nothing" only where it is whole.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items, string? Next, Seen Seen);

/// <summary>What an answer rests on.</summary>
/// <param name="At">By the console's clock.</param>
/// <param name="IsWhole">False: hosts are missing, or a note says what else is. Only where it is true does an empty list mean "nothing".</param>
/// <param name="Hosts">How many hosts it is about.</param>
/// <param name="Missing">Hosts of which this is not the state of now.</param>
/// <param name="Notes">What else a reader must know, in sentences; alerts of the console among them.</param>
public sealed record Seen(DateTimeOffset At, bool IsWhole, int Hosts, IReadOnlyList<MissingHost> Missing, IReadOnlyList<string> Notes)
{
    /// <summary>For what hosts report now: what they could not see is missing too.</summary>
    internal static Seen OfReports(LiveView view, IReadOnlyList<HostView> hosts, DateTimeOffset now, params IEnumerable<string> gaps)
    {
        var blind = hosts.Count(h => h.Status.BlindSpots.Count > 0);
        return Of(view, hosts, now, [.. blind == 0 ? Array.Empty<string>() : [$"{Labels.Count(blind, "host")} could not see everything: blindSpots of /hosts says what."], .. gaps]);
    }

    /// <summary>For what is stored of all hosts.</summary>
    internal static Seen OfStored(LiveView view, DateTimeOffset now, params IEnumerable<string> gaps) => Of(view, view.Hosts, now, [.. gaps]);

    private static Seen Of(LiveView view, IReadOnlyList<HostView> hosts, DateTimeOffset now, IReadOnlyList<string> gaps)
    {
        List<MissingHost> missing = [.. hosts.Select(h => MissingHost.Of(h, now)).OfType<MissingHost>()];
        return new(now, missing.Count == 0 && gaps.Count == 0, hosts.Count, missing, [.. view.Alerts, .. gaps]);
    }
}

/// <summary>A host of which an answer does not have the state of now.</summary>
/// <param name="Freshness"><c>late</c>, <c>syncing</c> or <c>lost</c>.</param>
/// <param name="IsComplete">False: its first scan has not arrived, so nothing can be concluded from what is missing in a list.</param>
/// <param name="LastHeardAt">By the console's clock.</param>
public sealed record MissingHost(string HostId, string Host, string Freshness, bool IsComplete, DateTimeOffset LastHeardAt, string Sentence)
{
    internal static MissingHost? Of(HostView host, DateTimeOffset now)
    {
        var freshness = HostFreshness.Of(host.Status, now);
        if (host.IsComplete && freshness == HostFreshness.Fresh)
            return null;
        var sentence = freshness switch
        {
            _ when !host.IsComplete => "Its first scan has not arrived: nothing can be concluded yet.",
            HostFreshness.Lost => $"It is not connected; this is what it reported last. {host.Status.LostReason}".TrimEnd(),
            HostFreshness.Late => "Its last report is late; what is shown may be old.",
            _ => "Its state is being fetched again; what is shown may be old.",
        };
        return new(host.Status.HostId, host.Status.HostName, freshness, host.IsComplete, host.Status.LastHeardAt, sentence);
    }
}

/// <summary>A host.</summary>
/// <param name="HostId">Stable; two hosts may share a name.</param>
/// <param name="Freshness"><c>fresh</c>, <c>late</c> (not heard for 10 s), <c>syncing</c> or <c>lost</c>.</param>
/// <param name="IsComplete">False: its first scan has not arrived.</param>
/// <param name="LostReason">One sentence; null unless it is lost.</param>
/// <param name="Version">Of its agent.</param>
/// <param name="IsPrivileged">False: the agent is not root and cannot see everything.</param>
/// <param name="Roots">Directories that are scanned.</param>
/// <param name="BlindSpots">What the last scan could not see or prove.</param>
/// <param name="Policy">What its policy allows; null from an agent that is too old to say.</param>
/// <param name="CircuitOpen">Why its agent does nothing for now, in a sentence; null while it acts.</param>
/// <param name="Verdicts">Number of findings by verdict; a verdict without findings is absent.</param>
public sealed record HostItem(
    string HostId, string Host, string Freshness, bool IsComplete, string? LostReason, string Version, bool IsPrivileged, IReadOnlyList<string> Roots, IReadOnlyList<BlindSpot> BlindSpots,
    HostPolicy? Policy, string? CircuitOpen, IReadOnlyDictionary<string, int> Verdicts, DateTimeOffset ConnectedAt, DateTimeOffset LastHeardAt)
{
    internal static HostItem Of(HostView host, DateTimeOffset now) => new(
        host.Status.HostId, host.Status.HostName, HostFreshness.Of(host.Status, now), host.IsComplete, host.Status.LostReason, host.Status.Version, host.Status.IsPrivileged, host.Status.Roots,
        host.Status.BlindSpots, host.Status.Policy, host.Status.CircuitOpen, host.CountByVerdict, host.Status.ConnectedAt, host.Status.LastHeardAt);
}

/// <summary>A finding and its host.</summary>
/// <param name="Finding">As <c>ops scan --json</c> and <c>ops locks --json</c> print it.</param>
public sealed record FindingItem(string HostId, Finding Finding);

/// <summary>One finding, and how fresh its host is.</summary>
/// <param name="Finding">As <c>ops scan --json</c> and <c>ops locks --json</c> print it.</param>
public sealed record FindingAnswer(string HostId, Finding Finding, Seen Seen);

/// <summary>A mailbox and its host.</summary>
/// <param name="Mailbox">As <c>ops why --json</c> prints it; <c>match</c> is empty where no question was asked.</param>
public sealed record MailboxItem(string HostId, WhyMailbox Mailbox);

/// <summary>An incident and its host.</summary>
/// <param name="Incident">As in the exported file.</param>
public sealed record IncidentItem(string HostId, IncidentHead Incident);

/// <summary>A hold on a mailbox, and its host.</summary>
/// <param name="Number">Sorts by opening time; a text, because it has more digits than a number of JavaScript keeps.</param>
/// <param name="Host">The host's name at that time.</param>
/// <param name="Episode">As in the exported file of an incident.</param>
public sealed record EpisodeItem(string Number, string HostId, string Host, EpisodeLine Episode);

/// <summary>Source-generated JSON of the API.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.Never, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Listing<HostItem>))]
[JsonSerializable(typeof(Listing<FindingItem>))]
[JsonSerializable(typeof(FindingAnswer))]
[JsonSerializable(typeof(Listing<MailboxItem>))]
[JsonSerializable(typeof(WhyDocument))]
[JsonSerializable(typeof(Listing<IncidentItem>))]
[JsonSerializable(typeof(IncidentFile))]
[JsonSerializable(typeof(Listing<EpisodeItem>))]
[JsonSerializable(typeof(Listing<AuditRecord>))]
[JsonSerializable(typeof(Listing<QuarantineItem>))]
[JsonSerializable(typeof(ActQuestion))]
[JsonSerializable(typeof(ActAnswer))]
[JsonSerializable(typeof(ActOrder))]
[JsonSerializable(typeof(OperationItem))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(Guid?))]
[JsonSerializable(typeof(DateTimeOffset?))]
internal sealed partial class ApiJson : JsonSerializerContext;
