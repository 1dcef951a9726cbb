using System.Text.Json;
using Ops.Web.Live;

namespace Ops.Web.Features.Alerts;

/// <summary>One alert of Alertmanager's API, version 2. Its labels are its identity.</summary>
public sealed record AlertmanagerAlert(
    IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string? GeneratorURL)
{
    /// <summary>Alertmanager closes an alert of which it hears nothing: each message says how long it holds.</summary>
    public static readonly TimeSpan Holds = TimeSpan.FromMinutes(5);

    public static IEnumerable<AlertmanagerAlert> Of(AlertNotice n, DateTimeOffset now)
    {
        // The rule is a label, so that it can be routed by: under a worse rule it is another alert there, and the former one ends.
        if (n.Was is { } was && was != n.Incident.Rule)
            yield return Of(n, was, now);
        yield return Of(n, n.Incident.Rule, n.Incident.ClosedAt ?? now + Holds);
    }

    public static AlertmanagerAlert Test(DateTimeOffset now) => new(
        new Dictionary<string, string> { ["alertname"] = "MailstoreOpsTest", ["severity"] = "info" },
        new Dictionary<string, string> { ["summary"] = "Test of this channel by an administrator of Mailstore Ops" }, now, now.AddMinutes(1), null);

    private static AlertmanagerAlert Of(AlertNotice n, IncidentRule rule, DateTimeOffset endsAt)
    {
        var i = n.Incident;
        var annotations = new Dictionary<string, string> { ["summary"] = i.Title };
        if (i.Mailbox is { } mailbox)
            annotations["mailbox"] = HostText.Escape(mailbox);
        return new(
            new Dictionary<string, string>
            {
                ["alertname"] = "MailstoreIncident",
                ["incident"] = i.Id.ToString(),
                ["rule"] = rule.Word(),
                ["severity"] = AlertNotice.Severity(rule),
                ["host"] = HostText.Escape(i.Host),
            },
            annotations, i.OpenedAt, endsAt, n.Link);
    }
}

/// <summary>Posts to Prometheus' Alertmanager, which groups, silences and routes; what is open is repeated until it is over.</summary>
public sealed class AlertmanagerCarrier(HttpPost http) : IAlertCarrier
{
    private const string Api = "/api/v2/alerts";

    public string Kind => ChannelKinds.Alertmanager;

    public TimeSpan? RepeatEvery { get; } = TimeSpan.FromMinutes(1);

    public Task<DeliveryResult> DeliverAsync(ChannelSettings settings, IReadOnlyList<AlertNotice> notices, DateTimeOffset now, CancellationToken stop) =>
        PostAsync(settings, [.. notices.SelectMany(n => AlertmanagerAlert.Of(n, now))], stop);

    public Task<DeliveryResult> TestAsync(ChannelSettings settings, DateTimeOffset now, CancellationToken stop) => PostAsync(settings, [AlertmanagerAlert.Test(now)], stop);

    /// <summary>The address of the API; the setting names the server, or the API itself.</summary>
    internal static Uri AddressOf(string url) => new(url.TrimEnd('/') is var server && server.EndsWith(Api, StringComparison.Ordinal) ? server : server + Api);

    private Task<DeliveryResult> PostAsync(ChannelSettings settings, AlertmanagerAlert[] alerts, CancellationToken stop) =>
        http.SendAsync(AddressOf(settings.Url!), settings.Token, JsonSerializer.SerializeToUtf8Bytes(alerts, AlertsJson.Default.AlertmanagerAlertArray), stop);
}
