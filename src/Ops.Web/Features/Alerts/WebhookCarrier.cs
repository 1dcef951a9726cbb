using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ops.Web.Features.Alerts;

/// <summary>What a webhook gets; documented in docs/alerts.md. Fields are only ever added.</summary>
/// <param name="Format">Always <c>mailstore-ops-alerts</c>.</param>
public sealed record WebhookMessage(string Format, int Version, DateTimeOffset SentAt, IReadOnlyList<WebhookAlert> Alerts)
{
    public const string TheFormat = "mailstore-ops-alerts";

    public static WebhookMessage Of(IReadOnlyList<AlertNotice> notices, DateTimeOffset now) => new(TheFormat, 1, now, [.. notices.Select(WebhookAlert.Of)]);

    public static WebhookMessage Test(DateTimeOffset now) => new(
        TheFormat, 1, now, [new("test", null, "closed", null, "info", "Test of this channel by an administrator of Mailstore Ops", null, null, null, now, now, 0, 0, null)]);
}

/// <param name="Event">opened, worse, closed or test.</param>
/// <param name="Status">open or closed.</param>
/// <param name="Title">Escaped: no control characters.</param>
/// <param name="Mailbox">Path; null for what concerns a whole host.</param>
public sealed record WebhookAlert(
    string Event, Guid? Incident, string Status, string? Rule, string Severity, string Title, string? Host, string? Mailbox, string? User, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, int MostVictims,
    double BlockedSeconds, string? Link)
{
    public static WebhookAlert Of(AlertNotice n) => new(
        n.Kind.Word(), n.Incident.Id, n.Incident.ClosedAt is null ? "open" : "closed", n.Incident.Rule.Word(), AlertNotice.Severity(n.Incident.Rule), n.Incident.Title, n.Incident.Host, n.Incident.Mailbox,
        n.Incident.MailboxUser, n.Incident.OpenedAt, n.Incident.ClosedAt, n.Incident.MostVictims, Math.Round(n.Incident.BlockedSeconds), n.Link);
}

[JsonSerializable(typeof(WebhookMessage))]
[JsonSerializable(typeof(AlertmanagerAlert[]))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class AlertsJson : JsonSerializerContext;

/// <summary>Posts the documented JSON to any address.</summary>
public sealed class WebhookCarrier(HttpPost http) : IAlertCarrier
{
    public string Kind => ChannelKinds.Webhook;

    public TimeSpan? RepeatEvery => null;

    public Task<DeliveryResult> DeliverAsync(ChannelSettings settings, IReadOnlyList<AlertNotice> notices, DateTimeOffset now, CancellationToken stop) =>
        PostAsync(settings, WebhookMessage.Of(notices, now), stop);

    public Task<DeliveryResult> TestAsync(ChannelSettings settings, DateTimeOffset now, CancellationToken stop) => PostAsync(settings, WebhookMessage.Test(now), stop);

    private Task<DeliveryResult> PostAsync(ChannelSettings settings, WebhookMessage message, CancellationToken stop) =>
        http.SendAsync(new(settings.Url!), settings.Token, JsonSerializer.SerializeToUtf8Bytes(message, AlertsJson.Default.WebhookMessage), stop);
}
