using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ops.Contracts;
using Ops.Integrity;

namespace Ops.Agent;

/// <summary>Keeps in the state directory which audit runs, and how the last one of each root ended. What is not there or cannot be read is as if there had been none.</summary>
internal sealed class AuditShelf(string stateDirectory)
{
    private const string RunningName = "running.json";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private string Folder => Path.Join(stateDirectory, "audits");

    private string RunningFile => Path.Join(Folder, RunningName);

    /// <summary>The audit that ran when the agent ended; null when none did.</summary>
    public RunningAudit? Running() => Read(RunningFile, AuditsJson.Default.RunningAudit);

    /// <exception cref="IOException">It cannot be written.</exception>
    public void PutRunning(RunningAudit audit) => Write(RunningName, audit, AuditsJson.Default.RunningAudit);

    public void ClearRunning() => File.Delete(RunningFile);

    public KeptAudit? Last(string root) => Read(Path.Join(Folder, NameOf(root)), AuditsJson.Default.KeptAudit) is { } kept && kept.End.Root == root ? kept : null;

    /// <exception cref="IOException">It cannot be written.</exception>
    public void Put(KeptAudit audit) => Write(NameOf(audit.End.Root), audit, AuditsJson.Default.KeptAudit);

    private static string NameOf(string root) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)).AsSpan(0, 12)) + ".json";

    private static T? Read<T>(string file, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), type);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private void Write<T>(string name, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        // Made first: a directory that is made on the way to another one would be open to others.
        Directory.CreateDirectory(stateDirectory, OwnerOnly);
        StateFile.Replace(Folder, name, stream => JsonSerializer.Serialize(stream, value, type));
    }
}

/// <param name="Restarts">How often it was begun again because the agent had ended.</param>
internal sealed record RunningAudit(Guid Id, string Root, string? Asked, bool Full, DateTimeOffset StartedAt, int Restarts);

/// <param name="Report">Of the last audit that was done; null when none was.</param>
internal sealed record KeptAudit(StoreAuditEnd End, StoreAuditReport? Report)
{
    /// <summary>What the last audit with the same extent went through.</summary>
    public AuditCoverage? CoverageOf(bool full) => Report is { Report: { } report } && Report.Full == full ? report.Coverage : null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RunningAudit))]
[JsonSerializable(typeof(KeptAudit))]
internal sealed partial class AuditsJson : JsonSerializerContext;
