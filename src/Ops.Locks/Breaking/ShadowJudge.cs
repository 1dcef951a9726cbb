namespace Ops.Locks;

/// <summary>What became of something that a host in shadow mode would have broken or removed.</summary>
public enum ShadowState
{
    /// <summary>Nothing has contradicted it yet.</summary>
    WouldAct,

    /// <summary>Undisturbed for the whole watch: no process would have noticed the act.</summary>
    Confirmed,

    /// <summary>A living owner, holder or waiter was seen on that very file: the act would have been wrong.</summary>
    OwnerReturned,

    /// <summary>Another process wrote to that very file: the act would have been wrong.</summary>
    Changed,

    /// <summary>Another process took it away or put another in its place. Whether that was its owner cannot be determined.</summary>
    GoneByItself,
}

/// <summary>A later look at the same name. Null where a look is asked for: the file was gone.</summary>
/// <param name="File">Device and inode.</param>
/// <param name="IsAlive">Whether the verdict is that a living process has it, waits for it or writes to it.</param>
/// <param name="IsOffered">Whether the act would still be done.</param>
/// <param name="Summary">The verdict in a sentence.</param>
public sealed record ShadowLook(string File, long Size, DateTimeOffset ModifiedAt, bool IsAlive, bool IsOffered, string Summary);

/// <summary>Compares what would have been done with what was seen later. Pure.</summary>
public static class ShadowJudge
{
    /// <param name="was">The look by which it would have been done.</param>
    /// <param name="waited">Time from that look to this.</param>
    /// <param name="watch">After so long undisturbed it is confirmed; looked at further all the same.</param>
    /// <returns>The state from now on, and a sentence when there is something to say.</returns>
    public static (ShadowState State, string? Note) Next(ShadowState state, ShadowLook was, ShadowLook? now, TimeSpan waited, TimeSpan watch)
    {
        if (state is ShadowState.OwnerReturned or ShadowState.Changed or ShadowState.GoneByItself)
            return (state, null);
        if (now is null || now.File != was.File)
        {
            return state == ShadowState.Confirmed ? (state, null)
                : (ShadowState.GoneByItself, now is null ? "It is gone: it was removed." : "Another file has its name: it was removed, and the lock was taken again.");
        }

        return now.IsAlive ? (ShadowState.OwnerReturned, now.Summary)
            : now.Size != was.Size || now.ModifiedAt != was.ModifiedAt ? (ShadowState.Changed, "It was written to.")
            : waited >= watch ? (ShadowState.Confirmed, null)
            : (ShadowState.WouldAct, now.IsOffered ? null : $"At present it would be refused: {now.Summary}");
    }
}
