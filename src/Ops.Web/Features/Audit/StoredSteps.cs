using System.Text.Json;

namespace Ops.Web.Features.Audit;

/// <summary>The steps of an operation as the operations table keeps them.</summary>
public static class StoredSteps
{
    /// <summary>Empty for an operation that took no steps, and for text that this version cannot read: the chain's own detail is shown beside it.</summary>
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

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);
}
