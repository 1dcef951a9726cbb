using System.Text.Json;

namespace Ops.Locks;

/// <summary>
/// What <c>doveadm -f json who -1</c> prints: one array with an object for each connection (doveadm-who.c of 2.2 to 2.4). Other forms do not escape: the name of a user with
/// a tab or line feed would be read as a row of another.
/// </summary>
public static class DovecotWho
{
    /// <returns>By pid, those that serve one user only; null when it is no such array.</returns>
    public static IReadOnlyDictionary<int, MailSession>? Parse(string json, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                return null;
            var sessions = new Dictionary<int, MailSession?>();
            foreach (var row in document.RootElement.EnumerateArray())
            {
                if (row.ValueKind == JsonValueKind.Object && PidOf(row) is { } pid)
                    sessions[pid] = sessions.TryGetValue(pid, out var known) ? Both(known, SessionOf(row, source)) : SessionOf(row, source);
            }
            return sessions.Where(s => s.Value is not null).ToDictionary(s => s.Key, s => s.Value!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // No JSON; or a text in it that is no text, such as half of a surrogate pair.
            return null;
        }
    }

    // Of a process that serves several, none is named; one user may come from several places.
    private static MailSession? Both(MailSession? one, MailSession? other) => one is null || other is null || one.User != other.User ? null
        : one with { Address = one.Address == other.Address ? one.Address : null, Service = one.Service == other.Service ? one.Service : null };

    private static MailSession? SessionOf(JsonElement row, string source) =>
        TextOf(row, "username") is { } text && SessionText.Name(text) is { } user
            ? new("dovecot", user, TextOf(row, "ip") is { } ip ? SessionText.Address(ip) : null, TextOf(row, "service") is { } service ? SessionText.Name(service) : null, null, source) : null;

    private static int? PidOf(JsonElement row) => row.TryGetProperty("pid", out var pid)
        ? LockText.Pid(pid.ValueKind == JsonValueKind.String ? pid.GetString()! : pid.ValueKind == JsonValueKind.Number ? pid.GetRawText() : "") : null;

    private static string? TextOf(JsonElement row, string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
