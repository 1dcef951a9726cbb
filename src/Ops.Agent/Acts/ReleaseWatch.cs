using System.Globalization;
using Ops.Contracts;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>After a process has ended: is its lock free, and who has it next?</summary>
internal sealed class ReleaseWatch(ActContext context)
{
    // Reading all kernel locks of a busy host takes a while; this is often enough to see who came next.
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly record struct Seen(bool IsFree, string Sentence, IReadOnlyList<SettleSighting> Sightings);

    public OperationResult Conclude(OperationRun run, LivingLook was, TimeSpan after)
    {
        var ended = string.Create(CultureInfo.InvariantCulture, $"Pid {was.Process.Pid} ({FilePath.Escape(was.Process.Command)}) has ended after {after.TotalSeconds:0.0} s");
        var step = new OperationStep(run, 5, "See whether the lock is free, and who has it next");
        var notes = new List<string>();
        var seen = was.Entry is { } entry ? KernelLock(entry) : LockFile(was);
        if (was.Entry is not null && LeftLockFile(was.Path) is { } left)
            notes.Add(left);
        step.End(seen.IsFree);
        return run.End(seen.IsFree ? "done" : "failed", null, $"{ended}; {seen.Sentence}" + string.Concat(notes.Select(n => " " + n))) with
        {
            SettledWith = seen.Sentence,
            Settle = new Settle(seen.Sightings, was.Finding.Identity, ActContext.IdentityAt(was.Path), notes),
        };
    }

    private Seen KernelLock(LockEntry was)
    {
        var watch = new HolderWatch();
        var started = context.Clock.GetTimestamp();
        TimeSpan elapsed;
        List<string> sharers;
        while (true)
        {
            elapsed = context.Clock.GetElapsedTime(started);
            var holders = Ladder.HoldersNow(context.Survey.LocksNow(), was);
            sharers = [.. holders.Where(h => Ladder.IsSameLock(h, was)).SelectMany(NamesOf)];
            watch.Note([.. holders.Where(h => !Ladder.IsSameLock(h, was)).SelectMany(NamesOf)], elapsed);
            if (elapsed >= context.Settings.Policy.SettlePeriod)
                break;
            Task.Delay(Poll, context.Clock).GetAwaiter().GetResult();
        }

        if (sharers.Count > 0)
            return new(false, $"but the lock is not free: {string.Join(", ", sharers)} shares the open file and so the lock", watch.Sightings);
        return new(true, (was.Lock.IsWaiter, watch.Sightings) switch
        {
            (true, _) => "it no longer waits.",
            (_, []) => "the lock is free, and no process took it while it was watched.",
            var (_, seen) => $"the lock passed to {seen[0].Who}{(seen.Count > 1 ? $" and {seen.Count - 1} more after that" : "")}.",
        }, watch.Sightings);

        static IEnumerable<string> NamesOf(LockEntry entry) => entry.Parties.Count == 0
            ? ["an unidentified process"]
            : entry.Parties.Select(p => $"pid {p.Process.Pid} ({FilePath.Escape(p.Process.Command)})");
    }

    // A lock file does not go with its owner unless the owner removes it.
    private Seen LockFile(LivingLook was)
    {
        var now = context.Survey.LookAt(was.Path);
        if (now is null)
            return new(true, "its lock file is gone too.", []);
        if (now.Artefact.File.Identity == was.File!.Artefact.File.Identity)
            return new(false, $"but its lock file is still there ({now.Finding.Verdict}): {now.Finding.Summary}", []);
        var who = now.Finding.OwnerText() is { Length: > 0 } owner ? $"pid {owner}" : now.Finding.User ?? "an unidentified process";
        return new(true, "its lock file is gone, and another one has the name.", [new SettleSighting(0, who, 0, true)]);
    }

    private string? LeftLockFile(FilePath mailbox)
    {
        var path = new FilePath([.. mailbox.Bytes, .. ".lock"u8]);
        return context.Survey.LookAt(path) is { Verdict.Word: VerdictWord.Stale or VerdictWord.Refused } left
            ? $"{path.Display} is there as well ({left.Finding.Verdict}): {left.Finding.Summary}"
            : null;
    }
}
