namespace Ops.Web.Features.Alerts;

/// <summary>How one attempt to deliver ended.</summary>
public enum DeliveryState
{
    Sent,

    /// <summary>The receiver was there and did not want it: the same again will not help soon.</summary>
    Refused,

    /// <summary>The receiver was not there, or had no time: try again.</summary>
    Failed,
}

/// <param name="Detail">For people; without secrets, and cut. Raw.</param>
public sealed record DeliveryResult(DeliveryState State, string Detail)
{
    public string Word => State switch
    {
        DeliveryState.Sent => "sent",
        DeliveryState.Refused => "refused",
        DeliveryState.Failed => "failed",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Takes messages to one kind of receiver.</summary>
public interface IAlertCarrier
{
    /// <summary>Kind of channel.</summary>
    string Kind { get; }

    /// <summary>How often an open incident has to be repeated; null: never.</summary>
    TimeSpan? RepeatEvery { get; }

    /// <summary>Delivers all notices in one message. What goes wrong is a result; only <paramref name="stop"/> throws.</summary>
    Task<DeliveryResult> DeliverAsync(ChannelSettings settings, IReadOnlyList<AlertNotice> notices, DateTimeOffset now, CancellationToken stop);

    /// <summary>Delivers a message that says that it is a test.</summary>
    Task<DeliveryResult> TestAsync(ChannelSettings settings, DateTimeOffset now, CancellationToken stop);
}

/// <summary>One way for every delivery: with a deadline, and with a result that has no secret in it.</summary>
public sealed class AlertPostman(IEnumerable<IAlertCarrier> carriers, TimeProvider clock)
{
    /// <summary>A receiver that does not answer within this time failed.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(15);

    private const int LongestDetail = 300;

    private readonly Dictionary<string, IAlertCarrier> _carriers = carriers.ToDictionary(c => c.Kind);

    public TimeSpan? RepeatEvery(string kind) => _carriers.GetValueOrDefault(kind)?.RepeatEvery;

    public Task<DeliveryResult> DeliverAsync(string kind, ChannelSettings? settings, IReadOnlyList<AlertNotice> notices, CancellationToken stop) =>
        SendAsync(kind, settings, (c, s, within) => c.DeliverAsync(s, notices, clock.GetUtcNow(), within), stop);

    public Task<DeliveryResult> TestAsync(string kind, ChannelSettings? settings, CancellationToken stop) =>
        SendAsync(kind, settings, (c, s, within) => c.TestAsync(s, clock.GetUtcNow(), within), stop);

    private async Task<DeliveryResult> SendAsync(string kind, ChannelSettings? settings, Func<IAlertCarrier, ChannelSettings, CancellationToken, Task<DeliveryResult>> send, CancellationToken stop)
    {
        if (!_carriers.TryGetValue(kind, out var carrier))
            return new(DeliveryState.Refused, "This version has no such kind of channel.");
        if (settings is null)
            return new(DeliveryState.Refused, "Its settings cannot be decrypted: the keys of the data directory are others than when it was set up. Enter them again.");
        using var timer = new CancellationTokenSource(Within, clock);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stop);
        try
        {
            // A name that is looked up cannot be cancelled: the deadline holds for what does not listen to it as well.
            var result = await send(carrier, settings, deadline.Token).WaitAsync(deadline.Token);
            return result with { Detail = Cut(Without(settings.Secrets, result.Detail)) };
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new(DeliveryState.Failed, $"No answer within {Within.TotalSeconds:0} seconds.");
        }
    }

    private static string Without(IEnumerable<string> secrets, string text) =>
        secrets.OrderByDescending(s => s.Length).Aggregate(text, (t, secret) => t.Replace(secret, "(secret)", StringComparison.OrdinalIgnoreCase));

    private static string Cut(string text) => text.Length <= LongestDetail ? text : text[..LongestDetail] + "…";
}
