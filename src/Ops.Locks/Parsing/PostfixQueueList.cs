using System.Text.Json;

namespace Ops.Locks;

/// <summary>What <c>postqueue -j</c> prints: one JSON object a line, a message each (postqueue(1), "JSON OBJECT FORMAT").</summary>
public static class PostfixQueueList
{
    /// <returns>Null for a line that is no message.</returns>
    public static QueuedMessage? ParseLine(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement is { ValueKind: JsonValueKind.Object } message && message.TryGetProperty("queue_id", out _) ? Read(message) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // No JSON; or a text in it that is no text, such as half of a surrogate pair.
            return null;
        }
    }

    private static QueuedMessage Read(JsonElement message)
    {
        List<QueuedRecipient> recipients = [];
        if (message.TryGetProperty("recipients", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var one in list.EnumerateArray())
            {
                if (one.ValueKind == JsonValueKind.Object && TextOf(one, "address") is { Length: > 0 } address)
                    recipients.Add(new(address, TextOf(one, "delay_reason")));
            }
        }
        return new(ArrivalOf(message), recipients);
    }

    private static DateTimeOffset? ArrivalOf(JsonElement message) =>
        message.TryGetProperty("arrival_time", out var at) && at.ValueKind == JsonValueKind.Number && at.TryGetInt64(out var seconds) && seconds is > 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static string? TextOf(JsonElement one, string name) => one.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
