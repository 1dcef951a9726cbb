using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ops.Integrity;

/// <summary>How large a document may become that is sent to a console and stored there.</summary>
/// <param name="Items">Differences, and as many hazards, that are kept.</param>
/// <param name="Bytes">Of each of both lists as JSON, and of what was not seen.</param>
/// <param name="Names">Other names of one message, and sentences about it.</param>
public sealed record AuditBounds(int Items, int Bytes, int Names)
{
    public static AuditBounds Default { get; } = new(500, 1_000_000, 20);

    /// <summary>The first ones that fit, and how many were left out. The counts in the document stay those of the whole.</summary>
    public AuditDocument Apply(AuditDocument document)
    {
        var damages = Fitting([.. document.Damages.Take(Items).Select(Shortened)], IntegrityJson.Default.AuditedMessage);
        var hazards = Fitting([.. document.Hazards.Take(Items).Select(Shortened)], IntegrityJson.Default.AuditedStage);
        var unseen = document.NotSeen.Take(Items).ToList();
        var room = Bytes;
        var kept = unseen.TakeWhile(u => (room -= Encoding.UTF8.GetByteCount(u)) >= 0).ToList();
        if (document.NotSeen.Count - kept.Count is > 0 and var more)
            kept.Add(string.Create(CultureInfo.InvariantCulture, $"{more} more things that were not seen"));
        return document with
        {
            Damages = damages,
            Hazards = hazards,
            NotSeen = kept,
            DamagesLeftOut = document.DamagesLeftOut + document.Damages.Count - damages.Count,
            HazardsLeftOut = document.HazardsLeftOut + document.Hazards.Count - hazards.Count,
        };
    }

    private AuditedMessage Shortened(AuditedMessage message) => message with { OtherNames = Shortened(message.OtherNames, "more names"), Evidence = Shortened(message.Evidence, "more sentences") };

    private AuditedStage Shortened(AuditedStage stage) => stage with { LinkedTo = Shortened(stage.LinkedTo, "more messages") };

    private IReadOnlyList<string> Shortened(IReadOnlyList<string> lines, string more) =>
        lines.Count <= Names ? lines : [.. lines.Take(Names), string.Create(CultureInfo.InvariantCulture, $"{lines.Count - Names} {more}")];

    private List<T> Fitting<T>(List<T> items, JsonTypeInfo<T> type)
    {
        var room = Bytes;
        return [.. items.TakeWhile(i => (room -= JsonSerializer.SerializeToUtf8Bytes(i, type).Length) >= 0)];
    }
}
