using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ops.Web.Features.Acts.Operations;

/// <summary>What the operations table keeps of an operation as JSON.</summary>
public static class StoredSteps
{
    /// <summary>Empty for an operation that took no steps, and for text that this version cannot read: the chain's own detail is shown next to it.</summary>
    public static IReadOnlyList<OperationProgress> Read(string? json)
    {
        if (string.IsNullOrEmpty(json))
            return [];
        try
        {
            return JsonSerializer.Deserialize<List<OperationProgress>>(json, Options) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Null for what is not there, or cannot be read by this version.</summary>
    public static T? Read<T>(string? json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return string.IsNullOrEmpty(json) ? null : JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);
}
