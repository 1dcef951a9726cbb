using Ops.Locks;

namespace Ops.Linux;

/// <summary>Step 9: watches the name of a lock that we have released, for the audit.</summary>
internal static class SettleWatch
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <param name="released">Timestamp of <paramref name="clock"/> at our release.</param>
    /// <param name="period">Zero: one look.</param>
    /// <param name="stop">Cuts it short.</param>
    public static List<LockSighting> Watch(
        FileDescriptor directory, ReadOnlySpan<byte> lockName, FilePath path, long released, TimeSpan period, TimeProvider clock, CancellationToken stop)
    {
        var seen = new List<LockSighting>();
        TimeSpan elapsed;
        do
        {
            elapsed = clock.GetElapsedTime(released);
            var there = directory.OpenPathOnly(lockName).TryGet(out var pin) ? pin : null;
            using (there)
            {
                var facts = there is not null && FileLook.At(there, path).TryGet(out var look) ? look : null;
                Note(seen, facts, elapsed);
            }
        }
        while (elapsed < period && !stop.WaitHandle.WaitOne(Poll));
        return seen;
    }

    /// <summary>For the step of the act.</summary>
    public static string Sentence(IReadOnlyList<LockSighting> seen) => seen.Count switch
    {
        0 => "No process took it.",
        1 => "Taken once.",
        var times => $"Taken {times} times.",
    };

    private static void Note(List<LockSighting> seen, FileFacts? facts, TimeSpan elapsed)
    {
        if (seen is [.., var last] && last.StillThere)
        {
            var same = facts is not null && facts.Identity == last.File.Identity && facts.BornAt == last.File.BornAt;
            seen[^1] = last with { StillThere = same, SeenFor = same ? elapsed - last.After : last.SeenFor };
            if (same)
                return;
        }
        if (facts is not null)
            seen.Add(new LockSighting(facts, elapsed, TimeSpan.Zero, StillThere: true));
    }
}
