using System.Diagnostics;
using Ops.Locks;

namespace Ops.Linux;

/// <summary>Reads the process behind an event at once, before it can end. Not for several threads.</summary>
/// <param name="options">Where proc is.</param>
internal sealed class CreatorReader(ReaderOptions options)
{
    // A number comes round again only after all others were given out, which takes far longer than this.
    private static readonly TimeSpan KeptFor = TimeSpan.FromMilliseconds(100);

    // The reader keeps what it knows of each process until it lists them all, which it never does here.
    private const int ReadsOfOneReader = 10_000;

    // To read a process costs some ten times what its event does: who makes names by ever new processes is not followed into each of them.
    private const int ReadsPerSecond = 200, ReadsAtOnce = 1_000;

    private readonly Dictionary<int, (ProcessFacts? Process, long At)> _known = [];
    private double _credit = ReadsAtOnce;
    private long _creditAt = Stopwatch.GetTimestamp();
    private ProcReader _reader = new(options);
    private int _reads;

    /// <summary>Null when it had ended before it could be read, or too many had to be.</summary>
    public ProcessFacts? Read(int pid)
    {
        if (_known.TryGetValue(pid, out var known) && known.Process is not null && Stopwatch.GetElapsedTime(known.At) < KeptFor)
            return known.Process;
        var now = Stopwatch.GetTimestamp();
        _credit = Math.Min(ReadsAtOnce, _credit + Stopwatch.GetElapsedTime(_creditAt, now).TotalSeconds * ReadsPerSecond);
        _creditAt = now;
        if (_credit < 1)
            return null;
        _credit--;
        if (++_reads % ReadsOfOneReader == 0)
        {
            _known.Clear();
            _reader = new ProcReader(options);
        }
        var process = _reader.ReadProcess(pid);
        _known[pid] = (process, now);
        return process;
    }
}
