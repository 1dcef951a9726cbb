namespace Ops.Incidents.Tests;

/// <summary>Findings as an agent sends them, with what a test does not care about filled in.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = new(2026, 11, 28, 2, 14, 30, TimeSpan.Zero);

    private static readonly Guid Boot = Guid.Parse("797c6de7-0a26-4cad-acba-1f980bea0c1f");

    public static FindingProcess Process(int pid, string command = "imap", string state = "S", string? user = null, string? unit = null) =>
        new(pid, 1000, Boot, 1, command, command, "/usr/lib/dovecot/" + command, 1000, user, unit, state, Now.AddHours(-1), [pid]);

    public static Finding Held(string path, int pid, string command = "imap", string state = "S", string? mailbox = null, string? user = null, params string[] actions) =>
        Kernel(path, "held", pid, 0, [], command, state, mailbox, user) with { Actions = actions };

    public static Finding Waiting(string path, int pid, int blockedBy, string command = "lmtp", string? mailbox = null, TimeSpan? since = null, int depth = 1) =>
        Kernel(path, "waiting", pid, depth, [blockedBy], command, "S", mailbox, null) with { Since = since is { } s ? Now - s : null };

    public static Finding DotLock(string path, string verdict, int? pid = null, bool? isAlive = null, string? mailbox = null, params string[] actions) => Blank($"file {path}", path, "dot-lock", verdict) with
    {
        System = "exim",
        Mailbox = mailbox ?? path[..^".lock".Length],
        Owner = pid is null ? null : new FindingOwner(pid, null, 1000, Boot, "exim4"),
        OwnerAlive = isAlive,
        Process = isAlive == true && pid is { } number ? Process(number, "exim4") : null,
        Actions = actions,
        Summary = verdict == "stale" ? "Its owner, pid 77, no longer exists." : "In use.",
    };

    public static Finding DotLockWaiter(string path, int pid, params int[] blockedBy) => Blank($"wait {path} {pid}", path, "dot-lock", "waiting") with
    {
        Relation = "dot-lock-waiter",
        Mailbox = path[..^".lock".Length],
        OwnerAlive = true,
        Owner = new FindingOwner(pid, null, 1000, Boot, "dotlockfile"),
        Process = Process(pid, "dotlockfile"),
        BlockedBy = blockedBy,
    };

    public static Finding Relation(string relation, string verdict, string mailbox, int? pid = null, int? descriptor = null, IReadOnlyList<int>? cycle = null, params string[] actions) =>
        Blank($"{relation} {mailbox}", mailbox, "mailbox", verdict) with
        {
            Relation = relation,
            Mailbox = mailbox,
            Owner = pid is null ? null : new FindingOwner(pid, null, 1000, Boot, "exim4"),
            OwnerAlive = pid is null ? null : true,
            Process = pid is { } number ? Process(number, "exim4") : null,
            Descriptor = descriptor,
            Cycle = cycle ?? [],
            Actions = actions,
            Summary = $"What {relation} says.",
        };

    public static Finding Blank(string key, string path, string kind, string verdict) =>
        new() { Key = key, Host = "mx1", Path = path, Kind = kind, System = "unknown", Verdict = verdict, Summary = "A summary." };

    private static Finding Kernel(string path, string verdict, int pid, int depth, IReadOnlyList<int> blockedBy, string command, string state, string? mailbox, string? user) =>
        Blank($"lock {path} {pid}", path, "kernel-lock", verdict) with
        {
            System = "dovecot",
            Mailbox = mailbox,
            Owner = new FindingOwner(pid, null, 1000, Boot, command),
            OwnerAlive = true,
            Process = Process(pid, command, state, user),
            Lock = new FindingLock("posix", "write", "whole file", path, depth, 5, "fe:00:1", blockedBy, []),
        };
}
