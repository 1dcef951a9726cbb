using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ops.Locks;

/// <summary>An audit chain as text: one JSON object a line, the fields of <see cref="AuditRecord"/> in camel case.</summary>
/// <remarks>Unlike the other contracts a line may hold nothing but the known fields, each once: a field the hash does not cover would be believed.</remarks>
public static class AuditLines
{
    /// <summary>One line, without a line break; whatever is not plain ASCII is escaped, so it is safe to show on a terminal.</summary>
    public static string Format(AuditRecord record) => JsonSerializer.Serialize(record, AuditJson.Default.AuditRecord);

    /// <summary>Reads what <see cref="Format"/> writes.</summary>
    /// <param name="why">For a person, when the answer is null.</param>
    public static AuditRecord? Parse(string line, out string why)
    {
        try
        {
            var record = JsonSerializer.Deserialize(line, AuditJson.Default.AuditRecord);
            why = record is null ? "it is empty" : "";
            return record;
        }
        catch (JsonException e)
        {
            why = e.Message;
            return null;
        }
    }

    /// <summary>Verifies an exported log or an agent's journal; lines of white space are skipped. The header of an export names the entry that the export ends with.</summary>
    /// <param name="anchor">See <see cref="AuditChain.Verify"/>.</param>
    public static AuditVerification Verify(IEnumerable<string> lines, AuditHead? anchor = null)
    {
        var check = new AuditChainCheck(anchor);
        ExportHeader? header = null;
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (check.Expected == 1 && header is null && ExportHeader.Parse(line) is { } found)
            {
                header = found;
                check = new AuditChainCheck(anchor, header.Head, header.Anchor);
                continue;
            }
            if (Parse(line, out var why) is not { } record)
            {
                return new AuditVerification.Broken(check.Expected, AuditBreak.Unreadable,
                    string.Create(CultureInfo.InvariantCulture, $"line {number} is not an audit entry: {why}"));
            }

            if (check.Add(record) is { } broken)
                return broken;
        }

        var end = check.Finish();
        return end is AuditVerification.Intact intact && header?.Remark is { } remark ? intact with { Remarks = [.. intact.Remarks, remark] } : end;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(UtcMicrosecondsConverter)])]
[JsonSerializable(typeof(AuditRecord))]
[JsonSerializable(typeof(ExportHeaderLine))]
internal sealed partial class AuditJson : JsonSerializerContext;

/// <summary>ISO 8601, always UTC, always microseconds: one text for one instant.</summary>
public sealed class UtcMicrosecondsConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.TryParseExact(reader.GetString(), Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : throw new JsonException($"a time is not of the form {Format}");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
}
