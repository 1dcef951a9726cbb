using System.Diagnostics;
using System.Globalization;

namespace Ops.Testing;

/// <summary>Takes record locks on files 0 to 9 of a directory and releases them again, so many changes a second.</summary>
internal sealed class LockChurn(string directory, int perSecond)
{
    private const int Files = 10;

    public TrafficReport Run(CancellationToken stop)
    {
        var descriptors = Enumerable.Range(0, Files)
            .Select(i => Kernel.OpenForWriting(Path.Join(directory, i.ToString(CultureInfo.InvariantCulture)))).ToArray();
        var isLocked = new bool[Files];
        var watch = Stopwatch.StartNew();
        var changes = 0L;
        while (!stop.IsCancellationRequested)
        {
            var at = (int)(changes % Files);
            if (isLocked[at])
            {
                Kernel.Unlock(descriptors[at]);
            }
            else if (!Kernel.TryLock(descriptors[at], directory))
            {
                return new TrafficReport(0, changes, 0, 0, [$"file {at} is locked by somebody else"]);
            }

            isLocked[at] = !isLocked[at];
            changes++;
            var due = TimeSpan.FromSeconds((double)changes / perSecond) - watch.Elapsed;
            if (due > TimeSpan.Zero)
            {
                stop.WaitHandle.WaitOne(due);
            }
        }

        return new TrafficReport(0, changes, 0, 0, []);
    }
}
