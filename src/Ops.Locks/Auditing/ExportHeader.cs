using System.Text.Json;

namespace Ops.Locks;

/// <summary>The first line of a console's export: which entry it ends with, and what the head anchor said. Without it, two lines cut from the end would not show.</summary>
/// <param name="Head">The last entry of the export.</param>
/// <param name="Anchor">What the anchor named when the export was made; null when there was none that could be used.</param>
/// <param name="AnchorProblem">Why there was none, in words.</param>
public sealed record ExportHeader(DateTimeOffset At, AuditHead Head, AuditHead? Anchor, string? AnchorProblem)
{
    private const int Version = 1;

    /// <summary>What the export cannot prove, as a sentence; null when it carries its anchor.</summary>
    public string? Remark => Anchor is null
        ? $"The console had no head anchor when it made this export ({AnchorProblem ?? "it does not say why"}), so this cannot prove the end: entries cut off before the export would not show."
        : null;

    /// <summary>One line, without a line break.</summary>
    public string Format() => JsonSerializer.Serialize(new ExportHeaderLine(Version, At, Head.ToString(), Anchor?.ToString(), AnchorProblem), AuditJson.Default.ExportHeaderLine);

    /// <summary>Null for a line that is no such header.</summary>
    public static ExportHeader? Parse(string line)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, AuditJson.Default.ExportHeaderLine) is not { Export: Version } header || !AuditHead.TryParse(header.Head, out var head))
                return null;
            AuditHead? anchor = header.Anchor is { } text && AuditHead.TryParse(text, out var known) ? known : null;
            return new ExportHeader(header.At, head, anchor, header.AnchorProblem);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>As it is written; an entry has none of these fields but the time, so neither is ever taken for the other.</summary>
internal sealed record ExportHeaderLine(int Export, DateTimeOffset At, string Head, string? Anchor = null, string? AnchorProblem = null);
