using System.Diagnostics;
using System.Globalization;

namespace Ops.Testing;

/// <summary>Takes locks on files 0, 1, 2... of a directory one after the other and then releases them again, so many changes a second.</summary>
/// <param name="kind"><c>posix</c>, <c>ofd</c> or <c>flock</c>.</param>
/// <param name="burst">Changes without a pause between them.</param>
internal sealed class LockChurn(string directory, int perSecond, int files, string kind, int burst)
{
    public TrafficReport Run(CancellationToken stop)
    {
        var descriptors = Enumerable.Range(0, files)
            .Select(i => Kernel.OpenForWriting(Path.Join(directory, i.ToString(CultureInfo.InvariantCulture)))).ToArray();
        var isLocked = new bool[files];
        var watch = Stopwatch.StartNew();
        var changes = 0L;
        while (!stop.IsCancellationRequested)
        {
            var at = (int)(changes % files);
            if (isLocked[at])
            {
                Kernel.Unlock(descriptors[at], kind);
            }
            else if (!Kernel.TryLock(descriptors[at], directory, kind))
            {
                return new TrafficReport(0, changes, 0, 0, [$"file {at} is locked by somebody else"]);
            }

            isLocked[at] = !isLocked[at];
            changes++;
            if (changes % burst != 0)
            {
                continue;
            }

            var due = TimeSpan.FromSeconds((double)changes / perSecond) - watch.Elapsed;
            if (due > TimeSpan.Zero)
            {
                stop.WaitHandle.WaitOne(due);
            }
        }

        return new TrafficReport(0, changes, 0, 0, []);
    }
}
