namespace Ops.Web.Tests;

/// <summary>Messages with the fields that a test doesn't care about filled in.</summary>
internal static class Some
{
    public static readonly Guid Epoch = Guid.Parse("00000000-0000-0000-0000-0000000000e1");

    public static Hello Hello(string hostId = "host-1", string hostName = "mail1", Guid? epoch = null, bool privileged = true) =>
        new(Contracts.Hello.CurrentProtocol, "0.1.0", hostId, hostName, Guid.Empty, epoch ?? Epoch, privileged, ["break", "remove", "undo"], ["/var/mail"], []);

    public static Finding Finding(string key, string verdict = "held", string kind = "dot-lock", string host = "mail1") => new()
    {
        Key = key,
        Host = host,
        Path = "/var/mail/" + key,
        Kind = kind,
        System = "exim",
        Verdict = verdict,
        Summary = "for a test",
        Fingerprint = "sha256:1",
        Actions = verdict == "stale" ? ["break"] : verdict == "orphan" ? ["remove"] : [],
    };

    public static SnapshotChunk Snapshot(long sequence, params IReadOnlyList<Finding> findings) => new(Epoch, sequence, 0, true, findings);

    public static Delta Delta(long sequence, IReadOnlyList<Finding>? opened = null, IReadOnlyList<Finding>? changed = null, IReadOnlyList<string>? closed = null) =>
        new(Epoch, sequence, opened ?? [], changed ?? [], closed ?? []);

    public static Heartbeat Heartbeat(long sequence, params IReadOnlyList<BlindSpot> blindSpots) =>
        new(Epoch, sequence, DateTimeOffset.UnixEpoch, new Dictionary<string, double> { ["processes"] = 3.5 }, blindSpots);

    public static OperationResult Result(ExecuteRequest request, string outcome = "done", OperationRefusal? refusal = null) => new(
        request.OperationId, request.Action, outcome, refusal, "The lock was taken over and released.", "/var/mail/.ops-quarantine/1/x.lock",
        new(new("fe:00", 12, 1, 9, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch), Convert.ToBase64String("4242"u8), new Dictionary<string, string>()), null,
        [new(request.OperationId, 1, "Take the breaker mutex", "done", null, DateTimeOffset.UnixEpoch)], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, null);
}
