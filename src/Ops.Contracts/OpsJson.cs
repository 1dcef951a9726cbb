using System.Text.Json.Serialization;

namespace Ops.Contracts;

/// <summary>Source-generated JSON for everything that crosses a boundary: hub, command line, audit export.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(WatchLine))]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(SnapshotChunk))]
[JsonSerializable(typeof(Delta))]
[JsonSerializable(typeof(Heartbeat))]
[JsonSerializable(typeof(PreviewRequest))]
[JsonSerializable(typeof(PreviewAnswer))]
[JsonSerializable(typeof(ExecuteRequest))]
[JsonSerializable(typeof(OperationProgress))]
[JsonSerializable(typeof(OperationResult))]
[JsonSerializable(typeof(ExplainRequest))]
[JsonSerializable(typeof(ExplainAnswer))]
[JsonSerializable(typeof(BlindSpot))]
[JsonSerializable(typeof(QuarantineAnswer))]
[JsonSerializable(typeof(RescueFetch))]
[JsonSerializable(typeof(RescueChunk))]
[JsonSerializable(typeof(ShadowReport))]
[JsonSerializable(typeof(StoreAuditState))]
[JsonSerializable(typeof(StoreAuditRequest))]
[JsonSerializable(typeof(StoreAuditStop))]
[JsonSerializable(typeof(StoreAuditAnswer))]
[JsonSerializable(typeof(StoreAuditFetch))]
[JsonSerializable(typeof(StoreAuditReport))]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(JoinAnswer))]
[JsonSerializable(typeof(RenewRequest))]
[JsonSerializable(typeof(RenewAnswer))]
[JsonSerializable(typeof(ProcessQuestion))]
[JsonSerializable(typeof(ProcessAnswer))]
[JsonSerializable(typeof(OtherHostReport))]
[JsonSerializable(typeof(Ops.Locks.ConventionRow))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(bool))]
public sealed partial class OpsJson : JsonSerializerContext;
