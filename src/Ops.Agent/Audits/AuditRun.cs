using Ops.Contracts;
using Ops.Integrity;
using Ops.Linux;
using Ops.Locks;

namespace Ops.Agent;

/// <summary>One audit of one root, on a thread of its own behind all others. Reads only, and waits for nothing of the engine.</summary>
internal sealed class AuditRun(RunningAudit what, AuditOptions options, AuditCoverage? last, TimeProvider clock, string? note) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly long _started = clock.GetTimestamp();
    private volatile StoreAudit? _audit;
    private volatile string? _stoppedBy;
    private (long At, long Messages, long Bytes) _before = (clock.GetTimestamp(), 0, 0);
    private (double Messages, double Bytes) _rate;

    public RunningAudit What => what;

    public string? Note => note;

    /// <summary>Who had it stopped; null when it goes on, and when the agent ends.</summary>
    public string? StoppedBy => _stoppedBy;

    public bool IsStopping => _stop.IsCancellationRequested;

    /// <param name="began">Called on that thread before anything is looked at.</param>
    /// <param name="ended">Called on that thread with the report, or why there is none.</param>
    public void Start(Action began, Action<StoreReport?, Exception?> ended)
    {
        var thread = new Thread(() =>
        {
            BackgroundThread.Yield();
            StoreReport? report = null;
            Exception? failure = null;
            try
            {
                began();
                report = Look();
            }
            catch (Exception e) // whatever it was: the agent goes on, and says that this audit failed
            {
                failure = e;
            }
            ended(report, failure);
        })
        { IsBackground = true, Name = "audit" };
        thread.Start();
    }

    public void Stop(string? by)
    {
        _stoppedBy = by;
        _stop.Cancel();
    }

    public StoreAuditProgress Progress()
    {
        var (counts, again) = (_audit?.Counts ?? new AuditCounts(), _audit?.ToLookAgain);
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            // Over a shorter time the rate is noise.
            if (clock.GetElapsedTime(_before.At, now).TotalSeconds is >= 1 and var seconds)
            {
                _rate = ((counts.Messages - _before.Messages) / seconds, (counts.ReadBytes - _before.Bytes) / seconds);
                _before = (now, counts.Messages, counts.ReadBytes);
            }
            return new StoreAuditProgress(
                what.Id, what.Root, what.Asked, what.Full, what.StartedAt, IsStopping ? "stopping" : again is null ? "first-look" : "second-look", counts.Mailboxes, last?.Mailboxes, again, counts.Messages, counts.Read,
                counts.ReadBytes, Math.Round(_rate.Bytes), Math.Round(_rate.Messages, 1), again is null ? AuditPace.Remaining(last, counts, what.Full, clock.GetElapsedTime(_started)) : null, note);
        }
    }

    public void Dispose() => _stop.Dispose();

    private StoreReport Look()
    {
        IReadOnlyList<FilePath> roots = [FilePath.FromText(what.Root)];
        var silent = new MountProbe().Silent(new MountReader().Read().Mounts, roots);
        return (_audit = new StoreAudit(options, clock, silent)).Run(roots, _stop.Token);
    }
}
