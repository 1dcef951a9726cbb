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

    public static readonly Guid Boot = Guid.Parse("00000000-0000-0000-0000-0000000000b1");

    /// <summary>A lock with a living holder, about which everything may be done that the evidence of such a one allows.</summary>
    public static Finding Living(string key, int pid = 4242, params IReadOnlyList<string> actions) => Finding(key, "held", "kernel-lock") with
    {
        Actions = actions is [] ? ["ask", "term", "kill"] : actions,
        OwnerAlive = true,
        Owner = new(pid, null, 77, Boot, "imapd"),
        Process = new(pid, 77, Boot, 1, "imapd", "imapd", "/usr/sbin/imapd", 8, "mail", "dovecot.service", "S", DateTimeOffset.UnixEpoch, []),
        Lock = new("posix", "write", "whole file", key, 0, 9, null, [], []),
    };

    public static HostPolicy Policy(bool shadow = false, params IReadOnlyList<string> verbs) => new(
        shadow, verbs is [] ? ["break", "remove", "undo", "purge", "ask", "rescue", "term", "kill"] : verbs, new Dictionary<string, int>(), 30, BreakGlassAllowed: true);

    /// <summary>A broken dot lock in quarantine; the number makes it another one.</summary>
    public static QuarantineItem Kept(int number) => new(
        new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0xc1]), "break", $"/var/mail/{number}.lock", null, $"/var/mail/.ops-quarantine/{number}/item", DateTimeOffset.UnixEpoch, "anna", "dead owner",
        new("fe:00", (ulong)number, 1, 5, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, "0600", 8, 8), DateTimeOffset.UnixEpoch.AddDays(7), null);

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
