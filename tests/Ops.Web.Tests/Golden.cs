using System.Text.Json;

namespace Ops.Web.Tests;

/// <summary>Findings that an agent made of a real scene; <c>GoldenScanTests</c> of the agent keeps them true and records them.</summary>
internal static class Golden
{
    public static IReadOnlyList<Finding> Relations { get; } = Read("relations.jsonl");

    public static IReadOnlyList<Finding> Deadlock { get; } = Read("deadlock.jsonl");

    private static IReadOnlyList<Finding> Read(string name) =>
        [.. File.ReadLines(Path.Join(AppContext.BaseDirectory, "Goldens", name)).Select(line => JsonSerializer.Deserialize(line, OpsJson.Default.Finding)!)];

    /// <summary>The one finding about this file of the store, a relation or none.</summary>
    public static Finding Of(string name, string? relation = null) => Relations.First(f => f.Path == "/var/mail/" + name && f.Relation == relation);
}
