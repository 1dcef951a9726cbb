namespace Ops.Locks;

/// <summary>What one reading of <c>/proc/locks</c> comes to, to know whether another one differs: cheap to take, and good for nothing else.</summary>
/// <param name="Rows">Of all processes but the one that was left out.</param>
/// <param name="HasWaiters">Whether one of them waits.</param>
/// <param name="Sum">Of hashes that hold within this process only. The order of the rows and their running numbers, which change with every other lock, do not count.</param>
public readonly record struct LockListMark(int Rows, bool HasWaiters, long Sum)
{
    /// <param name="except">A process whose own locks do not count.</param>
    public static LockListMark Of(ParsedLocks locks, int except)
    {
        var mark = default(LockListMark);
        foreach (var row in locks.Rows)
        {
            if (row.Pid != except)
                mark = new LockListMark(mark.Rows + 1, mark.HasWaiters || row.Depth > 0, mark.Sum + (row with { Number = 0 }).GetHashCode());
        }
        return mark;
    }
}
