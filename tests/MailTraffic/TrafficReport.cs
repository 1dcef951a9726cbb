using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ops.Testing;

/// <summary>What one program did and what it saw that must never happen.</summary>
/// <param name="Id">The number it was given.</param>
/// <param name="Messages">Messages it believes to be stored; their numbers are 1 to this.</param>
/// <param name="Displaced">How often its lock's name meant another file for a moment, and then its own again: allowed, and counted.</param>
/// <param name="Busy">How often it gave up on a mailbox because the lock was not to be had.</param>
/// <param name="Problems">A lost lock, a mailbox with two holders, a message that could not be stored.</param>
public sealed record TrafficReport(int Id, long Messages, long Displaced, long Busy, IReadOnlyList<string> Problems)
{
    /// <summary>Enough to see what went wrong; a broken protocol would otherwise fill the memory.</summary>
    public const int MostProblems = 20;

    public string ToLine() => JsonSerializer.Serialize(this, TrafficJson.Default.TrafficReport);

    public static TrafficReport Parse(string line) =>
        JsonSerializer.Deserialize(line, TrafficJson.Default.TrafficReport) ?? throw new FormatException("not a report: " + line);
}

[JsonSerializable(typeof(TrafficReport))]
internal sealed partial class TrafficJson : JsonSerializerContext;
